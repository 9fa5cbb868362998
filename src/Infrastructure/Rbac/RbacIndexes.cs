using System.Collections.Concurrent;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Rbac;

/// <summary>A snapshot arranged for questions.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Index">Its state.</param>
public sealed record RbacIndexAt(RbacSnapshot Snapshot, RbacIndex Index);

/// <summary>
/// The newest state of each cluster, arranged for questions that are asked while somebody types. One for each cluster is kept in memory;
/// whether it is still the newest is asked each time.
/// </summary>
public sealed class RbacIndexes(IDbContextFactory<PortalDbContext> contexts, RbacSnapshots snapshots)
{
    private readonly ConcurrentDictionary<ClusterId, (int Number, Lazy<Task<RbacIndexAt?>> Index)> _newest = new();

    /// <summary>The newest state.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="cancellation">Stops the waiting, not the reading that others wait for too.</param>
    /// <returns><see langword="null"/> before the first snapshot.</returns>
    public async Task<RbacIndexAt?> NewestAsync(ClusterId cluster, CancellationToken cancellation)
    {
        int number;
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
            number = await db.RbacLooks.Where(l => l.ClusterId == cluster).Select(l => l.Number).SingleOrDefaultAsync(cancellation);
        if (number == 0) return null;
        var (_, index) = _newest.AddOrUpdate(cluster, _ => Fresh(cluster, number), (_, known) => known.Number >= number && !known.Index.Value.IsFaulted ? known : Fresh(cluster, number));
        return await index.Value.WaitAsync(cancellation);
    }

    private (int, Lazy<Task<RbacIndexAt?>>) Fresh(ClusterId cluster, int number) => (number, new(async () =>
    {
        var state = await snapshots.StateAsync(cluster, number, CancellationToken.None);
        return state is null ? null : new RbacIndexAt(state.Snapshot, new RbacIndex(state.State));
    }));
}
