using System.Collections.Immutable;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;

namespace Lapse.Portal.Features.Rbac;

/// <summary>A snapshot arranged for questions.</summary>
/// <param name="Number">Which one of its cluster.</param>
/// <param name="Index">The index.</param>
/// <param name="Places">The sensitive places of the cluster.</param>
public sealed record RbacIndexAt(int Number, RbacIndex Index, ImmutableArray<Place> Places)
{
    private readonly Lazy<ImmutableArray<Reacher>> _reachers = new(() => Index.Reaches(Places));
    private readonly Lazy<AttackPaths> _paths = new(() => new AttackPaths(Index));

    /// <summary>Who can become whom, drawn when it is first asked.</summary>
    public AttackPaths Paths => _paths.Value;

    /// <summary>Who reaches which of the places, looked for when it is first asked.</summary>
    public ImmutableArray<Reacher> Reachers => _reachers.Value;

    /// <summary>The state.</summary>
    public RbacState State => Index.State;
}

/// <summary>
/// The newest snapshot of each cluster arranged for questions, so that an answer comes while somebody types. Of each cluster one
/// is kept, and of the clusters those that were asked last.
/// </summary>
public sealed class RbacIndexes(RbacSnapshots snapshots, RbacOptions options)
{
    /// <summary>Of how many clusters.</summary>
    internal const int Most = 8;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _newestFirst = [];

    /// <summary>The index of a snapshot.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="number">The snapshot's number.</param>
    /// <param name="cancellation">Stops the waiting; what was begun is finished for whoever asks next.</param>
    /// <returns><see langword="null"/> if there is no such snapshot.</returns>
    public async Task<RbacIndexAt?> FindAsync(ClusterId cluster, int number, CancellationToken cancellation)
    {
        var entry = EntryOf(cluster, number);
        try
        {
            return await entry.Index.Value.WaitAsync(cancellation);
        }
        catch (Exception) when (entry.Index.Value.IsFaulted || entry.Index.Value.IsCanceled)
        {
            // The database was away: the next question reads again.
            lock (_lock) _newestFirst.Remove(entry);
            throw;
        }
    }

    private Entry EntryOf(ClusterId cluster, int number)
    {
        lock (_lock)
        {
            var known = _newestFirst.FirstOrDefault(one => one.Cluster == cluster);
            if (known is not null) _newestFirst.Remove(known);
            // A question that began before the newest snapshot was taken does not bring the one before back.
            if (known is null || known.Number < number) known = new Entry(cluster, number, new(() => Task.Run(() => ReadAsync(cluster, number))));
            _newestFirst.AddFirst(known);
            while (_newestFirst.Count > Most) _newestFirst.RemoveLast();
            return known;
        }
    }

    private async Task<RbacIndexAt?> ReadAsync(ClusterId cluster, int number) =>
        await snapshots.StateAsync(cluster, number, CancellationToken.None) is { } read ? new RbacIndexAt(number, new RbacIndex(read.State), Place.Usual(options.Audit.PrivilegedNamespaces)) : null;

    private sealed record Entry(ClusterId Cluster, int Number, Lazy<Task<RbacIndexAt?>> Index);
}
