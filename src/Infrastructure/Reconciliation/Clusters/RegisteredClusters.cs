using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>A cluster in use: how to reach it and where Lapse has something to look at.</summary>
/// <param name="Cluster">Its row.</param>
/// <param name="Link">The way to it; a refusal when its credential does not open.</param>
/// <param name="Scope">The namespaces of the catalogue and of live grants.</param>
internal sealed record RegisteredCluster(Cluster Cluster, Outcome<ClusterLink> Link, BindingScope Scope)
{
    /// <summary>Whether a watch that was begun for <paramref name="other"/> is still the right one.</summary>
    public bool IsWatchedLike(RegisteredCluster other) =>
        ReferenceEquals(Link.Succeeded ? Link.Value : null, other.Link.Succeeded ? other.Link.Value : null)
        && Scope.ClusterWide == other.Scope.ClusterWide && Scope.Namespaces.ToHashSet(StringComparer.Ordinal).SetEquals(other.Scope.Namespaces);
}

/// <summary>Reads which clusters are in use.</summary>
internal sealed class RegisteredClusters(IDbContextFactory<PortalDbContext> contexts, ClusterConnections connections)
{
    /// <summary>All that are not retired, or that still carry a live grant.</summary>
    public async Task<IReadOnlyList<RegisteredCluster>> ReadAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        GrantStatus[] over = [GrantStatus.Ended, GrantStatus.Failed];
        var live = await db.Grants.AsNoTracking().Where(g => !over.Contains(g.Status)).Select(g => new { g.ClusterId, g.Namespace }).Distinct().ToListAsync(cancellation);
        var entries = await db.ElevatedRoleVersions.AsNoTracking()
            .Join(db.ElevatedRoles, v => new { v.ElevatedRoleId, v.Version }, r => new { ElevatedRoleId = r.Id, Version = r.CurrentVersion }, (v, r) => new { v.ClusterId, v.Namespaces, r.RetiredAt })
            .Where(e => e.RetiredAt == null).ToListAsync(cancellation);
        var clusters = await db.Clusters.AsNoTracking().OrderBy(c => c.Id).ToListAsync(cancellation);
        return [.. clusters.Where(c => c.RetiredAt is null || live.Exists(g => g.ClusterId == c.Id)).Select(cluster =>
        {
            var places = live.Where(g => g.ClusterId == cluster.Id).Select(g => g.Namespace)
                .Concat(entries.Where(e => e.ClusterId == cluster.Id).SelectMany(e => e.Namespaces.Length == 0 ? [null] : e.Namespaces.Cast<string?>()))
                .ToHashSet(StringComparer.Ordinal);
            return new RegisteredCluster(cluster, connections.To(cluster), new([.. places.OfType<string>().Order(StringComparer.Ordinal)], places.Contains(null)));
        })];
    }
}
