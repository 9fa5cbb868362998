using System.Net;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>Who is believed about where a request came from, and that nobody is served over plain http by mistake.</summary>
public class ProxyTrustTests
{
    public static TheoryData<string[], string[], bool> Settings => new()
    {
        // Addresses as Kestrel finds them, proxies, whether Lapse may serve.
        { [], [], false },
        { ["urls=http://+:8080"], [], false },
        { ["urls=https://+:8443;http://+:8080"], [], false },
        { ["http_ports=8080"], [], false },
        { ["Kestrel:Endpoints:Web:Url=http://+:8080"], [], false },
        { ["urls=https://+:8443", "Kestrel:Endpoints:Web:Url=http://+:8080"], [], false },
        { ["urls=https://+:8443"], [], true },
        { ["https_ports=8443"], [], true },
        { ["Kestrel:Endpoints:Web:Url=https://+:8443"], [], true },
        { ["urls=http://+:8080"], ["10.0.0.0/8"], true },
    };

    [Theory]
    [MemberData(nameof(Settings), DisableDiscoveryEnumeration = true)]
    public void Problem_PlainHttpWithoutAProxy_IsOne(string[] settings, string[] proxies, bool fine)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Split('=')[0], (string?)s.Split('=')[1]))).Build();

        var problem = ProxyTrust.Problem(new PortalOptions { TrustedProxies = proxies }, configuration);

        Assert.Equal(fine, problem is null);
    }

    [Fact]
    public void Problem_InTheSandbox_IsNone() =>
        Assert.Null(ProxyTrust.Problem(new PortalOptions { Mode = PortalMode.Sandbox }, new ConfigurationBuilder().Build()));

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("2001:db8::/32", "2001:db8::7", true)]
    public void TryParse_AddressOrNetwork_HoldsWhatItSays(string text, string address, bool holds)
    {
        Assert.True(ProxyTrust.TryParse(text, out var network));
        Assert.Equal(holds, network.Contains(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    public void Errors_ProxyThatIsNoAddress_IsOne(string proxy)
    {
        var options = new PortalOptions { PublicUrl = new Uri("https://lapse.example.com"), Keys = "/keys", TrustedProxies = [proxy] };

        Assert.Contains(options.Errors(), error => error.Contains("TrustedProxies", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", "https 203.0.113.9")]
    [InlineData("192.0.2.1", "http 127.0.0.1")]
    [InlineData(null, "http 127.0.0.1")]
    public async Task Forwarded_ByWhomever_CountsOnlyFromATrustedProxy(string? trusted, string expected)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.UseTrustedProxies(new PortalOptions { TrustedProxies = trusted is null ? [] : [trusted] });
        app.MapGet("/", (HttpContext context) => $"{context.Request.Scheme} {context.Connection.RemoteIpAddress}");
        await app.StartAsync(cancellation);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.Single());
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        request.Headers.Add("X-Forwarded-Proto", "https");

        using var answer = await http.SendAsync(request, cancellation);

        Assert.Equal(expected, await answer.Content.ReadAsStringAsync(cancellation));
    }
}
