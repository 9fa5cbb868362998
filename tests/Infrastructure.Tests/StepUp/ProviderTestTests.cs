using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Components;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>The self-test of a provider that is not the sandbox's, over the real way through a provider that does what a test wants.</summary>
public sealed class ProviderTestTests(PostgresFixture postgres) : ProviderTestTest(postgres)
{
    [Fact]
    public async Task Untested_NothingButTheTestCanBeConfirmed()
    {
        var admin = await SignInAsync();

        Assert.Equal("ProviderNotTested", (await AskAsync(admin)).Refusal?.Code);
        Assert.Equal(ProviderStanding.NotTested, (await PageAsync(admin)).Standing);
        Assert.True((await Testing.BeginAsync(admin, Cancellation)).Succeeded);
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
        Assert.Null((await Testing.FinishAsync(admin, test, Cancellation)).Refusal);

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
        await LeaveAsync(Alice, (await Testing.GoOnAsync(admin, test, Cancellation)).Value);
        Assert.Equal(ProviderTestStage.NoAnswer, (await PageAsync(admin)).Run?.Stage);

        Assert.Null((await Testing.FinishAsync(admin, test, Cancellation)).Refusal);

        Assert.Equal(ProviderTest.NoAnswer, (await PageAsync(admin)).History.Single().Code);
        Assert.Null((await AskAsync(admin)).Refusal);
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);
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
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);
        Assert.Equal("TestOver", (await Testing.GoOnAsync(admin, test, Cancellation)).Refusal?.Code);
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

    [Fact]
    public async Task SecondRound_ProviderDown_ShowsNothingAndIsRepeated()
    {
        var admin = await SignInAsync();
        var test = await FirstRoundAsync(admin);
        Provider.TokenDown = true;
        await SecondRoundAsync(admin, test);

        Assert.Equal(ProviderTestStage.Repeat, (await PageAsync(admin)).Run?.Stage);
        Assert.Equal("TestNotUnderWay", (await Testing.FinishAsync(admin, test, Cancellation)).Refusal?.Code);

        Provider.TokenDown = false;
        Provider.Next = Admin with { Acr = "1" };
        await SecondRoundAsync(admin, test);
        Assert.Equal(ProviderTestStage.Refused, (await PageAsync(admin)).Run?.Stage);
        Assert.Null((await Testing.FinishAsync(admin, test, Cancellation)).Refusal);
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
            var id = (await Testing.BeginAsync(admin, Cancellation)).Value;
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
        var id = (await Testing.BeginAsync(admin, Cancellation)).Value;
        Provider.Error = "access_denied";
        await GoAsync(Alice, id);

        Assert.Null(await Portal.Get<StepUpQueries>().NoticeAsync(admin, id, Cancellation));
    }
}
