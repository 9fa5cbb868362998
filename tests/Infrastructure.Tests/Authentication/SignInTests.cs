using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Authentication;

/// <summary>Signing in and out over the real pipeline.</summary>
public sealed class SignInTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    [Fact]
    public async Task SignIn_RightToken_MakesPersonSessionAndASmallCookie()
    {
        var actor = await SignInAsync(Alice);

        await using var db = Database.CreateDbContext();
        var person = await db.People.SingleAsync(Cancellation);
        var session = await db.SignInSessions.SingleAsync(Cancellation);
        Assert.Equal((actor.PersonId, "alice-sub", "Alice Ames", "alice"), (person.Id, person.Subject, person.Name, person.UserName));
        Assert.Equal(["developers"], session.Groups);
        Assert.Equal(("alice@example.com", "true"), (session.Claims["email"], session.Claims["email_verified"]));
        Assert.DoesNotContain("nonce", session.Claims.Keys);
        Assert.Equal(1, await CountAsync(LedgerActs.SignedIn));
        Assert.Equal("lapse:person lapse:session name preferred_username groups", await Alice.ReadAsync("/cookie", Cancellation));
        var cookie = Alice.Cookies.GetAllCookies().Single(c => c.Name == "lapse");
        Assert.True(cookie.HttpOnly);
    }

    public static TheoryData<string, RogueToken> Wrong => new()
    {
        { "unsigned", new() { Signing = Signing.NoSignature } },
        { "HS256", new() { Signing = Signing.Hs256WithSecret } },
        { "wrong key", new() { Signing = Signing.OtherKeySameId } },
        { "wrong issuer", new() { Issuer = "https://elsewhere.example" } },
        { "two audiences", new() { Audiences = ["lapse", "kubernetes"] } },
        { "wrong nonce", new() { Nonce = "1.x" } },
        { "expired", new() { Expired = true } },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task SignIn_WrongToken_LeavesNobodySignedIn(string what, RogueToken token)
    {
        Assert.NotEmpty(what);
        Provider.Next = token;
        var back = await Alice.NextAsync(await Alice.NextAsync("/sign-in", Cancellation), Cancellation);

        AssertDenied("provider", await Alice.NextAsync(back, Cancellation));
        Assert.Null(await WhoAsync(Alice));
    }

    [Theory]
    [InlineData("/requests?page=2", "/requests?page=2")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("%2F%2Fevil.example", "/")]
    public async Task SignIn_ReturnAddress_NeverLeavesTheSite(string returnUrl, string expected)
    {
        var back = await Alice.NextAsync(await Alice.NextAsync($"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}", Cancellation), Cancellation);

        Assert.Equal(expected, await Alice.NextAsync(back, Cancellation));
        Assert.Equal(expected, await Alice.NextAsync($"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}", Cancellation));
    }

    [Fact]
    public async Task SignIn_ProviderDown_SaysSo()
    {
        Provider.Down = true;

        AssertDenied("provider", await Alice.NextAsync("/sign-in", Cancellation));
    }

    [Fact]
    public async Task SignIn_Cancelled_SaysSo()
    {
        Provider.Error = "access_denied";
        var back = await Alice.NextAsync(await Alice.NextAsync("/sign-in", Cancellation), Cancellation);

        Assert.Equal("/denied?why=cancelled", await Alice.NextAsync(back, Cancellation));
    }

    [Fact]
    public async Task SignIn_CallbackInAnotherBrowser_SignsNobodyIn()
    {
        var back = await Alice.NextAsync(await Alice.NextAsync("/sign-in", Cancellation), Cancellation);
        using var victim = new Browser(Portal.Address);

        AssertDenied("provider", await victim.NextAsync(back, Cancellation));
        Assert.Null(await WhoAsync(victim));
    }

    [Fact]
    public async Task SignIn_DisabledPerson_IsRefusedAndLosesTheSession()
    {
        await SignInAsync(Alice);
        await Database.ExecuteAsOwnerAsync("UPDATE people SET disabled_at = now()", Cancellation);

        Assert.Null(await WhoAsync(Alice));
        var back = await Alice.NextAsync(await Alice.NextAsync("/sign-in", Cancellation), Cancellation);
        AssertDenied("disabled", await Alice.NextAsync(back, Cancellation));
    }

    [Fact]
    public async Task Session_OlderThanItsLifetime_CountsNoMore()
    {
        await SignInAsync(Alice);
        Clock.Advance(TimeSpan.FromHours(8));

        Assert.Null(await WhoAsync(Alice));
    }

    [Fact]
    public async Task SignOut_EndsTheSessionHereAndAtTheProvider()
    {
        await SignInAsync(Alice);
        var cookie = Alice.Cookies.GetAllCookies().Single(c => c.Name == "lapse").Value;

        using var response = await Alice.PostAsync("/session/end", Cancellation);

        Assert.StartsWith($"{Provider.Address}/logout?", Alice.Location(response), StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(LedgerActs.SignedOut));
        Assert.Null(await WhoAsync(Alice));
        using var thief = new Browser(Portal.Address);
        thief.Cookies.Add(new System.Net.Cookie("lapse", cookie, "/", "127.0.0.1"));
        Assert.Null(await WhoAsync(thief));
    }

    [Fact]
    public async Task SignOut_WithoutAntiforgery_EndsNothing()
    {
        await SignInAsync(Alice);

        using var response = await Alice.PostAsync("/session/end", [], Cancellation);

        Assert.Equal("/sign-out", Alice.Location(response));
        Assert.NotNull(await WhoAsync(Alice));
    }

    // The number that the person is shown is in the log beside what went wrong.
    private void AssertDenied(string why, string address)
    {
        var start = $"/denied?why={why}&number=";
        Assert.StartsWith(start, address, StringComparison.Ordinal);
        Assert.Contains($"Correlation id {address[start.Length..]}.", Portal.Logs.Text, StringComparison.Ordinal);
    }
}
