using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>A request whose access another one extends, with its grants.</summary>
/// <param name="Request">The request.</param>
/// <param name="Grants">All its grants.</param>
internal sealed record ExtendedRequest(AccessRequest Request, IReadOnlyList<Grant> Grants)
{
    /// <summary>Whether this person may extend it, under this version of the entry and with this content.</summary>
    public Refusal? Check(ElevatedRoleVersion entry, IReadOnlyCollection<string> namespaces, DateTimeOffset? wantedStart, PersonId person) =>
        ExtensionRules.CheckEarlier(Request, Grants, person) ?? ExtensionRules.CheckContent(Request, entry, namespaces, wantedStart);

    /// <summary>Reads it; <see langword="null"/> if there is none.</summary>
    public static async Task<ExtendedRequest?> ReadAsync(PortalDbContext db, AccessRequestId id, CancellationToken cancellation) =>
        await OfAsync(db, await db.AccessRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellation), cancellation);

    /// <summary>The same, with the request locked until the transaction ends.</summary>
    public static async Task<ExtendedRequest?> LockAsync(PortalDbContext db, AccessRequestId id, CancellationToken cancellation) =>
        await OfAsync(db, await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE id = {id.Value} FOR UPDATE").AsNoTracking().SingleOrDefaultAsync(cancellation), cancellation);

    /// <summary>Why an extension must not be approved any more; <see langword="null"/> for one that may, and for a request of its own.</summary>
    public static async Task<Refusal?> CheckEndsAsync(PortalDbContext db, AccessRequest request, CancellationToken cancellation) =>
        request.ExtendsId is { } extended ? ExtensionRules.CheckEnds(await GrantsAsync(db, extended, cancellation)) : null;

    /// <summary>What whoever confirms an extension reads about it.</summary>
    public static IEnumerable<(string Label, string Value)> Details(AccessRequest request) =>
        request.ExtendsId is null ? [] : [("Extends", "the present access, which ends when this begins")];

    private static async Task<ExtendedRequest?> OfAsync(PortalDbContext db, AccessRequest? request, CancellationToken cancellation) =>
        request is null ? null : new(request, await GrantsAsync(db, request.Id, cancellation));

    private static Task<List<Grant>> GrantsAsync(PortalDbContext db, AccessRequestId id, CancellationToken cancellation) =>
        db.Grants.AsNoTracking().Where(g => g.RequestId == id).ToListAsync(cancellation);
}

/// <summary>Finds the requests whose access can be extended now. For offering it, never for deciding whether it may be done.</summary>
internal static class Extensible
{
    /// <summary>Those of a person with an active grant that nobody ended in part, and that have not been extended already (<see cref="ExtensionRules"/>).</summary>
    public static IQueryable<AccessRequest> ExtensibleBy(this PortalDbContext db, PersonId person)
    {
        EndReason?[] onPurpose = [.. ExtensionRules.OnPurpose];
        return db.AccessRequests.Where(r => r.RequesterId == person && r.Status == RequestStatus.Approved
            && db.Grants.Any(g => g.RequestId == r.Id && g.Status == GrantStatus.Active)
            && !db.Grants.Any(g => g.RequestId == r.Id && onPurpose.Contains(g.EndReason))
            && !db.AccessRequests.Any(x => x.ExtendsId == r.Id && x.OpenKey != null));
    }
}
