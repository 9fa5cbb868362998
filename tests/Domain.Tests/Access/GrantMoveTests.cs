using Lapse.Domain.Access;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

/// <summary>Every state × every method of a grant; what is not allowed throws and leaves everything as it was.</summary>
public class GrantMoveTests
{
    private static readonly Dictionary<string, Action<Grant>> Moves = new()
    {
        ["begin"] = grant => grant.Begin(Now),
        ["prepare"] = grant => Prepare(grant, Now),
        ["created again"] = grant => grant.Created("uid-1"),
        ["created other"] = grant => grant.Created("uid-2"),
        ["start again"] = grant => grant.StartAgain(Now.AddSeconds(5)),
        ["activate"] = grant => grant.Activate(Now),
        ["expire"] = grant => grant.End(EndReason.Expired, null, Now),
        ["drop"] = grant => grant.End(EndReason.Dropped, Alice, Now),
        ["revoke"] = grant => grant.End(EndReason.Revoked, Bob, Now),
        ["removed"] = grant => grant.End(EndReason.RemovedOutsideLapse, null, Now),
        ["altered"] = grant => grant.End(EndReason.Altered, null, Now),
        ["supersede"] = grant => grant.End(EndReason.Superseded, null, Now),
        ["fail"] = grant => grant.Fail(FailureReason.TooLate, "Too late.", Now),
        ["proved gone"] = grant => grant.ProvedGone(Now),
        ["stumbled"] = grant => grant.Stumbled("No answer.", Now.AddSeconds(1), Now),
    };

