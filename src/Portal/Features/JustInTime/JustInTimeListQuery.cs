using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>The standing bindings of a cluster that became just-in-time access, newest first; for admins and auditors.</summary>
public sealed class JustInTimeListQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<JustInTimeListAsk, JustInTimeListView>
{
    private const int Most = 500;

    // What waits is settled or ends within days.
    private const int MostWaiting = 50;

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
        return new JustInTimeListView(
            head.Value, ask.Before is null ? await WaitingAsync(db, head.Value.Id, reader.Value.Id, cancellation) : [], [.. rows.Take(take)], rows.Count > take ? rows[take - 1].Id : null, reader.Value.IsAdmin);
    }

    private static async Task<IReadOnlyList<WaitingJustInTime>> WaitingAsync(PortalDbContext db, ClusterId cluster, PersonId viewer, CancellationToken cancellation)
    {
        var found = await db.ConfigurationChanges.AsNoTracking()
            .Where(c => c.Kind == ChangeKind.JustInTime && (c.Status == ChangeStatus.AwaitingSecondAdmin || (c.Status == ChangeStatus.Draft && c.AuthorId == viewer)))
            .OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).Take(MostWaiting).ToListAsync(cancellation);
        return [.. found.Where(c => JustInTimeChange.FromCanonical(c.After).ClusterId == cluster).Select(c => new WaitingJustInTime(c.Id, c.Title, c.Status == ChangeStatus.Draft, c.CreatedAt))];
    }
}
