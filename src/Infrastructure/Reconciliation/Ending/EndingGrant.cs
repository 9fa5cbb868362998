using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Deletes a grant's binding and proves that it is gone: a look by name finds nothing of ours, the probe is denied over fresh
/// connections, and no create can be on its way any more. Never goes through the circuit breaker.
/// </summary>
internal sealed class EndingGrant(
    IDbContextFactory<PortalDbContext> contexts, GrantRecords records, CurrentClusters clusters, KnownRules rules, BindingJudge judge, CheckpointWakes checkpoints, ReconciliationOptions options, TimeProvider clock)
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(20);
    private const int Looks = 10;

    /// <summary>Does what is next for a grant that is being revoked.</summary>
    public async Task<StepResult> StepAsync(Grant grant, EndTurn? turn, CancellationToken cancellation)
    {
        var link = await clusters.ToAsync(grant.ClusterId, cancellation);
        if (!link.Succeeded) return await records.StumbleAsync(grant, link.Refusal!.Message, cancellation);

        using (ReconciliationSteps.Start(ReconciliationSteps.Delete, grant))
        {
            if (await DeleteKnownAsync(grant, link.Value.Api, cancellation) is { } obstacle) return await records.StumbleAsync(grant, obstacle, cancellation);
        }
        if (turn is not null) await turn.ToProofAsync(cancellation);
        string? foreign;
        AccessQuestion? question;
        using (ReconciliationSteps.Start(ReconciliationSteps.Prove, grant))
        {
            (var held, foreign) = await GoneAsync(grant, link.Value.Api, cancellation);
            if (held is not null) return await records.StumbleAsync(grant, held, cancellation);
            question = await QuestionAsync(grant, cancellation);
            if (question is not null && await DeniedAsync(grant, question, link.Value.Api, cancellation) is { } obstacle) return await records.StumbleAsync(grant, obstacle, cancellation);
            if (grant.InFlightUntil > clock.GetUtcNow())
            {
                // Whoever created it may still tell (GrantRecords.LearnAsync), so it is looked at before the time is over.
                var next = clock.GetUtcNow() + TimeSpan.FromSeconds(1);
                return await records.ReleaseAsync(grant, next < grant.InFlightUntil ? next : grant.InFlightUntil, cancellation);
            }
        }
        return await FinishAsync(grant, foreign, probed: question is not null, cancellation);
    }

    // What is asked of the probe; null when nothing was ever announced, or nothing can be asked about: the look by name is the proof then.
    private async Task<AccessQuestion?> QuestionAsync(Grant grant, CancellationToken cancellation)
    {
        if (grant.ProbeUser is null) return null;
        try
        {
            return ProbeQuestions.Of(grant, await rules.ReadAsync(grant, cancellation));
        }
        catch (Exception broken) when (BrokenRecords.Says(broken))
        {
            // Records that somebody broke must not keep the access alive.
            return null;
        }
    }

    // What has the UID that was recorded is ours whatever became of it, and a deletion with that UID meets nothing else. So the
    // access goes with the first call, and the look comes after it.
    private static async Task<string?> DeleteKnownAsync(Grant grant, ClusterApi api, CancellationToken cancellation) =>
        grant.BindingUid is { Length: > 0 } known
        && await api.DeleteBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, known, cancellation) is DeleteBindingResult.Unknown away
            // Not worth waiting for a second answer that does not come.
            ? away.Failure.Message
            : null;

    // Until a look by name finds nothing of ours; a deletion that was taken may be undone by nobody but a finalizer.
    private async Task<(string? Obstacle, string? Foreign)> GoneAsync(Grant grant, ClusterApi api, CancellationToken cancellation)
    {
        for (var look = 1; ; look++)
        {
            var found = await api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, cancellation);
            if (found is GetBindingResult.Unknown unknown) return (unknown.Failure.Message, null);
            if (found is not GetBindingResult.Found { Binding: var binding }) return (null, null);
            if (judge.Judge(grant, binding) is BindingFinding.Foreign foreign) return (null, foreign.Why);
            if (look > Looks) return (Held(binding), null);
            switch (await api.DeleteBindingAsync(binding.Name, binding.Namespace, binding.Uid, cancellation))
            {
                case DeleteBindingResult.Forbidden forbidden:
                    await AlertAsync(grant, "DeleteForbidden", forbidden.Message, cancellation);
                    return ($"The cluster does not let Lapse delete the binding: {forbidden.Message}", null);
                case DeleteBindingResult.Unknown lost:
                    return (lost.Failure.Message, null);
                case DeleteBindingResult.Deleted when look > 1:
                    await Task.Delay(ShortPause, clock, cancellation);
                    break;
            }
        }
    }

    private async Task<string?> DeniedAsync(Grant grant, AccessQuestion question, ClusterApi api, CancellationToken cancellation)
    {
        for (var look = 1; ; look++)
        {
            switch (await api.ProbeAsync(grant.ProbeUser!, question, options.ProbeConnections, cancellation))
            {
                case ProbeResult.AllDenied:
                    return null;
                case ProbeResult.Unknown unknown:
                    return unknown.Failure.Message;
                case ProbeResult.AllAllowed allowed when look > Looks:
                    await AlertAsync(grant, "ProbeStillAllowed", allowed.Answers[0].Reason, cancellation);
                    return $"The binding is gone, but what it gave is given by something else: {allowed.Answers[0].Reason}";
                case not null when look > Looks:
                    return "The binding is gone, but not every API server has noticed yet.";
            }
            await Task.Delay(ShortPause * look, clock, cancellation);
        }
    }

    private async Task<StepResult> FinishAsync(Grant grant, string? foreign, bool probed, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Finish, grant);
        var recorded = await records.RecordAsync(
            grant,
            async (db, current, now) =>
            {
                current.ProvedGone(now);
                var facts = new JsonObject
                {
                    ["reason"] = current.EndReason?.ToString(),
                    ["failure"] = current.FailureReason?.ToString(),
                    ["words"] = current.FailureReason is null ? null : current.LastError,
                    ["uid"] = current.BindingUid,
                    ["revokingSince"] = current.RevokingSince is { } since ? CanonicalTime.Text(since) : null,
                    ["proof"] = probed ? "no binding by name, and the probe is denied" : "no binding by name",
                };
                db.Record(now, LedgerActor.Lapse, current.Status == GrantStatus.Failed ? LedgerActs.GrantFailed : LedgerActs.GrantEnded, LedgerSubject.Of(current.Id), facts);
                if (foreign is not null)
                    await db.AlertOnceAsync(now, LedgerSubject.Of(current.Id), "ForeignObject", new JsonObject { ["name"] = BindingKeys.NameOf(current.Id), ["namespace"] = current.Namespace, ["words"] = $"Left alone: {foreign}." }, cancellation);
            },
            cancellation);
        if (recorded is not null)
        {
            LapseMetrics.Over(recorded);
            checkpoints.Wake();
        }
        return GrantRecords.Given(recorded);
    }

    private async Task AlertAsync(Grant grant, string kind, string words, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (await db.AlertOnceAsync(clock.GetUtcNow(), LedgerSubject.Of(grant.Id), kind, new JsonObject { ["words"] = words }, cancellation)) await db.CommitAsync(cancellation);
    }

    private static string Held(BindingObject binding) => binding.Finalizers.Count > 0
        ? $"The binding was deleted, but is held by {string.Join(", ", binding.Finalizers)}. Until somebody takes that off, it still gives access."
        : "The binding was deleted, but is still there.";
}
