using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>One finding with its acceptances; for admins and auditors.</summary>
public sealed class RbacFindingQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, RbacOptions options, TimeProvider clock) : IPageQuery<RbacFindingAsk, RbacFindingView>
{
    /// <summary>There is no such finding.</summary>
    internal static readonly Refusal NoFinding = new("FindingUnknown", "There is no such finding.", "/rbac");

    /// <inheritdoc/>
    public async Task<Outcome<RbacFindingView>> AskAsync(Actor actor, RbacFindingAsk ask, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, now, cancellation);
        if (!head.Succeeded) return head.Refusal!;
        if (!AuditReading.IsWritable(ask.Fingerprint)) return NoFinding;
        var finding = await db.RbacFindings.AsNoTracking().SingleOrDefaultAsync(f => f.ClusterId == head.Value.Id && f.Fingerprint == ask.Fingerprint, cancellation);
        if (finding is null) return NoFinding;
        var acceptances = await db.RbacAcceptances.AsNoTracking().Where(a => a.ClusterId == head.Value.Id && a.Fingerprint == ask.Fingerprint).OrderByDescending(a => a.Id)
            .Join(db.People, a => a.PersonId, p => p.Id, (a, p) => new AcceptanceRow(a.Reason, a.Owner, a.Until, (Severity)a.Gravity, p.Name, a.At)).Take(200).ToListAsync(cancellation);
        return new RbacFindingView(head.Value, AuditReading.ToRow(finding, now), finding.Rules, acceptances, reader.Value.IsAdmin, options.LongestAcceptance);
    }
}
