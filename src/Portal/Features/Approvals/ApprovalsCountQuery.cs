using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Approvals;

/// <summary>Asks how many requests wait.</summary>
public sealed record ApprovalsCountAsk;

/// <summary>How many requests wait for whoever asked.</summary>
/// <param name="Waiting">At most <see cref="WaitingApprovals.MostCounted"/>.</param>
public sealed record ApprovalsCount(int Waiting);

/// <summary>The number beside Approvals in the navigation.</summary>
public sealed class ApprovalsCountQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<ApprovalsCountAsk, ApprovalsCount>
{
    /// <inheritdoc/>
    public async Task<Outcome<ApprovalsCount>> AskAsync(Actor actor, ApprovalsCountAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        return current.Succeeded ? new ApprovalsCount(await db.CountWaitingAsync(current.Value, clock.GetUtcNow(), cancellation)) : current.Refusal!;
    }
}
