using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The rules of a grant's role that are known without the cluster, in one statement: when a thousand end at once, each statement counts.</summary>
internal static class KnownRules
{
    /// <summary>Canonical JSON of the rules as last read, else as pinned.</summary>
    public static Task<string> ReadAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var (cluster, kind, role) = (grant.ClusterId, grant.RoleKind, grant.RoleName);
        var place = kind == RoleKind.Role ? grant.Namespace ?? "" : "";
        return (
            from request in db.AccessRequests
            where request.Id == grant.RequestId
            let read = db.RoleSnapshots.Where(s => s.ClusterId == cluster && s.RoleKind == kind && s.RoleName == role && s.Namespace == place).Select(s => s.Rules).FirstOrDefault()
            select read == null || read == "[]" ? request.PinnedRules : read).SingleAsync(cancellation);
    }
}
