using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>The live self-test of a provider that is not the sandbox's, over the real way through a provider that does what a test wants.</summary>
public sealed class ProviderTestTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    private static readonly RogueToken Admin = new() { Acr = "2", Groups = ["lapse-admins", "developers"] };

    private readonly ScratchFolder _keys = new();

    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?> { ["Lapse:Keys"] = _keys.Path, ["Lapse:Provider:Profile"] = "Keycloak" };

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _keys.Dispose();
    }

    [Fact]
    public async Task Untested_NothingButTheTestCanBeConfirmed()
    {
        var admin = await SignInAsync();

        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
        Assert.Equal(ProviderStanding.NotTested, (await PageAsync(admin)).Standing);
        Assert.True((await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Succeeded);
    }

    [Fact]
    public async Task Untested_AdminIsLedToTheTestAndOthersAreNot()
    {
        var admin = await SignInAsync();
        Assert.Equal(PortalPaths.AdminProvider, (await AskAsync(admin)).Refusal?.Link);

        Provider.Next = Admin with { Subject = "bob-sub", UserName = "bob", Groups = ["developers"] };
        using var bob = new Browser(Portal.Address);
        Assert.Null((await AskAsync(await SignInAsync(bob))).Refusal?.Link);
    }

    [Fact]
    public async Task Test_ConfirmedWithTheFactorAndDeniedWithoutIt_OpensTheProvider()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Assert.Equal(ProviderTestStage.SecondWanted, (await PageAsync(admin)).Run?.Stage);
        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);

        Provider.Error = "access_denied";
        var second = await SecondRoundAsync(admin, test);
        Assert.Equal((ProviderTestStage.Refused, "ProviderDenied"), ((await PageAsync(admin)).Run?.Stage, (await ChallengeAsync(second)).RefusalCode));
        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
        Assert.Null((await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal);

        Provider.Error = null;
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("/done", await GoAsync(Alice, await BeginAsync(admin)));
        var page = await PageAsync(admin);
        Assert.Equal((ProviderStanding.Tested, "alice", null), (page.Standing, page.Test?.UserName, page.Run));
        Assert.Equal((true, "ProviderDenied", true), page.History.Select(l => (l.Passed, l.Code, l.TheseSettings)).Single());
        Assert.Equal((1, 0), (await CountAsync(LedgerActs.ProviderTested), await CountAsync(LedgerActs.ProviderTestFailed)));
    }

    [Fact]
    public async Task Test_NoAnswerWithoutTheFactor_OpensTheProviderByTheAdminsWord()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        await LeaveAsync(Alice, (await Portal.Get<TestProvider>().GoOnAsync(admin, test, Cancellation)).Value);
        Assert.Equal(ProviderTestStage.NoAnswer, (await PageAsync(admin)).Run?.Stage);

        Assert.Null((await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal);

        Assert.Equal(ProviderTest.NoAnswer, (await PageAsync(admin)).History.Single().Code);
        Assert.Null((await AskAsync(admin)).Refusal);
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);
        Assert.Equal(1, await CountAsync(LedgerActs.ProviderTested));
    }

    [Fact]
    public async Task Test_ProviderStampsNowWithoutAsking_FailsInTheSecondRound()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);

        // It reuses its session: nobody gives a factor, and the token looks like one of the first round.
        var second = await SecondRoundAsync(admin, test);

        var challenge = await ChallengeAsync(second);
        Assert.Equal(ProviderTest.ConfirmedWithoutFactor, challenge.RefusalCode);
        Assert.Contains("acr “2”", challenge.RefusalMessage, StringComparison.Ordinal);
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);
        Assert.Equal("TestOver", (await Portal.Get<TestProvider>().GoOnAsync(admin, test, Cancellation)).Refusal?.Code);
        var page = await PageAsync(admin);
        Assert.Equal((ProviderStanding.Failed, null), (page.Standing, page.Run));
        Assert.Equal((false, ProviderTest.SecondRound, ProviderTest.ConfirmedWithoutFactor), page.History.Select(l => (l.Passed, l.Round, l.Code)).Single());
        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
        Assert.Equal((1, 1), (await CountAsync(LedgerActs.ProviderTestFailed), await CountAsync(LedgerActs.StepUpRefused)));
    }

    [Fact]
    public async Task Test_ProviderThatPassedAndAsksNoMore_IsClosedAgain()
    {
        var admin = await SignInAsync();
        await PassAsync(admin);
        var begun = await BeginAsync(admin);
        Clock.Advance(TimeSpan.FromSeconds(1));

        await SecondRoundAsync(admin, await FirstRoundAsync(admin));

        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
        // What was begun while it was open is judged as it stands now.
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal($"/requests/1?notice={begun}", await GoAsync(Alice, begun));
        Assert.Equal("ProviderNotTested", (await ChallengeAsync(begun)).RefusalCode);
        Assert.Equal(0, await CountAsync(NoteAct.Done));
        Assert.Equal(PortalPaths.AdminProvider, (await Portal.Get<StepUpQueries>().NoticeAsync(admin, begun, Cancellation))?.Link);
    }

    public static TheoryData<string, RogueToken, string, string> Wrong => new()
    {
        { "too low a class", Admin with { Acr = "1" }, "FactorMissing", "acr came as “1”, wanted is “2”." },
        { "no class", Admin with { Acr = null }, "FactorMissing", "acr is absent, wanted is “2”." },
        { "an earlier sign-in", Admin with { AuthTimeOffset = -7200 }, "NotFresh", "before Lapse asked at" },
        { "no auth_time", Admin with { AuthTimeOffset = null }, "NoAuthTime", "auth_time is absent." },
        { "auth_time of another form", Admin with { AuthTimeOffset = null, More = new JsonObject { ["auth_time"] = "yesterday" } }, "NoAuthTime", "auth_time came as “yesterday”" },
        { "auth_time ahead", Admin with { AuthTimeOffset = 600 }, "FromTheFuture", "10 minutes ahead of Lapse's clock." },
        { "no groups", Admin with { Groups = null }, "GroupsUnknown", "groups, the claim with the groups, is absent." },
        { "too many groups", Admin with { Groups = null, More = new JsonObject { ["_claim_names"] = new JsonObject { ["groups"] = "src1" } } }, "GroupsUnknown", "(_claim_names)" },
        { "groups of another form", Admin with { Groups = null, More = new JsonObject { ["groups"] = 7 } }, "GroupsUnknown", "groups came as 7; a list of texts is wanted." },
        { "two audiences", Admin with { Audiences = ["lapse", "account"] }, "WrongAudience", "aud came as “lapse”, “account”; only “lapse” is wanted." },
        { "several at once", Admin with { Acr = "1", Groups = null }, "FactorMissing", "groups, the claim with the groups, is absent." },
        { "no admin", Admin with { Groups = ["developers"] }, "NotAnAdmin", "Only admins test the identity provider." },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task FirstRound_WrongAnswer_FailsInExactWords(string what, RogueToken token, string code, string words)
    {
        Assert.NotEmpty(what);
        var admin = await SignInAsync();
        var id = (await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Value;
        Provider.Next = token;

        Assert.Equal($"/admin/provider?notice={id}", await GoAsync(Alice, id));

        var challenge = await ChallengeAsync(id);
        Assert.Equal(code, challenge.RefusalCode);
        Assert.Contains(words, challenge.RefusalMessage, StringComparison.Ordinal);
        Assert.Equal((0, 1, 1), (await ProofsAsync(), await CountAsync(LedgerActs.StepUpRefused), await CountAsync(LedgerActs.ProviderTestFailed)));
        await using var db = Database.CreateDbContext();
        var entry = await db.LedgerEntries.SingleAsync(e => e.Act == LedgerActs.ProviderTestFailed, Cancellation);
        Assert.Equal(challenge.RefusalMessage, JsonNode.Parse(entry.Content)!["answer"]!.GetValue<string>());
        Provider.Next = Admin;
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, challenge.SubjectId, Cancellation)).Refusal?.Code);
        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
    }

    [Fact]
    public async Task SecondRound_ProviderDown_ShowsNothingAndIsRepeated()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.TokenDown = true;
        await SecondRoundAsync(admin, test);

        Assert.Equal(ProviderTestStage.Repeat, (await PageAsync(admin)).Run?.Stage);
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);

        Provider.TokenDown = false;
        Provider.Next = Admin with { Acr = "1" };
        await SecondRoundAsync(admin, test);
        Assert.Equal(ProviderTestStage.Refused, (await PageAsync(admin)).Run?.Stage);
        Assert.Null((await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal);
    }

    [Fact]
    public async Task Finish_WithoutSecondRound_IsRefused()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);

        // Begun, but the browser never left for the provider.
        Assert.True((await Portal.Get<TestProvider>().GoOnAsync(admin, test, Cancellation)).Succeeded);
        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Finish_TooLate_IsRefused()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        Clock.Advance(ProviderTest.Lifetime);

        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Finish_ByAnotherSessionOfTheSameAdmin_IsRefused()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        Provider.Error = null;
        using var elsewhere = new Browser(Portal.Address);

        Assert.Equal("TestNotUnderWay", (await Portal.Get<TestProvider>().FinishAsync(await SignInAsync(elsewhere), test, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Settings_ChangedBetweenTheRounds_AreNotTested()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        await using var changed = await RestartAsync("Lapse:Provider:Acr:0", "1");

        Assert.Equal("SettingsChanged", (await changed.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal?.Code);
        await using var db = Database.CreateDbContext();
        Assert.Equal(0, await db.ProviderSelfTests.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Settings_ChangedWhileTheBrowserIsAway_PassNothing()
    {
        var admin = await SignInAsync();
        var id = (await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Value;
        var back = await LeaveAsync(Alice, id);
        await using var changed = await RestartAsync("Lapse:Provider:Scopes:0", "openid");
        using var browser = Carry(Alice, changed);

        Assert.Equal($"/admin/provider?notice={id}", await browser.NextAsync(back, Cancellation));
        Assert.Equal("ActChanged", (await ChallengeAsync(id)).RefusalCode);
    }

    [Fact]
    public async Task Settings_ChangedAfterwards_CloseTheProviderForWhatIsBegunAndWhatComesBack()
    {
        var admin = await SignInAsync();
        await PassAsync(admin);
        var begun = await BeginAsync(admin);
        var back = await LeaveAsync(Alice, begun);
        await using var changed = await RestartAsync("Lapse:Provider:Amr:0", "pwd");
        using var browser = Carry(Alice, changed);

        Assert.Equal("ProviderNotTested", (await changed.Get<StepUpEngine>().BeginAsync(admin, ActKind.SubmitRequest, Guid.NewGuid(), 1, "", false, "/", Cancellation)).Refusal?.Code);
        Assert.Equal($"/requests/1?notice={begun}", await browser.NextAsync(back, Cancellation));
        Assert.Equal("ProviderNotTested", (await ChallengeAsync(begun)).RefusalCode);
        Assert.Equal(0, await CountAsync(NoteAct.Done));
    }

    [Fact]
    public async Task Finish_RowsOfATestWrittenBehindLapse_ProveNothing()
    {
        // Alice is no admin; whoever writes the database makes her one, and a test that she never went through.
        Provider.Next = Admin with { Groups = ["developers"] };
        var alice = await SignInAsync(Alice);
        await Database.ExecuteAsOwnerAsync("UPDATE sign_in_sessions SET groups = ARRAY['lapse-admins']", Cancellation);
        var first = (await Portal.Get<TestProvider>().BeginAsync(alice, Cancellation)).Value;
        var test = (await ChallengeAsync(first)).SubjectId;
        // Her own step-up for it is refused, since her token says what she is.
        Assert.Equal("NotAnAdmin", (await ChallengeAsync(await RefusedAsync(first))).RefusalCode);
        await Database.ExecuteAsOwnerAsync($"UPDATE step_up_challenges SET consumed_at = '{Clock.GetUtcNow():O}', proved_at = NULL, abandoned_at = NULL, refusal_code = NULL WHERE id = '{first}'", Cancellation);
        await LeaveAsync(Alice, (await Portal.Get<TestProvider>().GoOnAsync(alice, test, Cancellation)).Value);

        Assert.Equal("ProofMissing", (await Portal.Get<TestProvider>().FinishAsync(alice, test, Cancellation)).Refusal?.Code);
        await Database.ExecuteAsOwnerAsync($"""
            INSERT INTO step_up_proofs (id, challenge_id, person_id, issuer, subject, nonce, salt, challenged_at, authenticated_at, acr, amr, groups, sealed_token, token_hash, key_id, verified_at)
            SELECT gen_random_uuid(), id, person_id, '{Provider.Address}', 'alice-sub', 'n', salt, created_at, now(), '2', ARRAY['otp'], ARRAY['lapse-admins'], decode('00', 'hex'), decode('00', 'hex'), 'k1', now()
            FROM step_up_challenges WHERE id = '{first}'
            """, Cancellation);
        Assert.Equal("TokenSealed", (await Portal.Get<TestProvider>().FinishAsync(alice, test, Cancellation)).Refusal?.Code);
        Assert.Equal(0, await CountAsync(LedgerActs.ProviderTested));
    }

    [Fact]
    public async Task Page_ByWhoeverIsNoAdmin_IsRefused()
    {
        Provider.Next = Admin with { Groups = ["developers", "lapse-auditors"] };
        var actor = await SignInAsync(Alice);

        Assert.Equal("NotAnAdmin", (await Portal.Get<AdminProviderQuery>().AskAsync(actor, new(), Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Page_History_ComesInParts()
    {
        var admin = await SignInAsync();
        for (var i = 0; i < 3; i++)
        {
            var id = (await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Value;
            Provider.Error = "access_denied";
            await GoAsync(Alice, id);
        }

        var first = (await Portal.Get<AdminProviderQuery>().AskAsync(admin, new(Take: 2), Cancellation)).Value;
        var second = (await Portal.Get<AdminProviderQuery>().AskAsync(admin, new(first.Next, 2), Cancellation)).Value;

        Assert.Equal((2, 1, null), (first.History.Count, second.History.Count, second.Next));
        Assert.Equal(3, first.History.Concat(second.History).Select(l => l.Sequence).Distinct().Count());
        Assert.All(first.History, line => Assert.Equal((false, ProviderTest.FirstRound, "ProviderDenied"), (line.Passed, line.Round, line.Code)));
    }

    [Fact]
    public async Task Notice_OfATest_IsLeftToItsPage()
    {
        var admin = await SignInAsync();
        var id = (await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Value;
        Provider.Error = "access_denied";
        await GoAsync(Alice, id);

        Assert.Null(await Portal.Get<StepUpQueries>().NoticeAsync(admin, id, Cancellation));
    }

    private async Task<Actor> SignInAsync()
    {
        Provider.Next = Admin;
        return await SignInAsync(Alice);
    }

    // The first round, as it should go; returns the test.
    private async Task<Guid> FirstRoundAsync(Actor admin)
    {
        var id = (await Portal.Get<TestProvider>().BeginAsync(admin, Cancellation)).Value;
        Assert.Equal(PortalPaths.AdminProvider, await GoAsync(Alice, id));
        Clock.Advance(TimeSpan.FromSeconds(20));
        return (await ChallengeAsync(id)).SubjectId;
    }

    private async Task<StepUpChallengeId> SecondRoundAsync(Actor admin, Guid test)
    {
        var id = (await Portal.Get<TestProvider>().GoOnAsync(admin, test, Cancellation)).Value;
        Assert.Equal($"/admin/provider?notice={id}", await GoAsync(Alice, id));
        return id;
    }

    private async Task PassAsync(Actor admin)
    {
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        Provider.Error = null;
        Assert.Null((await Portal.Get<TestProvider>().FinishAsync(admin, test, Cancellation)).Refusal);
        Clock.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task<StepUpChallengeId> RefusedAsync(StepUpChallengeId id)
    {
        await GoAsync(Alice, id);
        return id;
    }

    private Task<Outcome<StepUpChallengeId>> AskAsync(Actor actor) =>
        Portal.Get<StepUpEngine>().BeginAsync(actor, ActKind.SubmitRequest, Guid.NewGuid(), 1, "", false, "/", Cancellation);

    private async Task<AdminProviderView> PageAsync(Actor actor) => (await Portal.Get<AdminProviderQuery>().AskAsync(actor, new(), Cancellation)).Value;

    private Task<TestPortal> RestartAsync(string setting, string value) =>
        TestPortal.StartAsync(Database, Provider, Clock, new Dictionary<string, string?>(Settings) { [setting] = value }, Cancellation);

    private static Browser Carry(Browser from, TestPortal portal)
    {
        var browser = new Browser(portal.Address);
        foreach (System.Net.Cookie cookie in from.Cookies.GetAllCookies()) browser.Cookies.Add(new System.Net.Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain));
        return browser;
    }
}
