using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>Makes the steps that a reader sees out of edges: the places between, and what somebody holds, belong to a step.</summary>
internal static class PathFolding
{
    internal static AttackPath Fold(PathGraph graph, PathNode from, IReadOnlyList<Edge> edges, PathNode end)
    {
        var steps = ImmutableArray.CreateBuilder<PathStep>();
        var step = new Step(from);
        BindingObject? holding = null;
        Subject? group = null;
        for (var i = 0; i < edges.Count; i++)
        {
            var edge = edges[i];
            if (edge.IsHolding)
            {
                holding = edge.Grounds[0].Binding;
                continue;
            }

            if (edge.IsMembership)
            {
                group = graph.Shown(edge.To)?.Subject;
                continue;
            }

            if (edge.IsStep)
            {
                if (step.Kind is not null)
                {
                    steps.Add(step.Done());
                    step = new Step(step.To ?? step.From);
                }

                step.Begin(edge, holding, group);
                (holding, group) = (null, null);
            }
            else if (edge.Kind is { } kind && step.Kind is not null)
            {
                step.Kind = kind;
            }

            if (edge.Assumes.Length > 0) step.Assumes.Add(edge.Assumes);
            if (i == edges.Count - 1) step.To = end;
            else if (graph.Shown(edge.To) is { } shown && (step.Kind is not null || shown.Kind == PathNodeKind.Subject)) step.Pass(shown);
        }

        if (step.Kind is not null) steps.Add(step.Done());
        return new AttackPath(steps.ToImmutable());
    }

    private sealed class Step(PathNode from)
    {
        private readonly List<Allowance> _by = [];
        private Subject? _through;

        internal PathNode From { get; } = from;

        internal PathNode? To { get; set; }

        internal EdgeKind? Kind { get; set; }

        internal List<string> Assumes { get; } = [];

        internal void Begin(Edge edge, BindingObject? holding, Subject? group)
        {
            (Kind, _through) = (edge.Kind, group);
            foreach (var ground in edge.Grounds)
                if ((ground.Binding ?? holding) is { } binding && ground.Role is { } role) _by.Add(new Allowance(binding, role, ground.Rule));
        }

        internal void Pass(PathNode shown)
        {
            if (Kind is not null) To = shown;
        }

        internal PathStep Done()
        {
            var to = To ?? From;
            var by = _by.ToImmutableArray();
            var assumes = string.Join(", and ", Assumes.Distinct());
            return new PathStep(From, Kind!.Value, to, by, StepWords.Of(From, Kind.Value, to, by, _through, assumes), assumes);
        }
    }
}
