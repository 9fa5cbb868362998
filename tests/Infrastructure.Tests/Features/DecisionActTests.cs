using System.Reflection;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Deciding, from the click to the grant: what counts, what does not, and who wins when two act at once.</summary>
public sealed class DecisionActTests(PostgresFixture postgres) : MainJobTest(postgres)
{
    [Fact]
    public async Task Approve_LastOneNeeded_MakesTheGrantThatWasAsked()
    {
        var id = await SubmittedAsync(World.OnePeer);

        Assert.Null(await ApproveAsync(World.Bob, id, comment: " Go ahead "));

        Assert.Equal(RequestStatus.Approved, (await ReadAsync(id)).Status);
        var grant = Assert.Single(await GrantsAsync(id));
        Assert.Equal((World.Alice.PersonId, "payments-prod", "edit", TimeSpan.FromMinutes(30), "oidc:alice"), (grant.PersonId, grant.Namespace, grant.RoleName, grant.Duration, grant.ClusterUserName));
        var decision = Assert.Single(await DecisionsAsync(id));
        Assert.Equal((World.Bob.PersonId, "Go ahead"), (decision.PersonId, decision.Comment));
        Assert.NotNull(decision.ProofId);
        Assert.Equal([LedgerActs.RequestSubmitted, LedgerActs.RequestApproved], (await LedgerAsync(LedgerSubject.Of(id))).Select(e => e.Act));
        Assert.Equal([LedgerActs.GrantScheduled], (await LedgerAsync(LedgerSubject.Of(grant.Id))).Select(e => e.Act));
    }

    [Fact]
    public async Task Approve_OneOfTwo_WaitsForSomebodyElse()
    {
        var id = await SubmittedAsync(World.TwoPeers);
        // Bob has the page open twice and begins in both.
        var twin = await BeginApprovalAsync(World.Bob, id, comment: "twice");
        await LeaveAsync(World.Bob, twin);
        Assert.Null(await ApproveAsync(World.Bob, id));

        Assert.Equal("DecidedBefore", (await ApproveAsync(World.Bob, id))?.Code);
        Assert.Equal("DecidedBefore", (await ComeBackAsync(World.Bob, twin, "developers"))?.Code);
        Assert.Equal(RequestStatus.AwaitingApproval, (await ReadAsync(id)).Status);
        Assert.Empty(await GrantsAsync(id));

        Assert.Null(await ApproveAsync(World.Carol, id));
        Assert.Equal(RequestStatus.Approved, (await ReadAsync(id)).Status);
        Assert.Single(await GrantsAsync(id));
    }

