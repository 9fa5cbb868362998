using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Reads the rules of every role that the catalogue offers, so that people see what they ask for even while a cluster is away.</summary>
internal sealed class RoleRefresh(IDbContextFactory<PortalDbContext> contexts, RoleSnapshots snapshots)
{
    /// <summary>Reads all roles of one cluster. What cannot be read stays as it was.</summary>
    public async Task RunAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        foreach (var (kind, name, place) in await RolesAsync(cluster.Cluster.Id, cancellation))
        {
            var rules = await cluster.Link.Value.Breaker.RunAsync(token => cluster.Link.Value.Api.ReadRoleAsync(kind, name, place, token), cancellation);
            if (rules.Succeeded || rules.Failure!.Kind == ClusterFailureKind.NotFound)
                await snapshots.KeepAsync(cluster.Cluster.Id, kind, name, place, rules.Succeeded ? rules.Value : null, cancellation);
        }
    }

    private async Task<IReadOnlyCollection<(RoleKind Kind, string Name, string? Namespace)>> RolesAsync(ClusterId cluster, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var entries = await db.ElevatedRoleVersions.AsNoTracking()
            .Join(db.ElevatedRoles, v => new { v.ElevatedRoleId, v.Version }, r => new { ElevatedRoleId = r.Id, Version = r.CurrentVersion }, (v, r) => new { v.ClusterId, v.RoleKind, v.RoleName, v.Namespaces, r.RetiredAt })
            .Where(e => e.ClusterId == cluster && e.RetiredAt == null).ToListAsync(cancellation);
        return entries.SelectMany(e => e.RoleKind == RoleKind.Role ? e.Namespaces.Select(place => (e.RoleKind, e.RoleName, (string?)place)) : [(e.RoleKind, e.RoleName, null)]).ToHashSet();
    }
}
