using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

/// <summary>Every state × every method that moves a request; what is not in the table throws and leaves everything as it was.</summary>
public class AccessRequestMoveTests
{
    private static readonly Dictionary<string, Action<AccessRequest>> Moves = new()
    {
        ["submit"] = request => request.Submit(WorkflowOf(Peers), Proof(), Now),
        ["approve"] = request => request.Decided(Approval(request, Carol), [], WorkflowOf(Peers), Now),
        ["deny"] = request => request.Decided(Denial(request, Carol), [], WorkflowOf(Peers), Now),
        ["withdraw"] = request => request.Withdraw(Now),
        ["time out"] = request => request.TimeOut(Now),
        ["reopen"] = request => request.Reopen(WiderRules, WorkflowOf(Peers), Now),
    };

    private static readonly Dictionary<(RequestStatus, string), RequestStatus> Design = new()
    {
        [(RequestStatus.Draft, "submit")] = RequestStatus.AwaitingApproval,
        [(RequestStatus.Draft, "withdraw")] = RequestStatus.Withdrawn,
        [(RequestStatus.AwaitingApproval, "approve")] = RequestStatus.Approved,
        [(RequestStatus.AwaitingApproval, "deny")] = RequestStatus.Denied,
        [(RequestStatus.AwaitingApproval, "withdraw")] = RequestStatus.Withdrawn,
        [(RequestStatus.AwaitingApproval, "time out")] = RequestStatus.TimedOut,
        [(RequestStatus.AwaitingApproval, "reopen")] = RequestStatus.AwaitingApproval,
        [(RequestStatus.Approved, "reopen")] = RequestStatus.AwaitingApproval,
    };

    public static TheoryData<RequestStatus, string> Every()
    {
        var data = new TheoryData<RequestStatus, string>();
        foreach (var status in Enum.GetValues<RequestStatus>())
            foreach (var move in Moves.Keys) data.Add(status, move);
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Move_FromEachState_GoesWhereTheDesignSaysOrThrowsAndChangesNothing(RequestStatus status, string move)
    {
        var request = RequestIn(status);
        Assert.Equal(status, request.Status);
        var before = Everything(request);

        if (Design.TryGetValue((status, move), out var to))
        {
            Moves[move](request);
            Assert.Equal(to, request.Status);
            Assert.NotEqual(before, Everything(request));
            return;
        }

        Assert.Throws<InvalidMoveException>(() => Moves[move](request));
        Assert.Equal(before, Everything(request));
    }

    [Fact]
    public void Submit_WithoutStages_IsApprovedByTheWorkflowAndSettled()
    {
        var request = Draft(WorkflowOf());

        request.Submit(WorkflowOf(), Proof(), Now.AddMinutes(1));

        Assert.Equal(RequestStatus.Approved, request.Status);
        Assert.Equal(Now.AddMinutes(1), request.SettledAt);
        Assert.Empty(request.ApproverGroups);
        Assert.NotNull(request.OpenKey);
    }

    [Fact]
    public void Submit_ApprovedWithoutStages_ThrowsTheSecondTime()
    {
        var request = Draft(WorkflowOf());
        request.Submit(WorkflowOf(), Proof(), Now);

        Assert.Throws<InvalidMoveException>(() => request.Submit(WorkflowOf(), Proof(), Now));
    }

    [Fact]
    public void Submit_WithStages_WaitsForTheFirstStageForItsTimeToLive()
    {
        var workflow = WorkflowWith(stages: [Peers, Sre], timeToLive: TimeSpan.FromHours(2));
        var proof = Proof();
        var request = Draft(workflow);

        request.Submit(workflow, proof, Now.AddHours(1));

        Assert.Equal((0, proof, Now.AddHours(1), Now.AddHours(3)), (request.Stage, request.ProofId, request.SubmittedAt, request.ExpiresAt));
        Assert.Equal(["developers"], request.ApproverGroups);
        Assert.Null(request.SettledAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Submit_UnderAnotherWorkflowVersion_Throws(bool otherWorkflow)
    {
        var request = Draft();
        var other = otherWorkflow ? WorkflowWith(id: UuidId.New<Domain.WorkflowId>(Now)) : WorkflowWith(version: 2);

        Assert.Throws<InvalidOperationException>(() => request.Submit(other, Proof(), Now));
        Assert.Equal(RequestStatus.Draft, request.Status);
    }

    [Fact]
    public void Decided_TwoStages_MovesToTheSecondAndIsApprovedByIt()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 }, Sre);
        var request = Awaiting(workflow);
        var first = Approval(request, Bob);

        request.Decided(first, [], workflow, Now);
        Assert.Equal((RequestStatus.AwaitingApproval, 0), (request.Status, request.Stage));

        var second = Approval(request, Carol);
        request.Decided(second, [first], workflow, Now);
        Assert.Equal((RequestStatus.AwaitingApproval, 1), (request.Status, request.Stage));
        Assert.Equal(["sre"], request.ApproverGroups);
        Assert.Null(request.SettledAt);

        request.Decided(Approval(request, Dana), [first, second], workflow, Now.AddMinutes(5));
        Assert.Equal((RequestStatus.Approved, Now.AddMinutes(5)), (request.Status, request.SettledAt!.Value));
        Assert.Empty(request.ApproverGroups);
        Assert.NotNull(request.OpenKey);
    }