    [Fact]
    public async Task Approve_OwnRequest_IsRefusedAtTheClickAndAtTheAct()
    {
        var id = await SubmittedAsync(World.OnePeer);

        Assert.Equal("OwnRequest", (await ApproveAsync(World.Alice, id))?.Code);
        // Past the click, as a forged call might come.
        var begun = await Get<StepUpEngine>().BeginAsync(World.Alice, Domain.StepUp.ActKind.ApproveRequest, id.Value, 1, "", false, "/", Cancellation);
        Assert.Equal("OwnRequest", (await ProveAsync(World.Alice, begun, "developers", "sre", "lapse-admins"))?.Code);
        Assert.Empty(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Approve_GroupRemovedBetweenPageLoadAndClick_DecidesNothing()
    {
        var id = await SubmittedAsync(World.OnePeer);
        // The page still shows the button: the sign-in's groups are of this morning.
        var begun = await BeginApprovalAsync(World.Bob, id);

        Assert.Equal("NotAnApprover", (await ProveAsync(World.Bob, begun, "somewhere-else"))?.Code);

        Assert.Equal(RequestStatus.AwaitingApproval, (await ReadAsync(id)).Status);
        Assert.Empty(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Begin_TheActToConfirm_IsNamedInFull()
    {
        var start = Clock.GetUtcNow().AddHours(2);
        var asked = await AskAsync(World.Alice, World.OnePeer, Typed with { WantedStart = start });
        var asking = (await Get<StepUpQueries>().FindAsync(World.Alice, asked.Value, Cancellation))!.Act!;
        Assert.Null(await ProveAsync(World.Alice, asked, "developers"));
        var begun = await BeginApprovalAsync(World.Bob, await SubjectAsync(asked.Value), comment: "Until noon");
        var approving = (await Get<StepUpQueries>().FindAsync(World.Bob, begun.Value, Cancellation))!.Act!;

        (string, string)[] both =
        [
            ("Role", "ClusterRole/edit"), ("Where", "payments-prod"), ("As", "oidc:alice"), ("From", start.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture)),
            ("Reason", Typed.Reason), ("Ticket", Typed.Ticket),
        ];
        Assert.Equal(("Test", "Ask for edit in payments-prod for 30 minutes"), (asking.Cluster, asking.Sentence));
        Assert.Equal(both, asking.Details);
        Assert.Equal(("Test", "Approve edit in payments-prod for alice for 30 minutes"), (approving.Cluster, approving.Sentence));
        Assert.Equal([("Requester", "alice (alice)"), .. both, ("Your comment", "Until noon")], approving.Details);
        // What belongs to another session is shown to nobody else.
        Assert.Null(await Get<StepUpQueries>().FindAsync(World.Carol, begun.Value, Cancellation));
    }

    [Fact]
    public async Task Decide_DecidedAlready_SaysWhatHappened()
    {
        var approved = await SubmittedAsync(World.OnePeer);
        var late = await BeginApprovalAsync(World.Carol, approved);
        await ApproveAsync(World.Bob, approved);
        var denied = await SubmittedAsync(World.TwoPeers);
        Assert.Null((await DenyAsync(World.Bob, denied)).Refusal);

        Assert.Equal(("NotWaiting", "Somebody else has approved it already."), Said(await ApproveAsync(World.Carol, approved)));
        Assert.Equal(("NotWaiting", "Somebody else has approved it already."), Said(await ProveAsync(World.Carol, late, "developers")));
        Assert.Equal(("NotWaiting", "Somebody else has denied it already."), Said((await DenyAsync(World.Carol, denied)).Refusal));
        Assert.Single(await GrantsAsync(approved));
    }

    [Fact]
    public async Task Decide_TimedOutASecondAgo_IsRefusedBeforeTheSweepAndAfterTheClick()
    {
        var id = await SubmittedAsync(World.OnePeer);
        var begun = await BeginApprovalAsync(World.Bob, id);
        await Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET expires_at = '{Clock.GetUtcNow() - TimeSpan.FromSeconds(1):O}'", Cancellation);

        Assert.Equal("TimedOut", (await ProveAsync(World.Bob, begun, "developers"))?.Code);
        Assert.Equal("TimedOut", (await ApproveAsync(World.Carol, id))?.Code);
        Assert.Equal("TimedOut", (await DenyAsync(World.Carol, id)).Refusal?.Code);
        Assert.Empty(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Approve_RoleAllowsMoreThanWasAsked_VoidsWhatWasDecidedAndAsksAgain()
    {
        var id = await SubmittedAsync(World.TwoPeers);
        Assert.Null(await ApproveAsync(World.Bob, id));
        var late = await BeginApprovalAsync(World.Carol, id);
        await SetRulesAsync("admin", Wider);

        // Between the click and the proof: nothing is decided.
        Assert.Equal("RoleWidened", (await ProveAsync(World.Carol, late, "developers"))?.Code);
        // At the next click the request is brought up to date.
        Assert.Equal("RoleWidened", (await ApproveAsync(World.Carol, id))?.Code);

        var reopened = await ReadAsync(id);
        Assert.Equal((RequestStatus.AwaitingApproval, 2), (reopened.Status, reopened.Version));
        var (act, content) = (await LedgerAsync(LedgerSubject.Of(id)))[^1];
        Assert.Equal((LedgerActs.RequestReopened, "create pods/exec (core)"), (act, content["added"]!.AsArray().Single()!.GetValue<string>()));
        Assert.Equal("VersionChanged", (await ApproveAsync(World.Carol, id, version: 1))?.Code);
        Assert.Null(await ApproveAsync(World.Carol, id, version: 2));
        Assert.Equal(RequestStatus.AwaitingApproval, (await ReadAsync(id)).Status);
        // Bob's approval was of what it was before; he decides again.
        Assert.Null(await ApproveAsync(World.Bob, id, version: 2));
        Assert.Equal(2, Assert.Single(await GrantsAsync(id)).RequestVersion);
    }

    [Fact]
    public async Task Approve_RoleAllowsLess_GoesOn()
    {
        var id = await SubmittedAsync(World.OnePeer);
        await SetRulesAsync("edit", Domain.Rbac.RoleRules.From([World.Rules.Rules[0] with { Verbs = ["get"] }]));

        Assert.Null(await ApproveAsync(World.Bob, id));
    }

    [Fact]
    public async Task Approve_RequesterShutOutOrOutOfTheGroupSince_IsRefused()
    {
        var id = await SubmittedAsync(World.OnePeer);
        await Database.ExecuteAsOwnerAsync($$"""UPDATE people SET groups = '{"visitors"}' WHERE id = '{{World.Alice.PersonId}}'""", Cancellation);
        Assert.Equal("RequesterLostGroup", (await ApproveAsync(World.Bob, id))?.Code);
        await Database.ExecuteAsOwnerAsync($"UPDATE people SET disabled_at = now() WHERE id = '{World.Alice.PersonId}'", Cancellation);
        Assert.Equal("RequesterDisabled", (await ApproveAsync(World.Bob, id))?.Code);
        Assert.Empty(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Approve_ClusterTakenOutOfUse_IsRefused()
    {
        var id = await SubmittedAsync(World.OnePeer);
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET retired_at = now()", Cancellation);

        Assert.Equal("ClusterGone", (await ApproveAsync(World.Bob, id))?.Code);
    }

    [Fact]
    public async Task Deny_WithAComment_EndsItAndKeepsTheWords()
    {
        var id = await SubmittedAsync(World.TwoPeers);
        Assert.Null(await ApproveAsync(World.Bob, id));

        Assert.Null((await DenyAsync(World.Carol, id, " <b>Not during the freeze</b> ")).Refusal);

        Assert.Equal(RequestStatus.Denied, (await ReadAsync(id)).Status);
        Assert.Equal("<b>Not during the freeze</b>", (await DecisionsAsync(id)).Single(d => d.Verdict == Verdict.Deny).Comment);
        Assert.Empty(await GrantsAsync(id));
        // Denied is over: the same may be asked again.
        await SubmittedAsync(World.TwoPeers);
    }

    public static TheoryData<string, string> WrongComments => new() { { new('x', 10_000), "CommentTooLong" }, { "a\0b", "CommentCharacters" }, { "half \uD83D", "CommentCharacters" } };

    [Theory]
    [MemberData(nameof(WrongComments), DisableDiscoveryEnumeration = true)]
    public async Task Decide_WrongComment_DecidesNothing(string comment, string code)
    {
        var id = await SubmittedAsync(World.OnePeer);

        Assert.Equal(code, (await BeginApprovalAsync(World.Bob, id, comment: comment)).Refusal?.Code);
        Assert.Equal(code, (await DenyAsync(World.Bob, id, comment)).Refusal?.Code);
        Assert.Empty(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Approve_TwoAtTheSameInstantWhereOneIsEnough_OneWinsAndTheOtherIsTold()
    {
        var id = await SubmittedAsync(World.OnePeer);
        var outcomes = await AtOnceAsync(id, World.Bob, World.Carol);

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(("NotWaiting", "Somebody else has approved it already."), Said(outcomes.Single(outcome => outcome is not null)));
        Assert.Single(await GrantsAsync(id));
        Assert.Single(await DecisionsAsync(id));
    }

    [Fact]
    public async Task Approve_TwoAtTheSameInstantWhereTwoAreNeeded_BothCountAndOneGrantIsMade()
    {
        var id = await SubmittedAsync(World.TwoPeers);

        Assert.All(await AtOnceAsync(id, World.Bob, World.Carol), Assert.Null);

        Assert.Equal(RequestStatus.Approved, (await ReadAsync(id)).Status);
        Assert.Equal(2, (await DecisionsAsync(id)).Count);
        Assert.Single(await GrantsAsync(id));
    }

    [Fact]
    public async Task ApproveAndDeny_AtTheSameInstant_OneWins()
    {
        var id = await SubmittedAsync(World.OnePeer);
        var begun = await BeginApprovalAsync(World.Bob, id);
        await LeaveAsync(World.Bob, begun);

        var approving = ComeBackAsync(World.Bob, begun, "developers");
        var denying = DenyAsync(World.Carol, id);
        Refusal?[] outcomes = [await approving, (await denying).Refusal];

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal("NotWaiting", outcomes.Single(outcome => outcome is not null)!.Code);
        Assert.Equal(outcomes[0] is null ? (RequestStatus.Approved, 1) : (RequestStatus.Denied, 0), ((await ReadAsync(id)).Status, (await GrantsAsync(id)).Count));
    }

    [Fact]
    public async Task ApproveAndWithdraw_AtTheSameInstant_OneWins()
    {
        var id = await SubmittedAsync(World.OnePeer);
        var begun = await BeginApprovalAsync(World.Bob, id);
        await LeaveAsync(World.Bob, begun);

        var approving = ComeBackAsync(World.Bob, begun, "developers");
        var withdrawing = Get<WithdrawRequest>().WithdrawAsync(World.Alice, id, Cancellation);
        Refusal?[] outcomes = [await approving, (await withdrawing).Refusal];

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(outcomes[0] is null ? (RequestStatus.Approved, 1) : (RequestStatus.Withdrawn, 0), ((await ReadAsync(id)).Status, (await GrantsAsync(id)).Count));
    }

    [Fact]
    public void Calls_ThatDecideOrEnd_TakeNothingButWhoWhichAndWords()
    {
        Type[] allowed = [typeof(Actor), typeof(AccessRequestId), typeof(GrantId), typeof(int), typeof(string), typeof(CancellationToken)];
        var methods = new[] { typeof(DecideRequest), typeof(EndAccess), typeof(WithdrawRequest) }
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)).ToList();

        Assert.NotEmpty(methods);
        // Nobody can slip in an approver, a role, a duration or an end: there is no parameter for it.
        Assert.Empty(methods.SelectMany(m => m.GetParameters()).Select(p => p.ParameterType).Except(allowed));
        Assert.Equal("version", methods.SelectMany(m => m.GetParameters()).Where(p => p.ParameterType == typeof(int)).Select(p => p.Name).Distinct().Single());
        Assert.True(typeof(DecideRequest).IsDefined(typeof(UseCaseAttribute), false));
    }

    private async Task<Refusal?[]> AtOnceAsync(AccessRequestId id, params Actor[] approvers)
    {
        List<(Actor Who, Outcome<StepUpChallengeId> Begun)> begun = [];
        foreach (var approver in approvers)
        {
            begun.Add((approver, await BeginApprovalAsync(approver, id)));
            await LeaveAsync(approver, begun[^1].Begun);
        }
        return await Task.WhenAll(begun.Select(b => ComeBackAsync(b.Who, b.Begun, "developers")));
    }

    private Task<Outcome<Done>> DenyAsync(Actor who, AccessRequestId id, string comment = "", int version = 1) => Get<DecideRequest>().DenyAsync(who, id, version, comment, Cancellation);

    private static (string?, string?) Said(Refusal? refusal) => (refusal?.Code, refusal?.Message);
}
