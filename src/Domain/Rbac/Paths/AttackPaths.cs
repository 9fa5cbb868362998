using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>
/// Who can become whom by what RBAC shows. Made once from a state; it does not change and may be shared between threads.
/// </summary>
public sealed class AttackPaths
{
    private static readonly PathLimits Default = new();

    private readonly IReadOnlyList<(int Place, RoleObject Role, string Scope)> _roles;
    private readonly PathGraph _graph;
    private readonly Combinations _combinations;
    private readonly ImmutableArray<Subject> _subjects;

    /// <summary>Draws the graph of a state.</summary>
    public AttackPaths(RbacIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        _subjects = index.Subjects();
        (_graph, _combinations, _roles) = GraphBuilder.Draw(index);
    }

    /// <summary>How somebody reaches a target: “can X ever become cluster-admin, and how”.</summary>
    /// <param name="who">Who, with the groups that are known of them.</param>
    /// <param name="target">What is to be reached.</param>
    /// <param name="limits">How far.</param>
    /// <returns>The shortest first, of equal ones those that assume nothing; no path goes through the same place twice.</returns>
    public ImmutableArray<AttackPath> From(Requester who, PathTarget target, PathLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(target);
        limits ??= Default;
        var name = who.Name.Length > 0 ? Subject.OfUser(who.Name) : who.Groups.Length > 0 ? Subject.OfGroup(who.Groups[0]) : Subject.OfUser("");
        var end = EndOf(target);
        var start = StartOf(who);
        var (_, distance) = _graph.Towards(end.Place, end.Last, Follows(limits));
        return new PathSearch(_graph, end, distance, Follows(limits), limits).Shortest(start)
            .Select(edges => PathFolding.Fold(_graph, PathNode.Of(name), edges, end.Shown))
            .Where(path => path.Steps.Length > 0 && path.Steps.Length <= limits.Longest)
            .DistinctBy(path => string.Join('\n', path.Steps.Select(step => $"{step.From}|{step.Kind}|{step.To}|{step.Assumes}")))
            .Take(limits.Most)
            .ToImmutableArray();
    }

    /// <summary>A shortest path of every subject that reaches a target, in one search.</summary>
    /// <param name="target">What is to be reached.</param>
    /// <param name="limits">How far; <see cref="PathLimits.Most"/> counts subjects.</param>
    /// <returns>The shortest first, then by subject.</returns>
    public ImmutableArray<AttackPath> Reaching(PathTarget target, PathLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        limits ??= Default with { Most = 1000 };
        var end = EndOf(target);
        var (next, distance) = _graph.Towards(end.Place, end.Last, Follows(limits));
        return [.. _subjects
            .Select(subject => (Subject: subject, Place: _graph.Find(subject)))
            .Where(one => one.Place is { } place && distance[place] < long.MaxValue)
            .OrderBy(one => distance[one.Place!.Value] >> 16).ThenBy(one => one.Subject, SubjectOrder.Instance)
            .Select(one => PathFolding.Fold(_graph, PathNode.Of(one.Subject), Way(one.Place!.Value, next, end), end.Shown))
            .Where(path => path.Steps.Length > 0 && path.Steps.Length <= limits.Longest)
            .Take(limits.Most)];
    }

    /// <summary>
    /// The ServiceAccounts, and the groups of those of a namespace, that become administrator of the cluster for certain by
    /// rights of their own and not by those that everybody has.
    /// </summary>
    internal IEnumerable<Subject> AccountsThatBecomeAdmin()
    {
        var admin = EndOf(PathTarget.ClusterAdmin);
        var (_, distance) = _graph.Towards(admin.Place, [], edge => edge.Assumes.Length == 0 && !edge.IsMembership);
        return _subjects.Where(subject => (subject.Kind == SubjectKind.ServiceAccount || NamespaceOf(subject) is not null)
            && _graph.Find(subject) is { } place && distance[place] < long.MaxValue);
    }

