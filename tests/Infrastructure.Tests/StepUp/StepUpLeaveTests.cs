using System.Net;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>Who may leave for the provider with a step-up, how often, and what giving up does.</summary>
public sealed class StepUpLeaveTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    private readonly ScratchFolder _keys = new();

    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?> { ["Lapse:Keys"] = _keys.Path };

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _keys.Dispose();
    }

    [Fact]
    public async Task Go_AsksForAFreshSecondFactorForExactlyThisAct()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);

        await LeaveAsync(Alice, id);

        var asked = Provider.Asked.Last();
        var challenge = await ChallengeAsync(id);
        Assert.Equal(
            ("login", "0", RogueToken.Mfa, "alice", "S256", challenge.Nonce),
            (asked["prompt"], asked["max_age"], asked["acr_values"], asked["login_hint"], asked["code_challenge_method"], asked["nonce"]));
        Assert.Equal("""{"id_token":{"acr":{"essential":true,"value":"urn:lapse:mfa"}}}""", asked["claims"]);
        Assert.EndsWith("/step-up/callback", asked["redirect_uri"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Go_ProviderWithPushedRequests_SendsNothingThroughTheBrowser()
    {
        Provider.OffersPar = true;
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);

        var address = await Alice.SendAsync($"/step-up/{id}/go", Cancellation);
        var back = await Alice.NextAsync(address, Cancellation);

        Assert.DoesNotContain("nonce", address, StringComparison.Ordinal);
        Assert.Equal("/done", await Alice.NextAsync(back, Cancellation));
    }

    [Fact]
    public async Task Go_FormSentByNobodyOrAnotherSession_StartsNothing()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        using var stranger = new Browser(Portal.Address);
        using var elsewhere = new Browser(Portal.Address);
        var asked = Provider.Asked.Count;

        Assert.Equal($"/step-up/{id}", await stranger.SendAsync($"/step-up/{id}/go", Cancellation));
        await SignInAsync(elsewhere);
        Assert.Equal("/", await elsewhere.SendAsync($"/step-up/{id}/go", Cancellation));

        Assert.Null((await ChallengeAsync(id)).StartedAt);
        Assert.Equal(asked + 1, Provider.Asked.Count);
    }

    [Fact]
    public async Task Go_LinkInTheSameSession_LeadsToThePageThatNamesTheAct()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        var asked = Provider.Asked.Count;

        Assert.Equal($"/step-up/{id}", await Alice.NextAsync($"/step-up/{id}/go", Cancellation));

        Assert.Null((await ChallengeAsync(id)).StartedAt);
        Assert.Equal(asked, Provider.Asked.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("CfDJ8-made-up")]
    public async Task Go_FormWithoutAntiforgeryToken_StartsNothing(string? token)
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        using var sent = await Alice.PostAsync($"/step-up/{id}/go", token is null ? [] : [new("__RequestVerificationToken", token)], Cancellation);

        Assert.Equal($"/step-up/{id}", Alice.Location(sent));
        Assert.Null((await ChallengeAsync(id)).StartedAt);
    }

    [Fact]
    public async Task Go_FormWithTheTokenOfAnotherSession_StartsNothing()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        using var other = new Browser(Portal.Address);
        await SignInAsync(other);
        var token = await other.ReadAsync("/form", Cancellation);

        using var sent = await Alice.PostAsync($"/step-up/{id}/go", [new("__RequestVerificationToken", token)], Cancellation);

        Assert.Equal($"/step-up/{id}", Alice.Location(sent));
        Assert.Null((await ChallengeAsync(id)).StartedAt);
    }

    [Fact]
    public async Task Go_LeavesByGet()
    {
        var id = await BeginAsync(await SignInAsync(Alice));

        using var sent = await Alice.PostAsync($"/step-up/{id}/go", Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, sent.StatusCode);
        Assert.StartsWith($"{Provider.Address}/authorize?", Alice.Location(sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Go_SecondTime_DoesNotLeaveAgain()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        await LeaveAsync(Alice, id);
        var asked = Provider.Asked.Count;

        Assert.Equal("/requests/1", await Alice.SendAsync($"/step-up/{id}/go", Cancellation));
        Assert.Equal(asked, Provider.Asked.Count);
    }

    [Fact]
    public async Task Go_TwiceAtTheSameMoment_LeavesOnce()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        List<KeyValuePair<string, string>> form = [new("__RequestVerificationToken", await Alice.ReadAsync("/form", Cancellation))];

        var sent = await Task.WhenAll(Alice.PostAsync($"/step-up/{id}/go", form, Cancellation), Alice.PostAsync($"/step-up/{id}/go", form, Cancellation));

        Assert.Single(sent, response => Alice.Location(response).StartsWith(Provider.Address, StringComparison.Ordinal));
        Assert.Single(sent, response => Alice.Location(response) == "/requests/1");
        Array.ForEach(sent, response => response.Dispose());
    }

    [Fact]
    public async Task Go_ProviderDown_SaysSoAndTheSameChallengeGoesOnLater()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        // A replica that has not read anything of the provider yet.
        await using var restarted = await TestPortal.StartAsync(Database, Provider, Clock, Settings, Cancellation);
        using var browser = new Browser(restarted.Address);
        foreach (Cookie cookie in Alice.Cookies.GetAllCookies()) browser.Cookies.Add(new Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain));
        Provider.Down = true;

        Assert.Equal($"/step-up/{id}?problem=provider", await browser.SendAsync($"/step-up/{id}/go", Cancellation));
        Assert.Null((await ChallengeAsync(id)).StartedAt);
        Assert.Contains("The identity provider does not answer.", await browser.ReadAsync($"/step-up/{id}?problem=provider", Cancellation), StringComparison.Ordinal);

        Provider.Down = false;
        Assert.Equal("/done", await GoAsync(browser, id));
    }

    [Fact]
    public async Task Go_ProviderDownWhenItIsToldWhatToAsk_LandsWhereItLeftWithWords()
    {
        Provider.OffersPar = true;
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Down = true;

        await AssertRefusedAsync(await Alice.SendAsync($"/step-up/{id}/go", Cancellation), id, "ProviderDown");
    }

    [Fact]
    public async Task Cancel_GivesUpWhatWasBegun()
    {
        var id = await BeginAsync(await SignInAsync(Alice));

        Assert.Equal("/requests/1", await Alice.SendAsync($"/step-up/{id}/cancel", Cancellation));

        Assert.NotNull((await ChallengeAsync(id)).AbandonedAt);
        Assert.Equal("/requests/1", await Alice.SendAsync($"/step-up/{id}/go", Cancellation));
        Assert.Null((await ChallengeAsync(id)).StartedAt);
    }

    [Fact]
    public async Task Cancel_AfterLeaving_LetsNothingComeBack()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);

        await Alice.SendAsync($"/step-up/{id}/cancel", Cancellation);

        Assert.Equal("/requests/1", await Alice.NextAsync(back, Cancellation));
        Assert.Equal((0, 0), (await CountAsync(NoteAct.Done), await ProofsAsync()));
    }

    [Fact]
    public async Task Cancel_OtherSessionOrNoAntiforgery_TakesNothingAway()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        using var other = new Browser(Portal.Address);
        await SignInAsync(other);

        Assert.Equal("/", await other.SendAsync($"/step-up/{id}/cancel", Cancellation));
        using var forged = await Alice.PostAsync($"/step-up/{id}/cancel", [], Cancellation);

        Assert.Null((await ChallengeAsync(id)).AbandonedAt);
    }

    [Fact]
    public async Task Go_Expired_DoesNotLeave()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Clock.Advance(StepUpChallenge.Lifetime);

        Assert.Equal("/requests/1", await Alice.SendAsync($"/step-up/{id}/go", Cancellation));
    }
}
