using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.StepUp;
using Xunit;

namespace Lapse.Infrastructure.Tests.Authentication;

/// <summary>Each cookie of a portal whose address is https, as it is sent over a real connection.</summary>
public sealed class HttpsCookieTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?> { ["Lapse:PublicUrl"] = "https://lapse.example.com" };

    [Fact]
    public async Task EveryCookie_OfSignInAndStepUp_IsKeptToThisHostAndFromScripts()
    {
        List<string> set = [];
        var back = await FollowAsync(await FollowAsync("/sign-in?returnUrl=%2Fwhoami", set), set);
        Assert.Equal("/whoami", await FollowAsync(back, set));
        Clock.Advance(TimeSpan.FromMinutes(1));
        var id = await BeginAsync((await WhoAsync(Alice))!);
        using var form = await Alice.GetAsync("/form", Cancellation);
        set.AddRange(SetBy(form));
        using var sent = await Alice.PostAsync($"/step-up/{id}/go", [new("__RequestVerificationToken", await form.Content.ReadAsStringAsync(Cancellation))], Cancellation);
        set.AddRange(SetBy(sent));
        Assert.Equal("/done", await FollowAsync(await FollowAsync(Alice.Location(sent), set), set));

        Assert.Equal(
            ["__Host-lapse", "__Host-lapse.antiforgery", "lapse.sign-in.c", "lapse.sign-in.n", "lapse.step-up.c", "lapse.step-up.n"],
            set.Select(Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(set, cookie =>
        {
            var attributes = cookie.Split(';').Skip(1).Select(a => a.Trim().ToLowerInvariant()).ToList();
            Assert.Contains("secure", attributes);
            Assert.Contains("httponly", attributes);
            Assert.Contains("samesite=lax", attributes);
            Assert.DoesNotContain(attributes, a => a.StartsWith("domain", StringComparison.Ordinal));
            // Browsers refuse the prefix with any other path (RFC 6265bis, section 4.1.3.2).
            if (cookie.StartsWith("__Host-", StringComparison.Ordinal)) Assert.Contains("path=/", attributes);
        });
    }

    private async Task<string> FollowAsync(string address, List<string> set)
    {
        using var response = await Alice.GetAsync(address, Cancellation);
        set.AddRange(SetBy(response));
        return Alice.Location(response);
    }

    private static IEnumerable<string> SetBy(HttpResponseMessage response) => response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [];

    // Without the random part that the handler adds to each of its cookies.
    private static string Name(string cookie)
    {
        var name = cookie.Split('=')[0];
        return name.StartsWith("lapse.", StringComparison.Ordinal) ? string.Join('.', name.Split('.').Take(3)) : name;
    }
}

/// <summary>In the sandbox, over http on this machine.</summary>
public sealed class HttpCookieTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    [Fact]
    public async Task Session_OverHttp_HasNoPrefixThatBrowsersWouldRefuse()
    {
        await SignInAsync(Alice);
        var cookie = Alice.Cookies.GetAllCookies().Single(c => c.Name == "lapse");

        Assert.Equal((true, false), (cookie.HttpOnly, cookie.Secure));
    }
}
