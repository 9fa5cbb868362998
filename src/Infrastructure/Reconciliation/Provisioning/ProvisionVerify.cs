using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Asks the probe until the binding works, and starts the grant's clock.</summary>
internal sealed class ProvisionVerify(GrantRecords records, HoldCheck holds, CheckpointWakes checkpoints, ReconciliationOptions options, TimeProvider clock)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Verifies a binding that is there.</summary>
    /// <param name="grant">The grant as the worker knows it.</param>
    /// <param name="plan">What it needs.</param>
    /// <param name="uid">The binding's UID.</param>
    /// <param name="answered">Whether the one create that was sent was answered.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<StepResult> RunAsync(Grant grant, ProvisionPlan plan, string uid, bool answered, CancellationToken cancellation)
    {
        ProbeResult probe;
        using (ReconciliationSteps.Start(ReconciliationSteps.Verify, grant)) probe = await ProbeAsync(grant, plan, cancellation);
        if (probe is ProbeResult.AllAllowed allowed && clock.GetUtcNow() < grant.CreateSentAt + Grant.UsableWithin)
        {
            using var step = ReconciliationSteps.Start(ReconciliationSteps.Activate, grant);
            if (await ActivateAsync(grant, plan, uid, answered, allowed, cancellation) is { } recorded)
            {
                if (recorded.Status == GrantStatus.Active) LapseMetrics.Usable(recorded);
                checkpoints.Wake();
                return StepResult.Released;
            }
        }
        await records.LearnAsync(grant, uid, answered, cancellation);
        return probe is ProbeResult.Unknown unknown
            ? await records.StumbleAsync(grant, unknown.Failure.Message, cancellation)
            : await records.ReleaseAsync(grant, clock.GetUtcNow() + LongestPause, cancellation);
    }

    private async Task<ProbeResult> ProbeAsync(Grant grant, ProvisionPlan plan, CancellationToken cancellation)
    {
        var patience = clock.GetUtcNow() + options.VerifyPatience;
        for (var pause = TimeSpan.FromMilliseconds(5); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var probe = await plan.Link.Breaker.RunAsync(
                token => plan.Link.Api.ProbeAsync(grant.ProbeUser!, plan.Question, options.ProbeConnections, token),
                result => (result as ProbeResult.Unknown)?.Failure, failure => new ProbeResult.Unknown(failure), cancellation);
            if (probe is ProbeResult.AllAllowed or ProbeResult.Unknown || clock.GetUtcNow() > patience) return probe;
            await Task.Delay(pause, clock, cancellation);
        }
    }

    private Task<Grant?> ActivateAsync(Grant grant, ProvisionPlan plan, string uid, bool answered, ProbeResult.AllAllowed allowed, CancellationToken cancellation)
    {
        // An extension locks what it takes over from too.
        return plan.Facts.Request.ExtendsId is null ? records.RecordAsync(grant, ActAsync, cancellation) : records.RecordAloneAsync(grant, ActAsync, cancellation);

        async Task ActAsync(PortalDbContext db, Grant current, DateTimeOffset now)
        {
            current.Created(uid);
            if (answered) current.Answered();
            if (await holds.FindLockedAsync(db, cancellation) is not null)
            {
                // It is not access yet, and none begins now; the next step takes it back.
                current.Release(now);
                return;
            }
            if (await Supersession.TakeOverAsync(db, current, plan.Facts.Request.ExtendsId, now, cancellation) is { } refusal)
            {
                ProvisionFailures.Fail(db, current, FailureReason.ExtendedAccessEnded, refusal, now);
                return;
            }
            current.Activate(now);
            current.Release(current.EndsAt);
            db.Record(now, LedgerActor.Lapse, LedgerActs.GrantActive, LedgerSubject.Of(current.Id), new JsonObject
            {
                ["uid"] = uid,
                ["usableAt"] = CanonicalTime.Text(current.UsableAt!.Value),
                ["endsAt"] = CanonicalTime.Text(current.EndsAt!.Value),
                ["notAfter"] = CanonicalTime.Text(current.NotAfter!.Value),
                ["probe"] = new JsonArray([.. allowed.Answers.Select(answer => (JsonNode)$"allowed: {answer.Reason}")]),
                ["alreadyHadBy"] = current.AlreadyHadBy,
            });
        }
    }
}