    /// <summary>The namespace of a ServiceAccount, or of the group of all of a namespace.</summary>
    internal static string? NamespaceOf(Subject subject) => subject.Kind switch
    {
        SubjectKind.ServiceAccount => subject.Namespace,
        SubjectKind.Group when subject.Name.StartsWith(Requester.ServiceAccounts + ":", StringComparison.Ordinal) => subject.Name[(Requester.ServiceAccounts.Length + 1)..],
        _ => null,
    };

    private static List<Edge> Way(int place, Edge?[] next, PathEnd end)
    {
        var edges = new List<Edge>();
        while (place != end.Place && place >= 0 && next[place] is { } edge)
        {
            edges.Add(edge);
            place = edge.To;
        }

        return edges;
    }

    private static Func<Edge, bool> Follows(PathLimits limits) => limits.OnlyCertain ? edge => edge.Assumes.Length == 0 : _ => true;

    // Where somebody begins: at themself and their groups, and with what these give only together.
    private List<Edge> StartOf(Requester who)
    {
        var edges = new List<Edge>();
        Subject[] all = [.. who.Name.Length > 0 ? [Subject.OfUser(who.Name)] : Array.Empty<Subject>(), .. who.Groups.Select(Subject.OfGroup)];
        foreach (var subject in all)
            if (_graph.Find(subject) is { } place) edges.Add(new Edge(-1, place, null, false, [], IsMembership: subject.Kind == SubjectKind.Group));
        if (who.IsMaster) edges.Add(new Edge(-1, _graph.Of(Subject.OfGroup(Requester.Masters)), null, false, [], IsMembership: true));
        edges.AddRange(_combinations.Of(-1, who).Where(edge => edge.To != PathGraph.Nowhere));
        return edges;
    }

    private PathEnd EndOf(PathTarget target)
    {
        if (target.SecretsNamespace is { } space)
            return new PathEnd(_graph.Find(PlaceKind.Secrets, space) ?? _graph.Find(PlaceKind.Secrets)!.Value, [], new PathNode(PathNodeKind.Secrets, space));
        if (target.Act is not { } act) return new PathEnd(_graph.Find(PlaceKind.ClusterAdmin)!.Value, [], new PathNode(PathNodeKind.ClusterAdmin, ""));

        var last = new List<Edge> { new(_graph.Find(PlaceKind.ClusterAdmin)!.Value, -1, EdgeKind.Act, true, []) };
        if (act.IsResource && act.Namespace.Length > 0 && !KindWords.IsClusterScoped(act.ApiGroup, act.Resource) && _graph.Find(PlaceKind.Everything, act.Namespace) is { } everything)
            last.Add(new Edge(everything, -1, null, false, []));
        // Whoever reads every Secret of a namespace reads this one.
        if (act is { ApiGroup: "", Resource: "secrets", Subresource: "", Verb: "get", Namespace.Length: > 0 } && _graph.Find(PlaceKind.Secrets, act.Namespace) is { } secrets)
            last.Add(new Edge(secrets, -1, null, false, []));
        foreach (var (place, role, scope) in _roles)
        {
            if (scope.Length > 0 && (!act.IsResource || scope != act.Namespace)) continue;
            if (Enumerable.Range(0, role.Rules.Length).Where(rule => Evaluator.Allows(role.Rules[rule], act)).Select(rule => (int?)rule).FirstOrDefault() is { } first)
                last.Add(new Edge(place, -1, EdgeKind.Act, true, [new Ground(null, role, first)]));
        }

        return new PathEnd(-1, last, new PathNode(PathNodeKind.Act, act.ToString()));
    }
}

/// <summary>Where paths end: at a place, or by edges that lead out of the graph.</summary>
/// <param name="Place">The place, or -1.</param>
/// <param name="Last">The edges to an end that is no place.</param>
/// <param name="Shown">What a reader sees.</param>
internal sealed record PathEnd(int Place, IReadOnlyList<Edge> Last, PathNode Shown);
