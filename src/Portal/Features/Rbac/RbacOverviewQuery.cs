using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>How the audit of each cluster stands; for admins and auditors.</summary>
public sealed class RbacOverviewQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacOverviewAsk, RbacOverviewView>
{
    /// <inheritdoc/>
    public async Task<Outcome<RbacOverviewView>> AskAsync(Actor actor, RbacOverviewAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var clusters = await db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null).OrderBy(c => c.Title).ThenBy(c => c.Id).ToListAsync(cancellation);
        return new RbacOverviewView(await db.HeadsAsync(clusters, clock.GetUtcNow(), cancellation));
    }
}