    // The grants of GrantIn were prepared and created, so “prepare” is nowhere here.
    private static readonly Dictionary<(GrantStatus, string), GrantStatus> Design = new()
    {
        [(GrantStatus.Scheduled, "begin")] = GrantStatus.Provisioning,
        [(GrantStatus.Scheduled, "drop")] = GrantStatus.Ended,
        [(GrantStatus.Scheduled, "revoke")] = GrantStatus.Ended,
        [(GrantStatus.Scheduled, "stumbled")] = GrantStatus.Scheduled,
        [(GrantStatus.Provisioning, "created again")] = GrantStatus.Provisioning,
        [(GrantStatus.Provisioning, "start again")] = GrantStatus.Provisioning,
        [(GrantStatus.Provisioning, "activate")] = GrantStatus.Active,
        [(GrantStatus.Provisioning, "expire")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "drop")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "revoke")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "removed")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "altered")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "supersede")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "fail")] = GrantStatus.Revoking,
        [(GrantStatus.Provisioning, "stumbled")] = GrantStatus.Provisioning,
        [(GrantStatus.Active, "expire")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "drop")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "revoke")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "removed")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "altered")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "supersede")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "fail")] = GrantStatus.Revoking,
        [(GrantStatus.Active, "stumbled")] = GrantStatus.Active,
        [(GrantStatus.Revoking, "proved gone")] = GrantStatus.Ended,
        [(GrantStatus.Revoking, "stumbled")] = GrantStatus.Revoking,
    };

    public static TheoryData<GrantStatus, string> Every()
    {
        var data = new TheoryData<GrantStatus, string>();
        foreach (var status in Enum.GetValues<GrantStatus>())
            foreach (var move in Moves.Keys) data.Add(status, move);
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Move_FromEachState_GoesWhereTheDesignSaysOrThrowsAndChangesNothing(GrantStatus status, string move)
    {
        var grant = GrantIn(status);
        Assert.Equal(status, grant.Status);
        var before = Everything(grant);

        if (Design.TryGetValue((status, move), out var to))
        {
            Moves[move](grant);
            Assert.Equal(to, grant.Status);
            return;
        }

        Assert.ThrowsAny<InvalidOperationException>(() => Moves[move](grant));
        Assert.Equal(before, Everything(grant));
    }

    [Fact]
    public void Of_NotApproved_ThrowsInEveryOtherState()
    {
        foreach (var status in Enum.GetValues<RequestStatus>().Where(s => s != RequestStatus.Approved))
            Assert.Throws<InvalidOperationException>(() => Grant.Of(RequestIn(status), TimeSpan.FromMinutes(15), Now));
    }

    [Fact]
    public void Of_TwoNamespaces_MakesOneGrantEach()
    {
        var request = RequestIn(RequestStatus.Approved);
        var grants = Grant.Of(request, TimeSpan.FromMinutes(15), Now);

        Assert.Equal(["payments-prod", "web-prod"], grants.Select(g => g.Namespace));
        Assert.Equal(2, grants.Select(g => g.Id).Distinct().Count());
        Assert.All(grants, grant =>
        {
            Assert.Equal((GrantStatus.Scheduled, Now, Now, Now.AddMinutes(15)), (grant.Status, grant.StartsAt, grant.DueAt!.Value, grant.ProvisionUntil));
            Assert.Equal((request.Id, request.Version, Alice, "oidc:alice", request.Duration), (grant.RequestId, grant.RequestVersion, grant.PersonId, grant.ClusterUserName, grant.Duration));
        });
    }

    [Fact]
    public void Of_ClusterWide_MakesOneGrantWithoutNamespace()
    {
        var request = Draft(WorkflowOf(), entry: Entry(namespaces: []));
        request.Submit(WorkflowOf(), Proof(), Now);

        Assert.Null(Assert.Single(Grant.Of(request, TimeSpan.FromMinutes(15), Now)).Namespace);
    }

    [Theory]
    [InlineData(60, 60)]
    [InlineData(-3, 0)]
    public void Of_WantedStart_StartsThenButNeverInThePast(int wantedMinutes, int startMinutes)
    {
        var request = Draft(WorkflowOf(), Content with { WantedStart = Now.AddMinutes(wantedMinutes) });
        request.Submit(WorkflowOf(), Proof(), Now);

        var grant = Grant.Of(request, TimeSpan.FromMinutes(15), Now)[0];

        Assert.Equal((Now.AddMinutes(startMinutes), Now.AddMinutes(startMinutes + 15)), (grant.StartsAt, grant.ProvisionUntil));
    }

    [Fact]
    public void ProvedGone_CreateMayBeOnItsWay_Throws()
    {
        var grant = Scheduled();
        grant.Begin(Now);
        Prepare(grant, Now);
        grant.End(EndReason.Revoked, Bob, Now);

        Assert.Throws<InvalidOperationException>(() => grant.ProvedGone(Now + Grant.CreateSettles - TimeSpan.FromSeconds(1)));
        grant.ProvedGone(Now + Grant.CreateSettles);
        Assert.Equal(GrantStatus.Ended, grant.Status);
    }

    [Fact]
    public void Created_RevokedMeanwhile_IsKnownAllTheSame()
    {
        var grant = Scheduled();
        grant.Begin(Now);
        Prepare(grant, Now);
        grant.End(EndReason.Revoked, Bob, Now);

        grant.Created("uid-1");

        Assert.Equal((GrantStatus.Revoking, "uid-1"), (grant.Status, grant.BindingUid));
    }

    [Fact]
    public void StartAgain_CreateMayBeOnItsWay_Throws()
    {
        var grant = Scheduled();
        grant.Begin(Now);
        Prepare(grant, Now);

        Assert.Throws<InvalidOperationException>(() => grant.StartAgain(Now.AddSeconds(1)));
        grant.Answered();
        grant.StartAgain(Now.AddSeconds(1));
        Assert.Null(grant.CreateSentAt);
    }

    [Fact]
    public void Resend_AfterALostAnswer_WaitsAsLongAgain()
    {
        var grant = Scheduled();
        grant.Begin(Now);
        Assert.Throws<InvalidOperationException>(() => grant.Resend(Now));
        Prepare(grant, Now);

        grant.Resend(Now.AddSeconds(7));

        Assert.Equal(Now.AddSeconds(7) + Grant.CreateSettles, grant.InFlightUntil);
    }

    [Fact]
    public void Created_NeverPrepared_Throws()
    {
        var grant = Scheduled();
        grant.Begin(Now);

        Assert.Throws<InvalidOperationException>(() => grant.Created("uid-1"));
        Assert.Throws<InvalidOperationException>(() => grant.Activate(Now));
        Assert.Equal(GrantStatus.Provisioning, grant.Status);
    }

    [Fact]
    public void Prepare_NotAfterLaterThanDurationAndMargin_ThrowsByOneTick()
    {
        var grant = Scheduled();
        grant.Begin(Now);
        var limit = Now + grant.Duration + TimeSpan.FromSeconds(60);

        Assert.Throws<InvalidOperationException>(() => grant.Prepare("probe", limit.AddTicks(1), "signature", Now));
        Assert.Null(grant.CreateSentAt);
        grant.Prepare("probe", limit, "signature", Now);
        Assert.Equal((limit, Now), (grant.NotAfter!.Value, grant.CreateSentAt!.Value));
    }

    [Fact]
    public void StartAgain_AfterAProvedFailure_ForgetsEveryPartOfTheOldBinding()
    {
        var grant = GrantIn(GrantStatus.Provisioning);

        grant.StartAgain(Now.AddSeconds(5));

        Assert.Equal((null, null, null, null, null), (grant.ProbeUser, grant.NotAfter, grant.Signature, grant.CreateSentAt, grant.BindingUid));
        Assert.Equal(Now.AddSeconds(5), grant.DueAt);
        Prepare(grant, Now.AddMinutes(2));
        Assert.NotNull(grant.CreateSentAt);
    }

    [Theory]
    [InlineData(0, 1800)]
    [InlineData(60, 1860)]
    [InlineData(61, 1860)]
    public void Activate_UsableAfterSeconds_EndsAfterItsDurationButNotAfterNotAfter(int usableAfter, int endsAfter)
    {
        var grant = GrantIn(GrantStatus.Provisioning);

        grant.AlreadyHad("RoleBinding x");
        grant.Activate(Now.AddSeconds(usableAfter));

        Assert.Equal((Now.AddSeconds(endsAfter), Now.AddSeconds(endsAfter)), (grant.EndsAt!.Value, grant.DueAt!.Value));
        Assert.Equal((Now.AddSeconds(usableAfter), "RoleBinding x"), (grant.UsableAt!.Value, grant.AlreadyHadBy));
    }

    [Fact]
    public void End_Scheduled_IsOverAtOnceWithWhoAndWhy()
    {
        var grant = Scheduled();

        grant.End(EndReason.Revoked, Bob, Now);

        Assert.Equal((EndReason.Revoked, Bob, Now), (grant.EndReason!.Value, grant.EndedBy!.Value, grant.EndedAt!.Value));
        Assert.Null(grant.DueAt);
        Assert.True(grant.IsOver);
    }

    [Fact]
    public void Fail_ThenProvedGone_IsFailedWithItsReasonAndWords()
    {
        var grant = GrantIn(GrantStatus.Failed);

        Assert.Equal((GrantStatus.Failed, FailureReason.Forbidden, "The cluster refused."), (grant.Status, grant.FailureReason!.Value, grant.LastError));
        Assert.Null(grant.EndReason);
        Assert.Equal((null, null, null), (grant.DueAt, grant.LeaseOwner, grant.LeaseUntil));
    }

    [Fact]
    public void Release_Over_IsNeverDueAgain()
    {
        var grant = GrantIn(GrantStatus.Ended);

        grant.Release(Now.AddMinutes(1));

        Assert.Null(grant.DueAt);
    }

    [Fact]
    public void End_WhileItIsBroughtUp_TakesItFromTheWorkerThatDoes()
    {
        var (ended, failed, active) = (GrantIn(GrantStatus.Provisioning), GrantIn(GrantStatus.Provisioning), GrantIn(GrantStatus.Active));
        foreach (var grant in new[] { ended, failed, active }) grant.Lease("worker-1", Now.AddSeconds(30));

        ended.End(EndReason.Revoked, Bob, Now);
        failed.Fail(FailureReason.Forbidden, "No", Now);
        active.End(EndReason.Expired, null, Now);

        Assert.Equal((null, null), (ended.LeaseOwner, ended.LeaseUntil));
        Assert.Equal((null, null), (failed.LeaseOwner, failed.LeaseUntil));
        // Whoever looks at active access goes on to end it.
        Assert.Equal("worker-1", active.LeaseOwner);
    }

    [Fact]
    public void LeaseAndRelease_Live_TakeAndGiveBack()
    {
        var grant = GrantIn(GrantStatus.Active);
        var due = grant.DueAt;

        grant.Lease("worker-1", Now.AddSeconds(30));
        Assert.Equal(("worker-1", Now.AddSeconds(30)), (grant.LeaseOwner, grant.LeaseUntil!.Value));
        grant.Release(null);
        Assert.Equal((null, null, due), (grant.LeaseOwner, grant.LeaseUntil, grant.DueAt));
        grant.Release(Now.AddMinutes(1));
        Assert.Equal(Now.AddMinutes(1), grant.DueAt);
    }

    [Fact]
    public void Stumbled_ThenActivated_CountsAndForgets()
    {
        var grant = GrantIn(GrantStatus.Provisioning);
        grant.Stumbled("No answer.", Now.AddSeconds(2), Now);
        grant.Stumbled("No answer.", Now.AddSeconds(4), Now);
        Assert.Equal((2, "No answer.", Now.AddSeconds(4)), (grant.Attempts, grant.LastError, grant.DueAt!.Value));

        grant.Activate(Now);

        Assert.Equal((0, null, null), (grant.Attempts, grant.LastError, grant.LastErrorAt));
    }
}
