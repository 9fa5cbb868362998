using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ends an active grant when its time is over, or when its binding is not as it was made. Nothing is ever put back.</summary>
internal sealed class ActiveGrant(IDbContextFactory<PortalDbContext> contexts, GrantRecords records, ClusterConnections connections, BindingJudge judge, TimeProvider clock)
{
    /// <summary>Does what is next for an active grant.</summary>
    public async Task<StepResult> StepAsync(Grant grant, CancellationToken cancellation)
    {
        if (grant.EndsAt <= clock.GetUtcNow())
        {
            await EndAsync(grant, EndReason.Expired, [], cancellation);
            return StepResult.Again;
        }
        var finding = await InspectAsync(grant, cancellation);
        if (finding is null) return await records.ReleaseAsync(grant, grant.EndsAt, cancellation);
        await EndAsync(grant, finding.Value.Reason, finding.Value.Differences, cancellation);
        return StepResult.Again;
    }

    private async Task<(EndReason Reason, IReadOnlyList<string> Differences)?> InspectAsync(Grant grant, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Inspect, grant.Id);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var link = connections.To(await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == grant.ClusterId, cancellation));
        if (!link.Succeeded) return null;
        return await link.Value.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, cancellation) switch
        {
            GetBindingResult.NotFound => (EndReason.RemovedOutsideLapse, []),
            // Deleted and held by a finalizer, it is on its way out: nobody waits for that.
            GetBindingResult.Found found when found.Binding.Uid != grant.BindingUid || found.Binding.DeletedAt is not null => (EndReason.RemovedOutsideLapse, []),
            GetBindingResult.Found found => judge.Judge(grant, found.Binding) is BindingFinding.Ours ours ? (EndReason.Altered, ours.Differences) : null,
            _ => null,
        };
    }

    private async Task EndAsync(Grant grant, EndReason reason, IReadOnlyList<string> differences, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.End, grant.Id);
        step?.SetTag("lapse.reason", reason.ToString());
        await records.RecordAsync(
            grant,
            (db, current, now) =>
            {
                current.End(reason, null, now);
                var facts = new JsonObject { ["reason"] = reason.ToString(), ["endsAt"] = CanonicalTime.Text(current.EndsAt!.Value) };
                if (differences.Count > 0) facts["differences"] = new JsonArray([.. differences.Take(20).Select(words => (JsonNode)words)]);
                db.Record(now, LedgerActor.Lapse, LedgerActs.GrantRevoking, LedgerSubject.Of(current.Id), facts);
                if (reason == EndReason.Altered) db.Alert(now, LedgerSubject.Of(current.Id), "Altered", (JsonObject)facts.DeepClone());
            },
            cancellation);
    }
}
