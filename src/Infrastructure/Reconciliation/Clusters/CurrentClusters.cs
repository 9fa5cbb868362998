using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Gathering;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The way to a cluster by its row as it is now.</summary>
internal sealed class CurrentClusters(IDbContextFactory<PortalDbContext> contexts, ClusterConnections connections)
{
    private readonly SharedReads<ClusterId, Cluster> _reads = new(async ids =>
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await db.Clusters.AsNoTracking().Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id);
    });

    /// <summary>The way there.</summary>
    /// <returns>A refusal as of <see cref="ClusterConnections.To"/>.</returns>
    /// <exception cref="InvalidOperationException">There is no such cluster.</exception>
    public async Task<Outcome<ClusterLink>> ToAsync(ClusterId id, CancellationToken cancellation) =>
        connections.To(await _reads.ReadAsync(id, cancellation) ?? throw new InvalidOperationException("The cluster has no record."));
}
