using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Home;

/// <summary>What concerns one person at this moment.</summary>
public sealed class HomeQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<HomeAsk, HomeView>
{
    private const int Most = 20;
    private const int MostWaiting = 5;

    /// <inheritdoc/>
    public async Task<Outcome<HomeView>> AskAsync(Actor actor, HomeAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;
        var now = clock.GetUtcNow();

        var open = db.AccessRequests.AsNoTracking()
            .Where(r => r.RequesterId == person.Id && (r.Status == RequestStatus.AwaitingApproval || (r.Status == RequestStatus.Draft && r.ExpiresAt > now)))
            .OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Take(Most);
        var waiting = await db.RowsAsync(db.WaitingFor(person, now).OrderBy(r => r.SubmittedAt).ThenBy(r => r.Id).Take(MostWaiting + 1), now, cancellation);
        return new HomeView(
            await HeldAsync(db, person, now, cancellation),
            await db.RowsAsync(open, now, cancellation),
            [.. waiting.Take(MostWaiting)],
            waiting.Count > MostWaiting,
            await db.OfferedTo(person).AnyAsync(cancellation));
    }

    private static async Task<List<HeldAccess>> HeldAsync(PortalDbContext db, CurrentPerson person, DateTimeOffset now, CancellationToken cancellation)
    {
        var held = await (
            from grant in db.Grants.AsNoTracking()
            where grant.PersonId == person.Id && grant.Status != GrantStatus.Ended && grant.Status != GrantStatus.Failed
            join request in db.AccessRequests on grant.RequestId equals request.Id
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join cluster in db.Clusters on grant.ClusterId equals cluster.Id
            orderby grant.EndsAt, grant.StartsAt, grant.Id
            select new { grant, entry.Title, entry.Environment, Cluster = cluster.Title, MayExtend = grant.Status == GrantStatus.Active && db.ExtensibleBy(person.Id).Any(r => r.Id == grant.RequestId) }).Take(Most).ToListAsync(cancellation);
        return held.ConvertAll(h => new HeldAccess(GrantView.Of(h.grant, now), h.Title, h.Environment, h.Cluster, h.MayExtend));
    }
}
