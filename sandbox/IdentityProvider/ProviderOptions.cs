namespace Lapse.Sandbox.IdentityProvider;

/// <summary>How the provider runs; configuration section <c>Provider</c>, in the environment <c>Provider__HttpPort</c> and so on.</summary>
public sealed class ProviderOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Provider";

    /// <summary>The port for browsers, which shall never see a certificate warning.</summary>
    public int HttpPort { get; init; } = 5081;

    /// <summary>The port for API servers, which accept an https issuer only.</summary>
    public int HttpsPort { get; init; } = 5443;

    /// <summary>The folder of keys and certificates, so that a restart changes neither.</summary>
    public string Data { get; init; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>The people file; followed while running.</summary>
    public string People { get; init; } = Path.Combine(AppContext.BaseDirectory, "people.json");

    /// <summary>Base addresses of the portals that may send people here, separated by semicolons.</summary>
    public string PortalUrls { get; init; } = "http://localhost:5080";

    /// <summary>The secret of the client <c>lapse</c>.</summary>
    public string ClientSecret { get; init; } = "lapse-sandbox";

    /// <summary>Ends when standard input closes, which it does when the parent dies.</summary>
    public bool ExitWithParent { get; init; }

    /// <summary>The issuer of every token, whichever listener was asked.</summary>
    public Uri Issuer => new($"https://localhost:{HttpsPort}/");

    /// <summary>The address for browsers.</summary>
    public Uri BrowserAddress => new($"http://localhost:{HttpPort}/");

    /// <summary>The portals, each without a trailing slash.</summary>
    /// <exception cref="InvalidDataException">One of them is no absolute http or https address.</exception>
    public IReadOnlyList<string> Portals() =>
        [.. PortalUrls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Portal)];

    private static string Portal(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? url.TrimEnd('/')
            : throw new InvalidDataException($"Provider__PortalUrls: {url} is no http or https address.");
}
