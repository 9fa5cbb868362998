using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>A person's own requests; for admins and auditors also those that anybody has submitted.</summary>
public sealed class RequestListQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<RequestListAsk, RequestListView>
{
    /// <inheritdoc/>
    public async Task<Outcome<RequestListView>> AskAsync(Actor actor, RequestListAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;

        var take = Math.Clamp(ask.Take, 1, 200);
        var everybody = ask.Everybody && person.SeesEverything;
        var requests = Filtered(db.AccessRequests.AsNoTracking(), ask.Filter);
        requests = everybody ? Submitted(requests, ask.After) : Own(requests, person.Id, ask.After);
        var rows = await db.RowsAsync(requests.Take(take + 1), clock.GetUtcNow(), cancellation);
        var next = rows.Count > take ? await CursorAsync(db, rows[take - 1].Id, everybody, cancellation) : null;
        return new RequestListView([.. rows.Take(take)], next, person.SeesEverything);
    }

    private static IQueryable<AccessRequest> Own(IQueryable<AccessRequest> requests, PersonId person, RequestCursor? after)
    {
        requests = requests.Where(r => r.RequesterId == person);
        if (after is not null)
        {
            var id = AccessRequestId.From(after.Id);
            requests = requests.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.CreatedAt, r.Id), ValueTuple.Create(after.At, id)));
        }
        return requests.OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id);
    }

    // A draft is nobody's business but its writer's, whoever asks.
    private static IQueryable<AccessRequest> Submitted(IQueryable<AccessRequest> requests, RequestCursor? after)
    {
        requests = requests.Where(r => r.SubmittedAt != null);
        if (after is not null)
        {
            var id = AccessRequestId.From(after.Id);
            requests = requests.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.SubmittedAt!.Value, r.Id), ValueTuple.Create(after.At, id)));
        }
        return requests.OrderByDescending(r => r.SubmittedAt).ThenByDescending(r => r.Id);
    }

    private static IQueryable<AccessRequest> Filtered(IQueryable<AccessRequest> requests, RequestFilter filter) => filter switch
    {
        RequestFilter.All => requests,
        RequestFilter.Open => requests.Where(r => r.Status == RequestStatus.Draft || r.Status == RequestStatus.AwaitingApproval),
        RequestFilter.Approved => requests.Where(r => r.Status == RequestStatus.Approved),
        RequestFilter.Closed => requests.Where(r => r.Status == RequestStatus.Denied || r.Status == RequestStatus.Withdrawn || r.Status == RequestStatus.TimedOut),
    };

    private static async Task<RequestCursor> CursorAsync(PortalDbContext db, AccessRequestId last, bool everybody, CancellationToken cancellation)
    {
        var at = await db.AccessRequests.Where(r => r.Id == last).Select(r => new { r.CreatedAt, r.SubmittedAt }).SingleAsync(cancellation);
        return new(everybody ? at.SubmittedAt!.Value : at.CreatedAt, last.Value);
    }
}
