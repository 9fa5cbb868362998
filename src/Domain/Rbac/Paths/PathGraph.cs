using System.Runtime.InteropServices;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>What a place of the graph stands for. Those between let many lead to many by few edges.</summary>
internal enum PlaceKind
{
    /// <summary>A user, group or ServiceAccount.</summary>
    Subject,

    /// <summary>A role in a namespace or in the whole cluster, whoever holds it.</summary>
    Role,

    /// <summary>Making Pods in a namespace.</summary>
    NewPods,

    /// <summary>Being inside the running Pods of a namespace.</summary>
    RunningPods,

    /// <summary>Using the ServiceAccounts that exist in a namespace.</summary>
    Accounts,

    /// <summary>Using any ServiceAccount name of a namespace, whether it exists or not.</summary>
    AccountNames,

    /// <summary>Reading every Secret of a namespace.</summary>
    Secrets,

    /// <summary>The Roles of a namespace.</summary>
    Roles,

    /// <summary>Everything in a namespace.</summary>
    Everything,

    /// <summary>The machines.</summary>
    Nodes,

    /// <summary>Any user name.</summary>
    Users,

    /// <summary>Any group.</summary>
    Groups,

    /// <summary>Any user and group but system:masters.</summary>
    Certificates,

    /// <summary>Everything in the whole cluster.</summary>
    ClusterAdmin,
}

/// <summary>What makes an edge: a rule of a role, or a binding, or nothing.</summary>
/// <param name="Binding">The binding that leads from a subject to a role.</param>
/// <param name="Role">The role.</param>
/// <param name="Rule">Which rule of the role; -1 for a binding alone.</param>
internal readonly record struct Ground(BindingObject? Binding, RoleObject? Role, int Rule);

/// <summary>One way on.</summary>
/// <param name="From">From which place.</param>
/// <param name="To">To which place.</param>
/// <param name="Kind">How; <see langword="null"/> where it only says what the place before means.</param>
/// <param name="IsStep">Whether it is a step of its own, or belongs to the one before.</param>
/// <param name="Grounds">What makes it.</param>
/// <param name="Assumes">What has to be so besides; empty for nothing.</param>
/// <param name="IsMembership">Whether it leads to a group that the API server fills.</param>
internal sealed record Edge(int From, int To, EdgeKind? Kind, bool IsStep, Ground[] Grounds, string Assumes = "", bool IsMembership = false)
{
    /// <summary>Steps count first, then assumptions, then the edges between.</summary>
    internal long Weight => (IsStep ? 1L << 32 : 0) + (Assumes.Length > 0 ? 1L << 16 : 0) + 1;

    /// <summary>Whether it leads from a subject to what it has, which is no place that a reader needs.</summary>
    internal bool IsHolding => Kind is null && !IsStep && Grounds is [{ Binding: not null, Rule: -1 }];
}

/// <summary>Places and edges in both directions, and the shortest ways to a target.</summary>
internal sealed class PathGraph
{
    /// <summary>No place of the graph, and no end either.</summary>
    internal const int Nowhere = -2;

    private readonly Dictionary<(PlaceKind, string, string), int> _places = [];
    private readonly List<PathNode?> _shown = [];
    private readonly List<List<Edge>> _out = [];
    private readonly List<List<Edge>> _in = [];

    internal int Count => _shown.Count;

    /// <summary>What a reader sees of a place; <see langword="null"/> for one between.</summary>
    internal PathNode? Shown(int place) => _shown[place];

    internal IReadOnlyList<Edge> From(int place) => _out[place];

    /// <summary>The number of a place, which is made where it is new.</summary>
    internal int Place(PlaceKind kind, string name = "", string scope = "", Subject? subject = null)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (kind, name, scope), out var exists);
        if (exists) return place;
        place = _shown.Count;
        _shown.Add(Node(kind, name, scope, subject));
        _out.Add([]);
        _in.Add([]);
        return place;
    }

    internal int Of(Subject subject) => Place(PlaceKind.Subject, subject.ToString(), "", subject);

    internal int? Find(PlaceKind kind, string name = "", string scope = "") => _places.TryGetValue((kind, name, scope), out var place) ? place : null;

    internal int? Find(Subject subject) => Find(PlaceKind.Subject, subject.ToString());

    internal void Add(Edge edge)
    {
        if (edge.From == edge.To) return;
        _out[edge.From].Add(edge);
        _in[edge.To].Add(edge);
    }

    /// <summary>For each place the next edge on a shortest way to the target, and how far that is (Dijkstra, backwards).</summary>
    /// <param name="target">The place to reach, or -1 where only <paramref name="last"/> leads there.</param>
    /// <param name="last">Edges into a target that is no place of the graph.</param>
    /// <param name="follows">Which edges are followed.</param>
    internal (Edge?[] Next, long[] Distance) Towards(int target, IEnumerable<Edge> last, Func<Edge, bool> follows)
    {
        var (next, distance) = (new Edge?[Count], new long[Count]);
        Array.Fill(distance, long.MaxValue);
        var queue = new PriorityQueue<int, long>();
        if (target >= 0)
        {
            distance[target] = 0;
            queue.Enqueue(target, 0);
        }

        foreach (var edge in last.Where(follows)) Relax(edge, 0);
        while (queue.TryDequeue(out var place, out var far))
        {
            if (far > distance[place]) continue;
            foreach (var edge in _in[place])
                if (follows(edge)) Relax(edge, far);
        }

        return (next, distance);

        void Relax(Edge edge, long far)
        {
            var reached = far + edge.Weight;
            if (reached >= distance[edge.From]) return;
            distance[edge.From] = reached;
            next[edge.From] = edge;
            queue.Enqueue(edge.From, reached);
        }
    }

    private static PathNode? Node(PlaceKind kind, string name, string scope, Subject? subject) => kind switch
    {
        PlaceKind.Subject => PathNode.Of(subject!.Value),
        PlaceKind.Role => new PathNode(PathNodeKind.Role, name, scope),
        PlaceKind.Secrets => new PathNode(PathNodeKind.Secrets, name),
        PlaceKind.Everything => new PathNode(PathNodeKind.Namespace, name),
        PlaceKind.Nodes => new PathNode(PathNodeKind.Nodes, ""),
        PlaceKind.ClusterAdmin => new PathNode(PathNodeKind.ClusterAdmin, ""),
        PlaceKind.NewPods or PlaceKind.RunningPods or PlaceKind.Accounts or PlaceKind.AccountNames or PlaceKind.Roles
            or PlaceKind.Users or PlaceKind.Groups or PlaceKind.Certificates => null,
    };
}
