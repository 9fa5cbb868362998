using Lapse.Domain;
using Lapse.Domain.Access;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Closes a request with its last grant, so that the same can be asked again.</summary>
public static class RequestClosing
{
    /// <summary>
    /// Call it in the transaction that ends a grant, after that is saved. The request is locked before the others are
    /// counted: of two grants that end at once, the later one sees the earlier. Whoever submits an extension of it locks it too
    /// (<see cref="OpenKeys"/>), so that the extension is either seen here or finds the request closed. A request is locked
    /// before its extension, everywhere.
    /// </summary>
    public static Task CloseIfOverAsync(this PortalDbContext db, Grant ended, CancellationToken cancellation) => db.CloseIfOverAsync([ended], cancellation);

    /// <summary>The same for grants that end together, of one request or of several, in as few statements as for one.</summary>
    public static async Task CloseIfOverAsync(this PortalDbContext db, IReadOnlyCollection<Grant> ended, CancellationToken cancellation)
    {
        if (ended.Count == 0) return;
        AccessRequestId[] ids = [.. ended.Select(g => g.RequestId).Distinct()];
        GrantId[] over = [.. ended.Select(g => g.Id)];
        Guid[] locked = [.. ids.Select(id => id.Value)];
        // A request that somebody took out of its table must not keep its access alive.
        var requests = await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE id = ANY({locked}) ORDER BY id FOR UPDATE").ToListAsync(cancellation);
        var live = await db.Grants.Where(g => ids.Contains(g.RequestId) && !over.Contains(g.Id) && g.Status != GrantStatus.Ended && g.Status != GrantStatus.Failed)
            .Select(g => g.RequestId).Distinct().ToListAsync(cancellation);
        var closing = requests.FindAll(r => r.Status == RequestStatus.Approved && !live.Contains(r.Id));
        string[] keys = [.. closing.Select(r => OpenKeys.OfExtension(r.Id))];
        var extensions = await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE open_key = ANY({keys}) ORDER BY id FOR UPDATE").ToDictionaryAsync(r => r.OpenKey!, cancellation);
        foreach (var request in closing) request.Close(extensions.GetValueOrDefault(OpenKeys.OfExtension(request.Id)));
    }
}
