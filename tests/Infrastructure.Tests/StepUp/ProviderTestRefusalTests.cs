using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>What a self-test does not let pass: wrong answers, in exact words; rounds that were not gone through; other settings; rows that were written behind Lapse's back.</summary>
public sealed class ProviderTestRefusalTests(PostgresFixture postgres) : ProviderTestTest(postgres)
{
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
        var id = (await Testing.BeginAsync(admin, Cancellation)).Value;
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
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, challenge.SubjectId, Cancellation)).Refusal?.Code);
        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
    }

    [Fact]
    public async Task Finish_WithoutSecondRound_IsRefused()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);

        // Begun, but the browser never left for the provider.
        Assert.True((await Testing.GoOnAsync(admin, test, Cancellation)).Succeeded);
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Finish_TooLate_IsRefused()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        Clock.Advance(ProviderTest.Lifetime);

        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);
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

        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(await SignInAsync(elsewhere), test, Cancellation)).Refusal?.Code);
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
        var id = (await Testing.BeginAsync(admin, Cancellation)).Value;
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
        var first = (await Testing.BeginAsync(alice, Cancellation)).Value;
        var test = (await ChallengeAsync(first)).SubjectId;
        // Her own step-up for it is refused, since her token says what she is.
        Assert.Equal("NotAnAdmin", (await ChallengeAsync(await RefusedAsync(first))).RefusalCode);
        await Database.ExecuteAsOwnerAsync($"UPDATE step_up_challenges SET consumed_at = '{Clock.GetUtcNow():O}', proved_at = NULL, abandoned_at = NULL, refusal_code = NULL WHERE id = '{first}'", Cancellation);
        await LeaveAsync(Alice, (await Testing.GoOnAsync(alice, test, Cancellation)).Value);

        Assert.Equal("ProofMissing", (await Testing.FinishAsync(alice, test, Cancellation)).Refusal?.Code);
        await Database.ExecuteAsOwnerAsync($"""
            INSERT INTO step_up_proofs (id, challenge_id, person_id, issuer, subject, nonce, salt, challenged_at, authenticated_at, acr, amr, groups, sealed_token, token_hash, key_id, verified_at)
            SELECT gen_random_uuid(), id, person_id, '{Provider.Address}', 'alice-sub', 'n', salt, created_at, now(), '2', ARRAY['otp'], ARRAY['lapse-admins'], decode('00', 'hex'), decode('00', 'hex'), 'k1', now()
            FROM step_up_challenges WHERE id = '{first}'
            """, Cancellation);
        Assert.Equal("TokenSealed", (await Testing.FinishAsync(alice, test, Cancellation)).Refusal?.Code);
        Assert.Equal(0, await CountAsync(LedgerActs.ProviderTested));
    }
}
