using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>
/// An admin takes a finding as it is, until a day: it is hidden by default from then on, and counted. It gives nobody access, so
/// it needs no step-up; who did it, and why, stays for ever.
/// </summary>
[UseCase]
public sealed class AcceptFinding(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, RbacOptions options, TimeProvider clock)
{
    private static readonly Refusal IsGone = new("FindingGone", "This finding is gone already. There is nothing to accept.");

    /// <summary>Accepts it.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fingerprint">The finding.</param>
    /// <param name="reason">Why.</param>
    /// <param name="owner">Who answers for it.</param>
    /// <param name="until">When it comes back.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<Done>> AcceptAsync(Actor actor, ClusterId cluster, string fingerprint, string reason, string owner, DateTimeOffset until, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        if (FindingAcceptance.Check(reason, owner, until, now, options.LongestAcceptance) is { } refusal) return refusal;
        var finding = AuditReading.IsWritable(fingerprint) ? await db.LockFindingAsync(cluster, fingerprint, cancellation) : null;
        if (finding is null) return RbacFindingQuery.NoFinding;
        if (finding.GoneAt is not null) return IsGone;

        var acceptance = new FindingAcceptance
        {
            Id = UuidId.New<FindingAcceptanceId>(now),
            ClusterId = cluster,
            Fingerprint = finding.Fingerprint,
            Reason = reason.Trim(),
            Owner = owner.Trim(),
            Until = until.ToUniversalTime(),
            Gravity = finding.Gravity,
            PersonId = current.Value.Id,
            At = now,
        };
        db.RbacAcceptances.Add(acceptance);
        finding.Follow(acceptance);
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.FindingAccepted, LedgerSubject.Of(cluster), new JsonObject
        {
            ["finding"] = finding.Fingerprint,
            ["check"] = finding.CheckId,
            ["severity"] = finding.Severity.ToString(),
            ["reason"] = acceptance.Reason,
            ["owner"] = acceptance.Owner,
            ["until"] = CanonicalTime.Text(acceptance.Until.Value),
        });
        await db.CommitAsync(cancellation);
        return new Done();
    }
}
