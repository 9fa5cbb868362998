using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The little that ending a grant leans on, in one statement: when a thousand end at once, each statement counts.</summary>
/// <param name="Cluster">Where it is.</param>
/// <param name="Rules">The role's rules as last read, else as pinned.</param>
internal sealed record EndingFacts(Cluster Cluster, string Rules)
{
    /// <summary>What its probe is asked about; <see langword="null"/> if the rules allow nothing that can be asked.</summary>
    public AccessQuestion? Question(Grant grant) => GrantFacts.Question(grant, RoleRules.Parse(Rules));

    /// <summary>Reads it.</summary>
    public static async Task<EndingFacts> ReadAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var (kind, role) = (grant.RoleKind, grant.RoleName);
        var place = kind == RoleKind.Role ? grant.Namespace ?? "" : "";
        var read = await (
            from request in db.AccessRequests
            where request.Id == grant.RequestId
            from cluster in db.Clusters
            where cluster.Id == grant.ClusterId
            select new
            {
                Cluster = cluster,
                request.PinnedRules,
                Snapshot = db.RoleSnapshots.Where(s => s.ClusterId == cluster.Id && s.RoleKind == kind && s.RoleName == role && s.Namespace == place).Select(s => s.Rules).FirstOrDefault(),
            }).AsNoTracking().SingleAsync(cancellation);
        return new(read.Cluster, read.Snapshot is null or "[]" ? read.PinnedRules : read.Snapshot);
    }
}
