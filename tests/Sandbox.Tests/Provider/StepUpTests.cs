using System.Net;
using System.Text.Json;
using Xunit;
using static Lapse.Sandbox.Tests.Provider.RunningProvider;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>Fresh and stronger authentication on demand.</summary>
public sealed class StepUpTests(RunningProvider provider)
{
    private const string EssentialMfa = """{"id_token":{"acr":{"essential":true,"values":["urn:lapse:mfa"]}}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StepUp_InASession_GivesMfaAndANewerAuthTime()
    {
        var person = provider.Somebody("developers");
        using var browser = provider.Browser();
        var first = await SignedInAsync(browser, person);
        await Scratch.UntilAsync(() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() > first.Number("auth_time"), "the next second");

        var request = StepUp();
        var token = await provider.TokenAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel));

        Assert.Equal(Mfa, token.Text("acr"));
        Assert.Equal(["pwd", "otp", "mfa"], token.Array("amr"));
        Assert.True(token.Number("auth_time") > first.Number("auth_time"));
        Assert.Equal(request.Parameters["nonce"], token.Text("nonce"));
    }

    [Fact]
    public async Task StepUp_InASession_SaysWhoAsksAndThatItIsFresh()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);

        var page = await browser.OpenAsync(provider.Address(StepUp()), Cancel);

        Assert.Contains("Confirm it is you", page.Html, StringComparison.Ordinal);
        Assert.Contains("<strong>Lapse</strong> asks for a fresh confirmation", page.Html, StringComparison.Ordinal);
        Assert.Contains($"value=\"{person.UserName}\"", page.Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prompt", "login")]
    [InlineData("max_age", "0")]
    public async Task Freshness_InASession_AsksAgainOnce(string parameter, string value)
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var request = Request((parameter, value));

        var page = await browser.OpenAsync(provider.Address(request), Cancel);
        Assert.True(page.AsksPassword);
        page = await browser.PasswordAsync(page, person.UserName, person.Password, Cancel);

        Assert.True(page.IsAway);
        Assert.Equal(Password, (await provider.TokenAsync(request, page.Address)).Text("acr"));
    }

    [Fact]
    public async Task MaxAge_OfAnOldSession_AsksAgain_OfAYoungOneNot()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var authTime = (await SignedInAsync(browser, person)).Number("auth_time");

        var young = await browser.OpenAsync(provider.Address(Request(("max_age", "600"))), Cancel);
        await Scratch.UntilAsync(() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() > authTime + 1, "a session older than a second");
        var old = await browser.OpenAsync(provider.Address(Request(("max_age", "1"))), Cancel);

        Assert.True(young.IsAway);
        Assert.True(old.AsksPassword);
    }

    [Fact]
    public async Task Freshness_WithTheMarkOfAFinishedSignIn_AsksAgain()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var request = Request(("max_age", "0"));
        var page = await browser.OpenAsync(provider.Address(request), Cancel);
        var interaction = page.HiddenFields["Interaction"];
        await browser.PasswordAsync(page, person.UserName, person.Password, Cancel);

        request.Parameters["interaction"] = interaction;
        page = await browser.OpenAsync(provider.Address(request), Cancel);

        Assert.True(page.AsksPassword);
    }

    [Fact]
    public async Task Freshness_WithTheMarkOfAnotherRequest_AsksAgain()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var page = await browser.OpenAsync(provider.Address(Request(("max_age", "0"))), Cancel);

        // The sign-in is for the request above, but its mark is carried to another one.
        var other = Request(("max_age", "0"), ("interaction", page.HiddenFields["Interaction"]));
        page = await browser.OpenAsync(provider.Address(other), Cancel);

        Assert.True(page.AsksPassword);
    }

    [Fact]
    public async Task PromptNone_WithoutSession_IsLoginRequired()
    {
        using var browser = provider.Browser();
        var request = Request(("prompt", "none"));

        CallbackAssert.Error("login_required", request, (await browser.OpenAsync(provider.Address(request), Cancel)).Address);
    }

    [Fact]
    public async Task PromptNone_WithSession_GivesACode()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var request = Request(("prompt", "none"));

        var page = await browser.OpenAsync(provider.Address(request), Cancel);

        Assert.Equal(person.Sub, (await provider.TokenAsync(request, page.Address)).Text("sub"));
    }

    [Theory]
    [InlineData("acr_values", Mfa, "interaction_required")]
    [InlineData("max_age", "0", "login_required")]
    public async Task PromptNone_WithASessionThatIsNotEnough_IsRefused(string parameter, string value, string error)
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var request = Request(("prompt", "none"), (parameter, value));

        CallbackAssert.Error(error, request, (await browser.OpenAsync(provider.Address(request), Cancel)).Address);
    }

    [Fact]
    public async Task AcrValues_InAPasswordSession_AskForTheCode()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var request = Request(("acr_values", Mfa));

        var token = await provider.TokenAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel));

        Assert.Equal(Mfa, token.Text("acr"));
    }

    [Fact]
    public async Task ClaimsParameter_WithEssentialMfa_AsksForTheCode()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var request = Request(("claims", EssentialMfa));

        var token = await provider.TokenAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel));

        Assert.Equal(Mfa, token.Text("acr"));
    }

    [Theory]
    [InlineData("""{"id_token":{"acr":{"essential":true,"values":["urn:elsewhere:gold"]}}}""", "unmet_authentication_requirements")]
    [InlineData("""{"id_token":{"acr":{"essential":"yes","values":7}}}""", "invalid_request")]
    [InlineData("{", "invalid_request")]
    public async Task ClaimsParameter_ThatCannotBeMet_IsRefusedAtOnce(string claims, string error)
    {
        using var browser = provider.Browser();
        var request = Request(("claims", claims));

        CallbackAssert.Error(error, request, (await browser.OpenAsync(provider.Address(request), Cancel)).Address);
    }

    [Theory]
    [InlineData("acr_values", Mfa)]
    [InlineData("claims", EssentialMfa)]
    public async Task StepUp_WithoutSecondFactor_IsUnmet(string parameter, string value)
    {
        var person = People.Somebody("developers") with { Totp = null };
        provider.Process.Put(person);
        using var browser = provider.Browser();
        var request = Request((parameter, value));

        CallbackAssert.Error("unmet_authentication_requirements", request, await browser.SignInAsync(provider.Address(request), person, Cancel));
    }

    [Fact]
    public async Task Code_Wrong_AsksAgainAndTheRightOnePasses()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var request = StepUp();
        var page = await CodePageAsync(browser, request, person);
        var code = AuthenticatorApp.Code(person.Totp!);
        var wrong = code[..5] + (char)('0' + ((code[5] - '0' + 5) % 10));

        page = await browser.CodeAsync(page, wrong, Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.Status);
        Assert.Contains("wrong", page.Error, StringComparison.Ordinal);
        page = await browser.CodeAsync(page, $"{code[..3]} {code[3..]}", Cancel);

        Assert.Equal(Mfa, (await provider.TokenAsync(request, page.Address)).Text("acr"));
    }

    [Fact]
    public async Task Code_AfterFiveWrongOnes_IsRefusedForAWhile()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var page = await CodePageAsync(browser, StepUp(), person);
        for (var i = 0; i < 5; i++)
            page = await browser.CodeAsync(page, "no code", Cancel);

        page = await browser.CodeAsync(page, AuthenticatorApp.Code(person.Totp!), Cancel);

        Assert.Contains("Too many wrong answers", page.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_UsedBefore_IsRefusedAndNotShownAgain()
    {
        var person = provider.Somebody();
        var code = await AuthenticatorApp.NextCodeAsync(person.Totp!, Cancel);
        using (var browser = provider.Browser())
            Assert.True((await browser.CodeAsync(await CodePageAsync(browser, StepUp(), person), code, Cancel)).IsAway);

        using var other = provider.Browser();
        var page = await CodePageAsync(other, StepUp(), person);
        var replayed = await other.CodeAsync(page, code, Cancel);

        Assert.DoesNotContain(code, page.Html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, replayed.Status);
        Assert.Contains("used", replayed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodePage_ShowsTheCurrentCode_MarkedAsSandboxOnly()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();

        var before = AuthenticatorApp.Code(person.Totp!);
        var page = await CodePageAsync(browser, StepUp(), person);
        var after = AuthenticatorApp.Code(person.Totp!);

        Assert.True(page.Html.Contains(before, StringComparison.Ordinal) || page.Html.Contains(after, StringComparison.Ordinal));
        Assert.Contains("Sandbox only", page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CurrentCode_BeforeThePassword_IsNotTold()
    {
        using var browser = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(StepUp()), Cancel);
        var address = new Uri(provider.Process.Address, $"sign-in/current-code?interaction={page.HiddenFields["Interaction"]}");

        Assert.Equal(HttpStatusCode.NotFound, (await browser.OpenAsync(address, Cancel)).Status);
    }

    [Fact]
    public async Task CurrentCode_AfterTheUse_SaysWhenTheNextComes()
    {
        var person = provider.Somebody();
        using (var browser = provider.Browser())
            await browser.SignInAsync(provider.Address(StepUp()), person, Cancel);
        using var other = provider.Browser();
        var page = await CodePageAsync(other, StepUp(), person);
        var address = new Uri(provider.Process.Address, $"sign-in/current-code?interaction={page.HiddenFields["Interaction"]}");

        var shown = JsonDocument.Parse((await other.OpenAsync(address, Cancel)).Html).RootElement;
        if (shown.GetProperty("code").ValueKind == JsonValueKind.String)
        {
            // Half a minute went by between use and look: then it is another code than the one that was used.
            Assert.True((await other.CodeAsync(page, shown.GetProperty("code").GetString()!, Cancel)).IsAway);
        }
        else
        {
            Assert.InRange(shown.GetProperty("secondsLeft").GetInt32(), 1, 30);
        }
    }

    [Fact]
    public async Task Cancel_OnTheCodePage_IsAccessDeniedAndKeepsTheSession()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        await SignedInAsync(browser, person);
        var request = StepUp();
        var page = await CodePageAsync(browser, request, person);

        page = await browser.CancelAsync(page, Cancel);

        CallbackAssert.Error("access_denied", request, page.Address);
        Assert.True((await browser.OpenAsync(provider.Address(Request(("prompt", "none"))), Cancel)).Address.Query.Contains("code=", StringComparison.Ordinal));
    }

    private static AuthorizationRequest StepUp() => Request(("prompt", "login"), ("max_age", "0"), ("acr_values", Mfa));

    private async Task<IdToken> SignedInAsync(ProviderBrowser browser, SandboxPerson person)
    {
        var request = Request();
        return await provider.TokenAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel));
    }

    private async Task<ProviderPage> CodePageAsync(ProviderBrowser browser, AuthorizationRequest request, SandboxPerson person)
    {
        var page = await browser.OpenAsync(provider.Address(request), Cancel);
        page = await browser.PasswordAsync(page, person.UserName, person.Password, Cancel);
        Assert.True(page.AsksCode);
        return page;
    }
}
