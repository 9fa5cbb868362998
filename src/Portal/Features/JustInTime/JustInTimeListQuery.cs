using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>The standing bindings of a cluster that became just-in-time access, newest first; for admins and auditors.</summary>
public sealed class JustInTimeListQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<JustInTimeListAsk, JustInTimeListView>
{
    private const int Most = 500;

    /// <inheritdoc/>
    public async Task<Outcome<JustInTimeListView>> AskAsync(Actor actor, JustInTimeListAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        var take = Math.Clamp(ask.Take, 1, Most);
        var removals = db.StandingRemovals.AsNoTracking().Where(r => r.ClusterId == head.Value.Id);
        if (ask.Before is { } before) removals = removals.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.Id), ValueTuple.Create(before)));
        var rows = await RemovalRows.ReadAsync(db, removals.OrderByDescending(r => r.Id).Take(take + 1), cancellation);
        return new JustInTimeListView(head.Value, [.. rows.Take(take)], rows.Count > take ? rows[take - 1].Id : null, reader.Value.IsAdmin);
    }
}
