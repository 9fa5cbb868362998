using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>Every answer carries the headers, whatever became of the request.</summary>
public sealed class SecurityHeadersTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private WebApplication _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.UseSecurityHeaders(new PortalOptions { PublicUrl = new Uri("https://lapse.example.com:8443/") });
        _app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
        _app.MapGet("/page", () => "page");
        _app.MapGet("/kept", (HttpContext context) => { context.Response.Headers.CacheControl = "max-age=60"; return "kept"; });
        _app.MapGet("/fails", string () => throw new InvalidOperationException("on purpose"));
        await _app.StartAsync(Cancellation);
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("/page")]
    [InlineData("/fails")]
    [InlineData("/no-such-page")]
    public async Task Answer_OfAnyKind_HasTheHeaders(string address)
    {
        using var answer = await _http.GetAsync(address, Cancellation);

        string Header(string name) => string.Join('|', answer.Headers.GetValues(name));
        Assert.Contains("default-src 'none'; script-src 'self'; ", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal(("nosniff", "DENY", "same-origin"), (Header("X-Content-Type-Options"), Header("X-Frame-Options"), Header("Referrer-Policy")));
        Assert.Equal(("same-origin", "same-origin"), (Header("Cross-Origin-Opener-Policy"), Header("Cross-Origin-Resource-Policy")));
        Assert.Contains("no-store", Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ThatSaysHowLongItKeeps_StaysSo()
    {
        using var answer = await _http.GetAsync("/kept", Cancellation);

        Assert.Equal("max-age=60", answer.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("https://lapse.example.com:8443/", "wss://lapse.example.com:8443;")]
    [InlineData("https://lapse.example.com/", "wss://lapse.example.com;")]
    [InlineData("http://localhost:5080", "ws://localhost:5080;")]
    public void ContentPolicy_NamesTheCircuitsSocket_AndNoInlineScript(string address, string socket)
    {
        var policy = SecurityHeaders.ContentPolicy(new Uri(address));

        Assert.Contains($"connect-src 'self' {socket}", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
    }
}
