using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Access;

/// <summary>Who has which access: one's own, what one approved, and for admins and auditors everybody's.</summary>
public sealed class AccessQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<AccessAsk, AccessView>
{
    /// <summary>How many late ones stand above a list.</summary>
    public const int MostOverdue = 20;

    private static readonly Refusal NotForAll = new("AccessOfOthers", "Everybody's access is for admins and auditors. You can see your own, and what you approved.", "/access");

    /// <inheritdoc/>
    public async Task<Outcome<AccessView>> AskAsync(Actor actor, AccessAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;
        if (ask.Scope == AccessScope.All && !person.SeesEverything) return NotForAll;

        var now = clock.GetUtcNow();
        var scope = InScope(db, ask.Scope, person);
        // A list that would mix the late with the rest has them above it instead; they are few, or the house is on fire.
        var separate = ask.State is AccessState.Current or AccessState.Active;
        List<AccessRow> overdue = [];
        if (separate && ask.After is null) overdue = (await ReadAsync(db, scope.Overdue(now), MostOverdue + 1, person, now, cancellation)).Rows;

        var take = Math.Clamp(ask.Take, 1, 200);
        var grants = separate ? scope.In(ask.State, now).NotOverdue(now) : scope.In(ask.State, now);
        if (ask.After is { } after) grants = grants.Where(g => EF.Functions.LessThan(ValueTuple.Create(g.Id, g.CreatedAt), ValueTuple.Create(after.Id, after.CreatedAt)));
        var (rows, next) = await ReadAsync(db, grants, take, person, now, cancellation);
        return new AccessView([.. overdue.Take(MostOverdue)], overdue.Count > MostOverdue, rows, next, person.SeesEverything);
    }

    private static IQueryable<Grant> InScope(PortalDbContext db, AccessScope scope, CurrentPerson person)
    {
        var me = person.Id;
        return scope switch
        {
            AccessScope.Mine => db.Grants.Where(g => g.PersonId == me),
            AccessScope.Approved => db.Grants.Where(g => g.PersonId != me && db.Decisions.Any(d => d.RequestId == g.RequestId && d.RequestVersion == g.RequestVersion && d.PersonId == me && d.Verdict == Verdict.Approve)),
            AccessScope.All => db.Grants,
        };
    }

    private static async Task<(List<AccessRow> Rows, AccessCursor? Next)> ReadAsync(PortalDbContext db, IQueryable<Grant> grants, int take, CurrentPerson person, DateTimeOffset now, CancellationToken cancellation)
    {
        var found = await (
            from grant in grants.OrderByDescending(g => g.Id).Take(take + 1)
            join request in db.AccessRequests on grant.RequestId equals request.Id
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join workflow in db.WorkflowVersions on new { request.WorkflowId, Version = request.WorkflowVersion } equals new { workflow.WorkflowId, workflow.Version }
            join cluster in db.Clusters on grant.ClusterId equals cluster.Id
            join holder in db.People on grant.PersonId equals holder.Id
            orderby grant.Id descending
            select new Found(
                grant, request, workflow, entry.Environment, cluster.Title, new PersonFacts(holder.Id, holder.Name, holder.UserName),
                grant.PersonId == person.Id && grant.Status == GrantStatus.Active && db.ExtensibleBy(person.Id).Any(r => r.Id == grant.RequestId)))
            .AsNoTracking().ToListAsync(cancellation);
        var last = found.Count > take ? found[take - 1].Grant : null;
        return (
            // Who left the group that decides sees no more of what they approved in it.
            [.. found.Take(take).Where(f => f.Request.RequesterId == person.Id || person.SeesEverything || Decides(f, person)).Select(f => Row(f, person, now))],
            last is null ? null : new(last.Id, last.CreatedAt));
    }

    private static AccessRow Row(Found found, CurrentPerson person, DateTimeOffset now)
    {
        var grant = GrantView.Of(found.Grant, now);
        var mine = found.Grant.PersonId == person.Id;
        // The same as EndAccess decides, which decides again.
        var mayRevoke = grant.CanEnd && (person.IsAdmin || (!mine && Decides(found, person)));
        return new(grant, found.Holder, mine, found.Environment, found.Cluster, RequestVisibility.MaySee(found.Request, found.Workflow, person), grant.CanEnd && mine, mayRevoke, found.MayExtend);
    }

    private static bool Decides(Found found, CurrentPerson person) => found.Workflow.Stages.Any(s => s.MayBeDecidedBy(person.Session.Groups));

    private sealed record Found(Grant Grant, AccessRequest Request, WorkflowVersion Workflow, ClusterEnvironment Environment, string Cluster, PersonFacts Holder, bool MayExtend);
}
