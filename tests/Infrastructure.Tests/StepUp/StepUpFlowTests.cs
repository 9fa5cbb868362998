using System.Net;
using System.Text;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>Who may come back with a step-up, how often, and what stays of it.</summary>
public sealed class StepUpFlowTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    [Fact]
    public async Task Callback_ProviderDownMeanwhile_LandsWhereItLeftWithWords()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.TokenDown = true;

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "ProviderDown");
    }

    [Fact]
    public async Task Callback_AccessDenied_LandsWhereItLeftWithWords()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Error = "access_denied";

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "ProviderDenied");
    }

    [Fact]
    public async Task Callback_OtherProviderError_LandsWhereItLeftWithWords()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Error = "login_required";

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "ProviderRefused");
    }

    [Fact]
    public async Task Callback_ChallengeExpiredMeanwhile_IsRefused()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);
        Clock.Advance(StepUpChallenge.Lifetime);

        await AssertRefusedAsync(await Alice.NextAsync(back, Cancellation), id, "ChallengeExpired");
    }

    [Fact]
    public async Task Callback_ActChangedMeanwhile_IsRefused()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);
        Portal.Act.Content = "something wider";

        await AssertRefusedAsync(await Alice.NextAsync(back, Cancellation), id, "ActChanged");
    }

    [Fact]
    public async Task Callback_ActFailsUnexpectedly_RollsBackAndSaysSo()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Portal.Act.Breaks = true;

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "Unexpected");
        // The number that the person is given is in the log, beside what happened.
        var number = (await ChallengeAsync(id)).RefusalMessage!.Split(' ')[^1];
        Assert.Matches("^[0-9a-f]{32}$", number);
        Assert.Contains(number, Portal.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callback_InAnotherBrowser_DoesNothing()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        using var other = new Browser(Portal.Address);
        await SignInAsync(other);
        var back = await LeaveAsync(Alice, id);
        // Even with the correlation and nonce cookies carried over, the sign-in session is another one.
        foreach (var cookie in Alice.Cookies.GetAllCookies().Where(c => c.Name.StartsWith("lapse.step-up", StringComparison.Ordinal))) other.Cookies.Add(new Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain));

        Assert.Equal("/", await other.NextAsync(back, Cancellation));
        Assert.Equal(0, await CountAsync(NoteAct.Done));
        Assert.Null((await ChallengeAsync(id)).AbandonedAt);
    }

    [Fact]
    public async Task Callback_ReplayedWithAProviderThatReusesCodes_DoesNothingMore()
    {
        Provider.ReusesCodes = true;
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);
        var cookies = Alice.Cookies.GetAllCookies().Select(c => new Cookie(c.Name, c.Value, c.Path, c.Domain)).ToList();
        Assert.Equal("/done", await Alice.NextAsync(back, Cancellation));
        foreach (var cookie in cookies) Alice.Cookies.Add(cookie);
        Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("/requests/1", await Alice.NextAsync(back, Cancellation));
        Assert.Equal((1, 1, 0), (await CountAsync(NoteAct.Done), await ProofsAsync(), await CountAsync(LedgerActs.StepUpRefused)));
        // One for the sign-in, and two for the same code: it was Lapse that stopped the second.
        Assert.Equal(3, Provider.Given.Count);
    }

    [Fact]
    public async Task Callback_TwiceAtTheSameMoment_DoesOneAct()
    {
        Provider.ReusesCodes = true;
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);

        using var twin = new Browser(Portal.Address);
        foreach (Cookie cookie in Alice.Cookies.GetAllCookies()) twin.Cookies.Add(new Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain));
        await Task.WhenAll(Alice.NextAsync(back, Cancellation), twin.NextAsync(back, Cancellation));

        Assert.Equal((1, 1), (await CountAsync(NoteAct.Done), await ProofsAsync()));
        Assert.NotNull((await ChallengeAsync(id)).ConsumedAt);
    }

    [Fact]
    public async Task ConfirmAfter_LastClickInTime_DoesTheActOnlyThen()
    {
        var id = await BeginAsync(await SignInAsync(Alice), confirmAfter: true);

        Assert.Equal($"/step-up/{id}", await GoAsync(Alice, id));
        Assert.Equal((0, 1), (await CountAsync(NoteAct.Done), await ProofsAsync()));
        using var clicked = await Alice.PostAsync($"/step-up/{id}/confirm", Cancellation);
        Assert.Equal("/done", Alice.Location(clicked));
        Assert.Equal(1, await CountAsync(NoteAct.Done));
        using var again = await Alice.PostAsync($"/step-up/{id}/confirm", Cancellation);
        Assert.Equal(1, await CountAsync(NoteAct.Done));
    }

    [Fact]
    public async Task ConfirmAfter_TooLate_IsRefused()
    {
        var id = await BeginAsync(await SignInAsync(Alice), confirmAfter: true);
        await GoAsync(Alice, id);
        Clock.Advance(StepUpChallenge.ConfirmWithin);

        using var clicked = await Alice.PostAsync($"/step-up/{id}/confirm", Cancellation);

        Assert.Equal($"/requests/1?notice={id}", Alice.Location(clicked));
        Assert.Equal("ConfirmedTooLate", (await ChallengeAsync(id)).RefusalCode);
        Assert.Equal(0, await CountAsync(NoteAct.Done));
    }

    [Fact]
    public async Task ConfirmAfter_OtherSessionOrNoAntiforgery_DoesNothing()
    {
        var id = await BeginAsync(await SignInAsync(Alice), confirmAfter: true);
        await GoAsync(Alice, id);
        using var other = new Browser(Portal.Address);
        await SignInAsync(other);

        using var elsewhere = await other.PostAsync($"/step-up/{id}/confirm", Cancellation);
        using var forged = await Alice.PostAsync($"/step-up/{id}/confirm", [], Cancellation);

        Assert.Equal(("/", "/"), (other.Location(elsewhere), Alice.Location(forged)));
        Assert.Equal(0, await CountAsync(NoteAct.Done));
        Assert.Null((await ChallengeAsync(id)).AbandonedAt);
    }

    [Theory]
    [InlineData("https://evil.example/x")]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\t/evil.example")]
    public async Task Begin_ReturnAddressThatLeavesTheSite_BecomesTheStartPage(string address)
    {
        var id = await BeginAsync(await SignInAsync(Alice), returnTo: address);

        Assert.Equal("/", (await ChallengeAsync(id)).ReturnTo);
    }

    [Fact]
    public async Task Page_NamesActPersonAndClusterWithoutBelievingTheirMarkup()
    {
        var id = await BeginAsync(await SignInAsync(Alice));

        var page = await Alice.ReadAsync($"/step-up/{id}", Cancellation);

        Assert.Contains("Note &lt;b&gt;this&lt;/b&gt; down", page, StringComparison.Ordinal);
        Assert.Contains("Alice Ames", page, StringComparison.Ordinal);
        Assert.Contains("Test cluster", page, StringComparison.Ordinal);
        Assert.Contains("Continue", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notice_OfTheAddressThatARefusalLandsOn_SaysWhyInThatSessionForAWhile()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);
        Provider.Next = new() { Acr = "urn:lapse:pwd" };
        var landed = await GoAsync(Alice, id);
        Provider.Next = new();
        using var browser = new Browser(Portal.Address);
        var elsewhere = await SignInAsync(browser);
        var query = new StepUpNoticeQuery(Portal.Get<StepUpQueries>());
        var ask = new StepUpNoticeAsk(StepUpChallengeId.From(Guid.Parse(System.Web.HttpUtility.ParseQueryString(landed.Split('?')[1])["notice"]!)));

        var notice = (await query.AskAsync(actor, ask, Cancellation)).Value;
        Assert.Equal(("FactorMissing", (await ChallengeAsync(id)).RefusalMessage), (notice.Refusal?.Code, notice.Refusal?.Message));
        Assert.Null((await query.AskAsync(elsewhere, ask, Cancellation)).Value.Refusal);
        Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Null((await query.AskAsync(actor, ask, Cancellation)).Value.Refusal);
    }

    [Fact]
    public async Task Abandoned_StartedAndNeverFinished_IsShownToItsPerson()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);
        await LeaveAsync(Alice, id);
        var queries = Portal.Get<StepUpQueries>();

        Assert.Null(await queries.AbandonedAsync(actor, Cancellation));
        Clock.Advance(StepUpChallenge.Lifetime);
        Assert.Equal(id, (await queries.AbandonedAsync(actor, Cancellation))?.Id);
        await queries.DismissAsync(actor, id, Cancellation);
        Assert.Null(await queries.AbandonedAsync(actor, Cancellation));
    }

    [Fact]
    public async Task Proof_KeptTokenVerifiesAsEvidenceLaterAndIsInNoLog()
    {
        var actor = await SignInAsync(Alice);
        await GoAsync(Alice, await BeginAsync(actor));
        Clock.Advance(TimeSpan.FromDays(400));
        await using var db = Database.CreateDbContext();
        var proof = await db.StepUpProofs.SingleAsync(Cancellation);
        Provider.Down = true;

        var token = Encoding.UTF8.GetString(Portal.Get<Sealer>().Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken)!);
        var verified = await Portal.Get<TokenVerifier>().VerifyEvidenceAsync(token, Cancellation);

        Assert.Equal(proof.Nonce, verified.Value.Claims.Nonce);
        Assert.DoesNotContain(Provider.Given, given => Portal.Logs.Text.Contains(given, StringComparison.Ordinal) || Portal.Logs.Text.Contains(given.Split('.')[2], StringComparison.Ordinal));
        Assert.DoesNotContain(RogueProvider.Secret, Portal.Logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("opaque-access-token", Portal.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evidence_KeyWrittenIntoTheDatabase_VerifiesNothing()
    {
        var actor = await SignInAsync(Alice);
        var forger = new RogueKey("k-forged");
        var jwk = forger.Jwk().ToJsonString().Replace("'", "''", StringComparison.Ordinal);
        await Database.ExecuteAsOwnerAsync($"INSERT INTO provider_keys (issuer, key_id, jwk, signature, seen_at) VALUES ('{Provider.Address}', 'k-forged', '{jwk}', decode(repeat('00', 64), 'hex'), now())", Cancellation);
        var token = new RogueToken().Write(Provider.Address, "n", forger, Clock.GetUtcNow());

        Assert.Equal("UnknownKey", (await Portal.Get<TokenVerifier>().VerifyEvidenceAsync(token, Cancellation)).Refusal?.Code);
        Assert.NotNull(actor);
    }

    [Fact]
    public async Task Callback_ProviderRotatedItsKey_IsVerifiedAtOnceAndPinned()
    {
        var actor = await SignInAsync(Alice);
        Provider.Key = new RogueKey("k2");

        Assert.Equal("/done", await GoAsync(Alice, await BeginAsync(actor)));
        Assert.Equal(2, await CountAsync(LedgerActs.ProviderKeySeen));
    }
}
