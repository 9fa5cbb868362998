using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Ends an active grant when its time is over, when its binding is not as it was made, or when its rows give it longer than its
/// signature. Nothing is ever put back.
/// </summary>
internal sealed class ActiveGrant(IDbContextFactory<PortalDbContext> contexts, GrantRecords records, CurrentClusters clusters, BindingJudge judge, EndingGrant ending, TimeProvider clock)
{
    /// <summary>Does what is next for an active grant.</summary>
    public async Task<StepResult> StepAsync(Grant grant, EndTurn? turn, CancellationToken cancellation)
    {
        // A row without an end is no reason to go on.
        var end = grant.EndsAt is not { } ends || ends <= clock.GetUtcNow() ? ActiveEnd.Expired : await InspectAsync(grant, cancellation);
        // Due at the end that it has now: it may have been moved while the binding was looked at.
        if (end is null) return GrantRecords.Given(await records.RecordAsync(grant, (_, current, _) => current.Release(current.EndsAt), cancellation));

        // What was just saved need not be read again.
        return await BeginAsync(grant, end, cancellation) is { } begun ? await ending.StepAsync(begun, turn, cancellation) : StepResult.Again;
    }

    private async Task<Grant?> BeginAsync(Grant grant, ActiveEnd end, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.End, grant);
        step?.SetTag("lapse.reason", end.Reason.ToString());
        return await records.RecordAsync(grant, (db, current, now) => end.Begin(db, current, now), cancellation);
    }

    private async Task<ActiveEnd?> InspectAsync(Grant grant, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Inspect, grant);
        var link = await clusters.ToAsync(grant.ClusterId, cancellation);
        if (!link.Succeeded) return null;
        return await link.Value.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, cancellation) switch
        {
            GetBindingResult.NotFound => await BecameActiveAsync(grant, cancellation) ? ActiveEnd.Removed : ActiveEnd.NeverActive,
            // Deleted and held by a finalizer, it is on its way out: nobody waits for that.
            GetBindingResult.Found found when found.Binding.Uid != grant.BindingUid || found.Binding.DeletedAt is not null => ActiveEnd.Removed,
            GetBindingResult.Found found => EndOf(grant, found.Binding),
            _ => null,
        };
    }

    // Somebody who writes a row makes nothing of it, but is to be found.
    private async Task<bool> BecameActiveAsync(Grant grant, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var subject = LedgerSubject.Of(grant.Id);
        return await db.LedgerEntries.AnyAsync(e => e.Subject == subject && e.Act == LedgerActs.GrantActive, cancellation);
    }

    private ActiveEnd? EndOf(Grant grant, BindingObject found) => judge.Judge(grant, found) switch
    {
        BindingFinding.Ours ours => ActiveEnd.Altered(ours.Differences),
        BindingFinding.AsRecorded { Signed: var signed } when signed.NotAfter <= clock.GetUtcNow() => ActiveEnd.Outlived(signed),
        BindingFinding.AsRecorded { Signed: var signed } when BindingJudge.Prolonged(grant, signed) is { Count: > 0 } differences => ActiveEnd.Prolonged(differences),
        _ => null,
    };
}
