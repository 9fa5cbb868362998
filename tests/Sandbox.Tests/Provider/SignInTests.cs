using System.Net;
using System.Text.Json;
using Xunit;
using static Lapse.Sandbox.Tests.Provider.RunningProvider;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>The ordinary sign-in by password, and what the ID token says.</summary>
public sealed class SignInTests(RunningProvider provider)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_WithPassword_GivesATokenThatSaysWhoAndHow()
    {
        var person = provider.Somebody("developers", "sre");
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var browser = provider.Browser();
        var request = Request();

        var token = await provider.TokenAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel));

        Assert.Equal(provider.Process.Issuer.AbsoluteUri, token.Text("iss"));
        Assert.Equal("lapse", token.Text("aud"));
        Assert.Equal(person.Sub, token.Text("sub"));
        Assert.Equal(person.Name, token.Text("name"));
        Assert.Equal(person.UserName, token.Text("preferred_username"));
        Assert.Equal(person.Email, token.Text("email"));
        Assert.True(token.Claims.GetProperty("email_verified").GetBoolean());
        Assert.Equal(["developers", "sre"], token.Array("groups"));
        Assert.Equal(request.Parameters["nonce"], token.Text("nonce"));
        Assert.Equal(Password, token.Text("acr"));
        Assert.Equal(["pwd"], token.Array("amr"));
        Assert.InRange(token.Number("auth_time"), before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task SignIn_WithASession_DoesNotAskAgain()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var first = Request();
        var token = await provider.TokenAsync(first, await browser.SignInAsync(provider.Address(first), person, Cancel));

        var second = Request();
        var page = await browser.OpenAsync(provider.Address(second), Cancel);

        Assert.True(page.IsAway);
        Assert.Equal(token.Number("auth_time"), (await provider.TokenAsync(second, page.Address)).Number("auth_time"));
    }

    [Fact]
    public async Task SignIn_WithWrongPassword_AsksAgainAndMakesNoSession()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(Request()), Cancel);

        page = await browser.PasswordAsync(page, person.UserName, "wrong", Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.Status);
        Assert.NotNull(page.Error);
        Assert.True((await browser.OpenAsync(provider.Address(Request()), Cancel)).AsksPassword);
    }

    [Fact]
    public async Task SignIn_AfterFiveWrongPasswords_RefusesTheRightOneForAWhile()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(Request()), Cancel);
        for (var i = 0; i < 5; i++)
            page = await browser.PasswordAsync(page, person.UserName, "wrong", Cancel);

        page = await browser.PasswordAsync(page, person.UserName, person.Password, Cancel);

        Assert.Contains("Too many wrong answers", page.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_WithLoginHint_FillsInTheUserName()
    {
        using var browser = provider.Browser();

        var page = await browser.OpenAsync(provider.Address(Request(("login_hint", "<bob>"))), Cancel);

        Assert.Contains("value=\"&lt;bob&gt;\"", page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_OnThePasswordPage_TellsTheClientAccessDenied()
    {
        using var browser = provider.Browser();
        var request = Request();
        var page = await browser.OpenAsync(provider.Address(request), Cancel);

        page = await browser.CancelAsync(page, Cancel);

        CallbackAssert.Error("access_denied", request, page.Address);
    }

    [Fact]
    public async Task Groups_OfASingleGroup_AreAnArray()
    {
        var person = provider.Somebody("developers");

        var token = await provider.ReadAsync(await provider.Client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel));

        Assert.Equal(["developers"], token.Array("groups"));
    }

    [Fact]
    public async Task Groups_OfNobody_AreAnEmptyArray()
    {
        var person = provider.Somebody();

        var token = await provider.ReadAsync(await provider.Client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel));

        Assert.Empty(token.Array("groups"));
    }

    [Fact]
    public async Task Groups_Omitted_AreAbsent()
    {
        var person = People.Somebody("developers") with { OmitGroups = true };
        provider.Process.Put(person);

        var token = await provider.ReadAsync(await provider.Client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel));

        Assert.False(token.Has("groups"));
    }

    [Fact]
    public async Task Claims_OfThePeopleFile_AreInTheTokenVerbatim()
    {
        var claims = JsonDocument.Parse("""
            { "_claim_names": { "groups": "src1" }, "hasgroups": true, "email_verified": false, "level": 7, "teams": ["one"] }
            """).RootElement;
        var person = People.Somebody() with
        {
            OmitGroups = true,
            Claims = claims.EnumerateObject().ToDictionary(p => p.Name, p => p.Value),
        };
        provider.Process.Put(person);

        var token = await provider.ReadAsync(await provider.Client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel));

        foreach (var claim in claims.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(claim.Value, token.Claims.GetProperty(claim.Name)), claim.Name);
    }

    [Fact]
    public async Task PeopleFile_ChangedWhileRunning_IsFollowedInTheSameSession()
    {
        var person = provider.Somebody("developers");
        using var browser = provider.Browser();
        var first = Request();
        await browser.SignInAsync(provider.Address(first), person, Cancel);

        provider.Process.Put(person with { Groups = ["sre"] });
        var second = Request();
        var page = await browser.OpenAsync(provider.Address(second), Cancel);

        Assert.Equal(["sre"], (await provider.TokenAsync(second, page.Address)).Array("groups"));
    }

    [Fact]
    public async Task Interaction_OfAnotherBrowser_IsRefused()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        using var other = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(Request()), Cancel);
        var own = await other.OpenAsync(provider.Address(Request()), Cancel);

        var stolen = await other.OpenAsync(page.Address, Cancel);
        var html = own.Html.Replace(own.HiddenFields["Interaction"], page.HiddenFields["Interaction"], StringComparison.Ordinal);
        var posted = await other.PasswordAsync(own with { Html = html }, person.UserName, person.Password, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, stolen.Status);
        Assert.Equal(HttpStatusCode.BadRequest, posted.Status);
    }

    [Fact]
    public async Task SignIn_WithoutAntiforgeryToken_IsRefused()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(Request()), Cancel);

        var html = page.Html.Replace("__RequestVerificationToken", "Other", StringComparison.Ordinal);
        page = await browser.PasswordAsync(page with { Html = html }, person.UserName, person.Password, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
    }
}
