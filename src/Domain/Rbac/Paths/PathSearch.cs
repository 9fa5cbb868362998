namespace Lapse.Domain.Rbac.Paths;

/// <summary>
/// The shortest paths from somebody, one after another. It grows the most promising path first; since the true distance to
/// the target is known, it goes nowhere in vain. Each place is passed a bounded number of times, so that it comes to an end.
/// </summary>
internal sealed class PathSearch(PathGraph graph, PathEnd end, long[] distance, Func<Edge, bool> follows, PathLimits limits)
{
    // Parallel bindings make the same path again; that many are looked at for each that is wanted.
    private const int Again = 6;

    private readonly ILookup<int, Edge> _last = end.Last.ToLookup(edge => edge.From);
    private readonly Dictionary<int, int> _passed = [];

    /// <summary>Raw edges of each path, the shortest first.</summary>
    internal IEnumerable<List<Edge>> Shortest(IEnumerable<Edge> start)
    {
        var queue = new PriorityQueue<Trail, long>();
        List<Edge> first = [.. start.Where(follows)];
        // Nobody needs to become who they are.
        var own = first.Where(edge => !edge.IsStep).Select(edge => edge.To).ToHashSet();
        foreach (var edge in first.Where(edge => !edge.IsStep || !own.Contains(edge.To))) Grow(null, edge);
        while (queue.TryDequeue(out var trail, out _))
        {
            var place = trail.Last.To;
            if (place == end.Place || place < 0)
            {
                yield return trail.Edges();
                continue;
            }

            var passed = _passed.GetValueOrDefault(place);
            if (passed >= limits.Most * Again) continue;
            _passed[place] = passed + 1;
            foreach (var edge in graph.From(place).Where(follows)) Grow(trail, edge);
            foreach (var edge in _last[place]) Grow(trail, edge);
        }

        void Grow(Trail? trail, Edge edge)
        {
            var rest = edge.To < 0 || edge.To == end.Place ? 0 : distance[edge.To];
            if (rest == long.MaxValue || trail is not null && (own.Contains(edge.To) || trail.Passes(edge.To))) return;
            var weight = (trail?.Weight ?? 0) + edge.Weight;
            if (weight >> 32 > limits.Longest) return;
            queue.Enqueue(new Trail(trail, edge, weight), weight + rest);
        }
    }

    private sealed record Trail(Trail? Before, Edge Last, long Weight)
    {
        internal bool Passes(int place)
        {
            for (var trail = this; trail is not null; trail = trail.Before)
                if (trail.Last.To == place || trail.Last.From == place) return place >= 0;
            return false;
        }

        internal List<Edge> Edges()
        {
            var edges = new List<Edge>();
            for (var trail = this; trail is not null; trail = trail.Before) edges.Add(trail.Last);
            edges.Reverse();
            return edges;
        }
    }
}
