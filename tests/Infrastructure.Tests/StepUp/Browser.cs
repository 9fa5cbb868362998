using System.Net;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>A browser as far as cookies and redirects go; it follows step by step, so that a test can stop between two.</summary>
public sealed class Browser : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _portal;

    public Browser(string portal)
    {
        _portal = portal;
        _http = new HttpClient(new HttpClientHandler
        {
            AllowAutoRedirect = false,
            CookieContainer = Cookies,
            // The portal of a test over https has a certificate that nobody signed.
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        })
        { BaseAddress = new Uri(portal) };
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>One request, no redirect followed.</summary>
    public Task<HttpResponseMessage> GetAsync(string address, CancellationToken cancellation) => _http.GetAsync(address, cancellation);

    public Task<string> ReadAsync(string address, CancellationToken cancellation) => _http.GetStringAsync(address, cancellation);

    public Task<HttpResponseMessage> PostAsync(string address, IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellation) =>
        _http.PostAsync(address, new FormUrlEncodedContent(form), cancellation);

    /// <summary>Posts with a valid antiforgery token.</summary>
    public async Task<HttpResponseMessage> PostAsync(string address, CancellationToken cancellation) =>
        await PostAsync(address, [new("__RequestVerificationToken", await ReadAsync("/form", cancellation))], cancellation);

    /// <summary>Where a request is redirected to.</summary>
    public async Task<string> NextAsync(string address, CancellationToken cancellation)
    {
        using var response = await GetAsync(address, cancellation);
        return Location(response);
    }

    /// <summary>Where a form with a valid antiforgery token is sent on to.</summary>
    public async Task<string> SendAsync(string address, CancellationToken cancellation)
    {
        using var response = await PostAsync(address, cancellation);
        return Location(response);
    }

    public string Location(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.Found or HttpStatusCode.SeeOther)) throw new InvalidOperationException($"Expected a redirect, got {(int)response.StatusCode}.");
        var location = response.Headers.Location!.ToString();
        return location.StartsWith(_portal, StringComparison.Ordinal) ? location[_portal.Length..] : location;
    }

    public void Dispose() => _http.Dispose();
}
