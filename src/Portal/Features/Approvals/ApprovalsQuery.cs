using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Approvals;

/// <summary>What waits for a person's decision, oldest first, and what that person decided earlier, newest first.</summary>
public sealed class ApprovalsQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<ApprovalsAsk, ApprovalsView>
{
    /// <inheritdoc/>
    public async Task<Outcome<ApprovalsView>> AskAsync(Actor actor, ApprovalsAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;
        var now = clock.GetUtcNow();
        var take = Math.Clamp(ask.Take, 1, 200);
        var count = await db.CountWaitingAsync(person, now, cancellation);
        return ask.Settled
            ? await SettledAsync(db, person, ask.After, take, count, cancellation)
            : await WaitingAsync(db, person, ask.After, take, count, now, cancellation);
    }

    private static async Task<ApprovalsView> WaitingAsync(PortalDbContext db, CurrentPerson person, ApprovalsCursor? after, int take, int count, DateTimeOffset now, CancellationToken cancellation)
    {
        var waiting = db.WaitingFor(person, now);
        if (after is not null)
        {
            var (time, id) = (after.Time, AccessRequestId.From(after.Id));
            waiting = waiting.Where(r => EF.Functions.GreaterThan(ValueTuple.Create(r.SubmittedAt!.Value, r.Id), ValueTuple.Create(time, id)));
        }
        var rows = await (
            from request in waiting.OrderBy(r => r.SubmittedAt).ThenBy(r => r.Id).Take(take + 1)
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join workflow in db.WorkflowVersions on new { request.WorkflowId, Version = request.WorkflowVersion } equals new { workflow.WorkflowId, workflow.Version }
            join cluster in db.Clusters on request.ClusterId equals cluster.Id
            join requester in db.People on request.RequesterId equals requester.Id
            orderby request.SubmittedAt, request.Id
            select new
            {
                Request = request,
                entry.Environment,
                workflow.Stages,
                Cluster = cluster.Title,
                Requester = new PersonFacts(requester.Id, requester.Name, requester.UserName),
                Approvals = db.Decisions.Count(d => d.RequestId == request.Id && d.RequestVersion == request.Version && d.Stage == request.Stage && d.Verdict == Verdict.Approve),
            }).AsNoTracking().ToListAsync(cancellation);
        var shown = rows.Take(take).Select(row => new WaitingApproval(
            row.Request.Id, row.Requester, row.Request.RoleName, row.Request.Namespaces, row.Environment, row.Cluster,
            row.Request.Duration, row.Request.WantedStart, row.Request.Reason, row.Request.Ticket,
            row.Request.SubmittedAt!.Value, row.Request.ExpiresAt, row.Approvals, row.Stages[row.Request.Stage].Approvals, row.Request.ExtendsId is not null)).ToList();
        return new(shown, [], rows.Count > take ? new(shown[^1].Since, shown[^1].Id.Value) : null, count);
    }

    private static async Task<ApprovalsView> SettledAsync(PortalDbContext db, CurrentPerson person, ApprovalsCursor? after, int take, int count, CancellationToken cancellation)
    {
        var mine = db.Decisions.AsNoTracking().Where(d => d.PersonId == person.Id);
        if (after is not null)
        {
            var (time, id) = (after.Time, DecisionId.From(after.Id));
            mine = mine.Where(d => EF.Functions.LessThan(ValueTuple.Create(d.DecidedAt, d.Id), ValueTuple.Create(time, id)));
        }
        var rows = await (
            from decision in mine.OrderByDescending(d => d.DecidedAt).ThenByDescending(d => d.Id).Take(take + 1)
            join request in db.AccessRequests on decision.RequestId equals request.Id
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join workflow in db.WorkflowVersions on new { request.WorkflowId, Version = request.WorkflowVersion } equals new { workflow.WorkflowId, workflow.Version }
            join cluster in db.Clusters on request.ClusterId equals cluster.Id
            join requester in db.People on request.RequesterId equals requester.Id
            orderby decision.DecidedAt descending, decision.Id descending
            select new
            {
                Decision = decision,
                Request = request,
                Workflow = workflow,
                entry.Environment,
                Cluster = cluster.Title,
                Requester = new PersonFacts(requester.Id, requester.Name, requester.UserName),
            }).AsNoTracking().ToListAsync(cancellation);
        var shown = rows.Take(take).Select(row => new SettledApproval(
            row.Decision.Id, row.Request.Id, RequestVisibility.MaySee(row.Request, row.Workflow, person), row.Requester,
            row.Request.RoleName, row.Request.Namespaces, row.Environment, row.Cluster,
            row.Decision.Verdict, row.Decision.Comment, row.Decision.DecidedAt, row.Request.Status)).ToList();
        return new([], shown, rows.Count > take ? new(shown[^1].DecidedAt, shown[^1].Id.Value) : null, count);
    }
}
