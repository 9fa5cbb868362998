using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>An admin takes the acceptance of a finding back: it is shown again at once.</summary>
[UseCase]
public sealed class WithdrawAcceptance(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    private static readonly Refusal NotAccepted = new("NotAccepted", "This finding is not accepted. Nothing was changed.");

    /// <summary>Takes it back.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fingerprint">The finding.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<Done>> WithdrawAsync(Actor actor, ClusterId cluster, string fingerprint, string reason, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        if (FindingAcceptance.CheckReason(reason) is { } refusal) return refusal;
        var finding = AuditReading.IsWritable(fingerprint) ? await db.LockFindingAsync(cluster, fingerprint, cancellation) : null;
        if (finding is null) return RbacFindingQuery.NoFinding;
        if (finding.AcceptedUntil is not { } until || until <= now) return NotAccepted;

        var withdrawal = new FindingAcceptance
        {
            Id = UuidId.New<FindingAcceptanceId>(now),
            ClusterId = cluster,
            Fingerprint = finding.Fingerprint,
            Reason = reason.Trim(),
            Owner = "",
            Until = null,
            Gravity = finding.Gravity,
            PersonId = current.Value.Id,
            At = now,
        };
        db.RbacAcceptances.Add(withdrawal);
        finding.Follow(withdrawal);
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.AcceptanceWithdrawn, LedgerSubject.Of(cluster), new JsonObject
        {
            ["finding"] = finding.Fingerprint,
            ["check"] = finding.CheckId,
            ["severity"] = finding.Severity.ToString(),
            ["reason"] = withdrawal.Reason,
        });
        await db.CommitAsync(cancellation);
        return new Done();
    }
}