    [Fact]
    public void Decided_WhatMustNeverCount_Throws()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 });
        var request = Awaiting(workflow);
        var other = Awaiting(workflow);
        var first = Approval(request, Bob);
        request.Decided(first, [], workflow, Now);
        var before = Everything(request);

        foreach (var (decision, earlier) in (List<(Decision, Decision[])>)
        [
            (Approval(request, Alice), [first]),
            (Denial(request, Alice), [first]),
            (Approval(request, null), [first]),
            (Approval(request, Bob), [first]),
            (Approval(request, Carol, stage: 1), [first]),
            (Approval(request, Carol, version: 2), [first]),
            (Approval(other, Carol), [first]),
            (DecisionOf(request, Carol, Verdict.Approve, null, null, null), [first]),
        ])
        {
            Assert.Throws<InvalidOperationException>(() => request.Decided(decision, earlier, workflow, Now));
            Assert.Equal(before, Everything(request));
        }
    }

    [Fact]
    public void Decided_ApprovalsOfOtherVersionsStagesRequestsOrOfTheRequester_DoNotCount()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 });
        var request = Awaiting(workflow);
        var other = Awaiting(workflow);

        request.Decided(Approval(request, Carol), [
            Approval(request, Bob, version: 2), Approval(request, Bob, stage: 1), Approval(other, Bob), Approval(request, Alice), Approval(request, null),
        ], workflow, Now);

        Assert.Equal(RequestStatus.AwaitingApproval, request.Status);
    }

    [Fact]
    public void Decided_EarlierThatHoldsTheNewestItself_CountsItOnce()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 });
        var request = Awaiting(workflow);
        var decision = Approval(request, Bob);

        request.Decided(decision, [decision], workflow, Now);

        Assert.Equal(RequestStatus.AwaitingApproval, request.Status);
    }

    [Fact]
    public void Decided_Denial_EndsItAtOnceAndFreesIt()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 }, Sre);
        var request = Awaiting(workflow);

        request.Decided(Denial(request, Carol), [Approval(request, Bob)], workflow, Now.AddMinutes(1));

        Assert.Equal((RequestStatus.Denied, Now.AddMinutes(1)), (request.Status, request.SettledAt!.Value));
        Assert.Null(request.OpenKey);
        Assert.Empty(request.ApproverGroups);
    }

    [Theory]
    [InlineData(RequestStatus.AwaitingApproval)]
    [InlineData(RequestStatus.Approved)]
    public void Reopen_Widened_IsANewVersionAboutTheWiderRulesThatWaitsAnew(RequestStatus status)
    {
        var request = RequestIn(status);
        var later = Now.AddHours(5);
        var asked = (request.AskedRulesDigest, request.ProofId, request.SubmittedAt, request.OpenKey);

        request.Reopen(WiderRules, WorkflowOf(Peers), later);

        Assert.Equal((RequestStatus.AwaitingApproval, 2, 0), (request.Status, request.Version, request.Stage));
        Assert.Equal(WiderRules, RoleRules.Parse(request.PinnedRules));
        Assert.Equal(later.AddHours(8), request.ExpiresAt);
        Assert.Null(request.SettledAt);
        Assert.Equal(["developers"], request.ApproverGroups);
        Assert.Equal(asked, (request.AskedRulesDigest, request.ProofId, request.SubmittedAt, request.OpenKey));
    }

    [Fact]
    public void Reopen_HalfDecided_VoidsTheApprovalsBeforeIt()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 1 }, Sre);
        var request = Awaiting(workflow);
        var void1 = Approval(request, Bob);
        request.Decided(void1, [], workflow, Now);
        var stale = Approval(request, Carol);

        request.Reopen(WiderRules, workflow, Now);

        Assert.Equal(0, request.Stage);
        Assert.Throws<InvalidOperationException>(() => request.Decided(stale, [void1], workflow, Now));
        // Whoever approved the version before may approve the new one.
        request.Decided(Approval(request, Bob), [void1], workflow, Now);
        Assert.Equal((RequestStatus.AwaitingApproval, 1), (request.Status, request.Stage));
    }

    [Fact]
    public void Reopen_NobodyDecides_ThrowsSinceItWouldWaitForNobody()
    {
        var request = Draft(WorkflowOf());
        request.Submit(WorkflowOf(), Proof(), Now);
        var before = Everything(request);

        Assert.Throws<InvalidOperationException>(() => request.Reopen(WiderRules, WorkflowOf(), Now));
        Assert.Equal(before, Everything(request));
    }
}
