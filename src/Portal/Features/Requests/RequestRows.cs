using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features.Access;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>Reads what a list shows of requests, in one statement.</summary>
internal static class RequestRows
{
    /// <summary>The rows of these requests, in their order.</summary>
    public static async Task<List<RequestRow>> RowsAsync(this PortalDbContext db, IQueryable<AccessRequest> requests, DateTimeOffset now, CancellationToken cancellation)
    {
        var found = await (
            from request in requests
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join cluster in db.Clusters on request.ClusterId equals cluster.Id
            join person in db.People on request.RequesterId equals person.Id
            select new
            {
                Request = request,
                entry.Title,
                entry.Environment,
                Cluster = cluster.Title,
                Person = new PersonFacts(person.Id, person.Name, person.UserName),
                Grants = db.Grants.Where(g => g.RequestId == request.Id && request.Status == RequestStatus.Approved).ToList(),
            }).AsNoTracking().ToListAsync(cancellation);
        return found.ConvertAll(row => new RequestRow(
            row.Request.Id, row.Title, RequestWords.What(row.Request), row.Environment, row.Cluster, row.Person,
            RequestState.Of(row.Request.Status, [.. row.Grants.Select(g => GrantView.Of(g, now))]),
            row.Request.SubmittedAt ?? row.Request.CreatedAt, row.Request.Duration));
    }
}
