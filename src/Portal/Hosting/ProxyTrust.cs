using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Lapse.Portal.Hosting;

/// <summary>Who may say on whose behalf a request comes, and whether it came over https.</summary>
public static class ProxyTrust
{
    /// <summary>Reads an address or a network (<c>10.0.0.0/8</c>, RFC 4632).</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }
        return IPNetwork.TryParse(text, out network);
    }

    /// <summary>Believes the named proxies, and nobody else: not even loopback, which ASP.NET Core would.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app, PortalOptions options)
    {
        if (options.TrustedProxies.Length == 0) return;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        foreach (var proxy in options.TrustedProxies)
            if (TryParse(proxy, out var network)) forwarded.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(forwarded);
    }

    /// <summary>
    /// Why Lapse must not serve as it is configured: outside the sandbox it would speak plain http with nobody in front of it who was named
    /// as speaking https. <see langword="null"/> if all is well.
    /// </summary>
    /// <param name="options">The portal's settings.</param>
    /// <param name="configuration">Where Kestrel's addresses stand.</param>
    public static string? Problem(PortalOptions options, IConfiguration configuration) =>
        options.Mode == PortalMode.Sandbox || options.TrustedProxies.Length > 0 || Addresses(configuration).All(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            ? null
            : "Lapse would serve plain http to everybody. Give it a certificate (Kestrel:Endpoints), or name the reverse proxies in front of it in Lapse:TrustedProxies.";

    // As Kestrel finds them: its own section first, then the addresses, then the ports. Nothing at all is http on port 5000.
    internal static List<string> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0) return endpoints;
        var urls = (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (urls.Length > 0) return [.. urls];
        List<string> ports = [.. Ports("http_ports").Select(port => $"http://*:{port}"), .. Ports("https_ports").Select(port => $"https://*:{port}")];
        return ports.Count > 0 ? ports : ["http://localhost:5000"];

        string[] Ports(string name) => (configuration[name] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
