using System.Collections.Concurrent;
using Lapse.Domain;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// In which order one replica works on many ends at once: first the access of all but a few of them goes, then it is proved and
/// recorded that it is gone. Else the last of two thousand would keep theirs until the proofs of the others are through. Each cluster has turns of
/// its own: one that does not answer keeps nobody waiting whose access is in another.
/// </summary>
internal sealed class EndTurns(ReconciliationOptions options, ReconcilerWakes wakes, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<ClusterId, ClusterTurns> _clusters = new();

    /// <summary>How many are taken in one statement: those of a cluster whose access is not gone yet are never more than twice that.</summary>
    public int Most => Math.Max(1, options.EndsTaken / 2);

    /// <summary>Of which clusters none may be taken now.</summary>
    public IReadOnlyList<ClusterId> Full() => [.. _clusters.Where(cluster => !cluster.Value.HasRoom(options.EndsTaken - Most, options.EndsInHand)).Select(cluster => cluster.Key)];

    /// <summary>Takes one more in hand; it counts at once.</summary>
    public EndTurn Take(ClusterId cluster)
    {
        var turns = _clusters.GetOrAdd(cluster, _ => new ClusterTurns(options.Ends, clock));
        turns.Take();
        return new EndTurn(turns, () => { if (turns.Leave() == options.EndsTaken - Most) wakes.Wake(Lane.End); });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var cluster in _clusters.Values) cluster.Dispose();
    }
}
