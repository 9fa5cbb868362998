using System.Globalization;
using System.Net;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>The limits by address of the portal as it is served: whose address counts, and what is shown beyond.</summary>
public sealed class ServeLimitTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task SignIn_BeyondTheLimitWithForgedAddresses_Is429WithAPageThatSaysWhen()
    {
        await using var portal = await ServeAsync([]);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = portal.Address };

        // Nobody in front of the portal is trusted, so what a request says about itself counts for nothing.
        Assert.Equal([302, 302], await SignInAsync(browser, "203.0.113.1", "203.0.113.2"));
        using var refused = await GetAsync(browser, "203.0.113.3");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange((int)refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        var page = await refused.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("Too many at once", page, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Try again in {refused.Headers.RetryAfter.Delta.Value.TotalSeconds} second"), page, StringComparison.Ordinal);
        Assert.True(refused.Headers.Contains("Content-Security-Policy"));
        // A slash or other letters make no other address of it.
        using var other = await browser.GetAsync(new Uri("/SIGN-IN/", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.TooManyRequests, other.StatusCode);
        // A form that is too much gets the same page, and is not taken for one of the page's own.
        var go = new Uri($"/step-up/{Guid.NewGuid()}/go", UriKind.Relative);
        using var first = await browser.PostAsync(go, new FormUrlEncodedContent([]), Cancellation);
        using var second = await browser.PostAsync(go, new FormUrlEncodedContent([]), Cancellation);
        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
        Assert.Contains("Too many at once", await second.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var alive = await browser.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        using var nowhere = await browser.GetAsync(new Uri("/nowhere.txt", UriKind.Relative), Cancellation);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, nowhere.StatusCode);
    }

    [Fact]
    public async Task SignIn_BehindATrustedProxy_CountsWhomItNames()
    {
        await using var portal = await ServeAsync(new() { ["Lapse__TrustedProxies__0"] = "127.0.0.1", ["Lapse__TrustedProxies__1"] = "::1" });
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = portal.Address };

        Assert.Equal([302, 302, 429], await SignInAsync(browser, "203.0.113.1", "203.0.113.1", "203.0.113.1"));
        // What the sender wrote in front of what the proxy added is not believed.
        Assert.Equal([429], await SignInAsync(browser, "198.51.100.7, 203.0.113.1"));
        Assert.Equal([302], await SignInAsync(browser, "203.0.113.2"));
        Assert.Equal([302, 429], await SignInAsync(browser, "203.0.113.1, 203.0.113.2", "203.0.113.2"));
    }

    private static async Task<List<int>> SignInAsync(HttpClient browser, params string[] forwardedFor)
    {
        List<int> answers = [];
        foreach (var forwarded in forwardedFor)
        {
            using var answer = await GetAsync(browser, forwarded);
            answers.Add((int)answer.StatusCode);
        }
        return answers;
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient browser, string forwardedFor)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/sign-in", UriKind.Relative));
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        return browser.SendAsync(request, Cancellation);
    }

    // The provider is away, so each sign-in that is let through ends on the page that says so.
    private Task<PortalProcess> ServeAsync(Dictionary<string, string?> settings)
    {
        settings["Lapse__Limits__SignInsPerMinute"] = "2";
        settings["Lapse__Limits__StepUpsPerMinute"] = "1";
        return ServedPortal.StartAsync(Database, _folder, settings, Cancellation);
    }
}
