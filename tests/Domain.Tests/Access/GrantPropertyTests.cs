using CsCheck;
using Lapse.Domain.Access;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

/// <summary>A reconciler that does anything at any time can give nobody more or longer access than was approved.</summary>
public class GrantPropertyTests
{
    private sealed record Step(string Move, int Seconds, int Margin, EndReason Reason);

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency(
            (3, Gen.Const("begin")), (6, Gen.Const("prepare")), (6, Gen.Const("created")), (1, Gen.Const("start again")),
            (4, Gen.Const("activate")), (2, Gen.Const("end")), (1, Gen.Const("fail")), (3, Gen.Const("gone")), (1, Gen.Const("stumbled")), (1, Gen.Const("release"))),
        Gen.Frequency((4, Gen.Int[0, 20]), (1, Gen.Int[21, 4000])), Gen.Int[-100, 100], Gen.Enum<EndReason>(),
        (move, seconds, margin, reason) => new Step(move, seconds, margin, reason));

    [Fact]
    public void AnySequence_OfMoves_NeverGivesMoreThanWasApproved() =>
        Steps.Array[1, 40].Sample(steps =>
        {
            var grant = Scheduled();
            var (now, wasActive, wasPrepared, wasRevoking) = (Now, false, false, false);
            foreach (var step in steps)
            {
                now += TimeSpan.FromSeconds(step.Seconds);
                var (before, from) = (Everything(grant), grant.Status);
                var moved = Take(grant, step, now);
                if (!moved) Assert.Equal(before, Everything(grant));

                // Once it was active, no binding is ever prepared or created for it again.
                if (wasActive && moved) Assert.DoesNotContain(step.Move, (string[])["prepare", "created", "start again", "activate", "begin"]);
                // What is over stays as it is, and is never looked at again.
                if (from is GrantStatus.Ended or GrantStatus.Failed)
                {
                    Assert.Equal(from, grant.Status);
                    Assert.Null(grant.DueAt);
                }
                wasActive |= grant.Status == GrantStatus.Active;
                wasPrepared |= moved && step.Move == "prepare";
                wasRevoking |= grant.Status == GrantStatus.Revoking;
                Check(grant, wasPrepared, wasRevoking, wasActive);
            }
        }, iter: 1_000);

    [Fact]
    public void AnySequence_OftenEnough_ReachesEveryState()
    {
        var reached = new System.Collections.Concurrent.ConcurrentDictionary<GrantStatus, byte>();
        Steps.Array[1, 40].Sample(steps =>
        {
            var (grant, now) = (Scheduled(), Now);
            foreach (var step in steps)
            {
                Take(grant, step, now += TimeSpan.FromSeconds(step.Seconds));
                reached[grant.Status] = 0;
            }
        }, iter: 500);

        Assert.Equal(Enum.GetValues<GrantStatus>(), reached.Keys.Order());
    }

    private static bool Take(Grant grant, Step step, DateTimeOffset now)
    {
        try
        {
            switch (step.Move)
            {
                case "begin": grant.Begin(now); break;
                case "prepare": grant.Prepare("probe", now + grant.Duration + Grant.UsableWithin + TimeSpan.FromSeconds(step.Margin), "signature", now); break;
                case "created":
                    grant.Created("uid");
                    grant.Answered();
                    break;
                case "start again": grant.StartAgain(now); break;
                case "activate": grant.Activate(now); break;
                case "end": grant.End(step.Reason, null, now); break;
                case "fail": grant.Fail(FailureReason.TooLate, "Too late.", now); break;
                case "gone": grant.ProvedGone(now); break;
                case "stumbled": grant.Stumbled("No answer.", now, now); break;
                case "release": grant.Release(now); break;
            }
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void Check(Grant grant, bool wasPrepared, bool wasRevoking, bool wasActive)
    {
        if (grant.NotAfter is { } notAfter) Assert.True(notAfter <= grant.CreateSentAt!.Value + grant.Duration + Grant.UsableWithin);
        if (grant.EndsAt is { } ends)
        {
            Assert.True(wasActive);
            Assert.True(ends <= grant.NotAfter!.Value);
            Assert.True(ends <= grant.UsableAt!.Value + grant.Duration);
        }
        if (grant.Status == GrantStatus.Active) Assert.NotNull(grant.BindingUid);
        if (!grant.IsOver)
        {
            Assert.Null(grant.EndedAt);
            return;
        }
        Assert.NotNull(grant.EndedAt);
        // Every end after a create may have been sent went through Revoking.
        if (wasPrepared) Assert.True(wasRevoking);
        if (!wasRevoking) Assert.True(grant.Status == GrantStatus.Ended && grant.EndReason is EndReason.Dropped or EndReason.Revoked);
        Assert.True(grant.Status == GrantStatus.Failed ? grant.FailureReason is not null : grant is { EndReason: not null, FailureReason: null });
    }
}
