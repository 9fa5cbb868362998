using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>The snapshots of a cluster, newest first: what changed when, and its risk over time; for admins and auditors.</summary>
public sealed class RbacHistoryQuery(IDbContextFactory<PortalDbContext> contexts, RbacSnapshots snapshots, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacHistoryAsk, RbacHistoryView>
{
    /// <inheritdoc/>
    public async Task<Outcome<RbacHistoryView>> AskAsync(Actor actor, RbacHistoryAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        var take = Math.Clamp(ask.Take, 1, RbacHistoryAsk.Most);
        var found = await snapshots.ListAsync(head.Value.Id, ask.Before, take + 1, cancellation);
        return new RbacHistoryView(head.Value, [.. found.Take(take).Select(AuditReading.ToRow)], found.Count > take ? found[take - 1].Number : null);
    }
}
