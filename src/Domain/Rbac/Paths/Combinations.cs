using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>
/// What somebody can do by two or three rights together, which may come from different bindings: <c>bind</c> and writing
/// bindings, <c>escalate</c> and writing roles. Without the first the API server lets nobody give more than they have, so
/// writing bindings or roles alone leads nowhere.
/// </summary>
internal sealed class Combinations
{
    private const string ApiClient = "kubernetes.io/kube-apiserver-client";

    private readonly RbacIndex _index;
    private readonly PathGraph _graph;
    private readonly IReadOnlyCollection<string> _namespaces;
    private readonly Func<RoleObject, string, RoleAbilities> _abilities;
    private readonly Func<RoleObject, string, int> _roleAt;

    internal Combinations(RbacIndex index, PathGraph graph, IReadOnlyCollection<string> namespaces, Func<RoleObject, string, RoleAbilities> abilities, Func<RoleObject, string, int> roleAt) =>
        (_index, _graph, _namespaces, _abilities, _roleAt) = (index, graph, namespaces, abilities, roleAt);

    /// <summary>The steps that somebody can go by rights of several bindings, those of their groups among them.</summary>
    /// <param name="from">Their place.</param>
    /// <param name="who">Who they are.</param>
    internal IEnumerable<Edge> Of(int from, Requester who)
    {
        var (held, roles) = (new Held(), new List<HeldRole>());
        foreach (var holding in _index.WhatCan(who))
        {
            if (holding.Role is not { } role) continue;
            // Who has everything needs no combination.
            if (holding.Binding.IsClusterWide && _abilities(role, "").Wholly is [{ Kind: Whole.Everything }]) return [];
            roles.Add(new HeldRole(role, holding.Binding.Namespace, holding.Binding));
            foreach (var half in _abilities(role, holding.Binding.Namespace).Partly) held.Add(half, holding.Binding, role, holding.Binding.Namespace);
        }

        // What one binding gives by itself begins at its role.
        return held.IsEmpty ? [] : Steps(from, held, roles).Where(edge => edge.Kind is EdgeKind.EscalateRole or EdgeKind.AggregateRole || !IsOfOne(edge.Grounds.Select(ground => ground.Binding)));
    }

    /// <summary>The steps that a role leads to by itself, whoever holds it.</summary>
    internal IEnumerable<Edge> Of(int from, RoleObject role, string scope)
    {
        var held = new Held();
        foreach (var half in _abilities(role, scope).Partly) held.Add(half, null, role, scope);
        return held.IsEmpty ? [] : Steps(from, held, [new HeldRole(role, scope, null)]);
    }

    private static bool IsOfOne(IEnumerable<BindingObject?> bindings) => bindings.Distinct(ReferenceEqualityComparer.Instance).Count() == 1;

    private IEnumerable<Edge> Steps(int from, Held held, List<HeldRole> roles) =>
    [
        .. Binds(from, held), .. Escalates(from, held, roles), .. Certificates(from, held), .. Impersonates(from, held),
        .. Scoped(from, held, Half.CreateSecrets, Half.ReadSecrets, EdgeKind.MintTokenSecret, scope => _graph.Place(PlaceKind.Accounts, scope)),
        .. MountsDisk(from, held),
        .. Scoped(from, held, Half.LabelNamespaces, Half.CreatePods, EdgeKind.LiftPodSecurity, _ => _graph.Place(PlaceKind.Nodes), "no other admission policy forbids privileged Pods"),
        .. Attracts(from, held), .. Rewrites(from, held),
    ];

    private IEnumerable<Edge> Binds(int from, Held held)
    {
        foreach (var bind in held.All(Half.BindClusterRoles))
        {
            foreach (var write in held.All(Half.WriteClusterRoleBindings).Where(_ => bind.Scope.Length == 0))
                foreach (var to in Bound(bind, write, "", "ClusterRole", () => _graph.Place(PlaceKind.ClusterAdmin))) yield return Step(from, to, EdgeKind.BindRole, [bind, write]);
            foreach (var (scope, write) in held.Meeting(bind.Scope, Half.WriteRoleBindings))
                foreach (var to in Bound(bind, write, scope, "ClusterRole", () => _graph.Place(PlaceKind.Everything, scope))) yield return Step(from, to, EdgeKind.BindRole, [bind, write]);
        }

        foreach (var bind in held.All(Half.BindRoles))
        {
            foreach (var (scope, write) in held.Meeting(bind.Scope, Half.WriteRoleBindings))
                foreach (var to in Bound(bind, write, scope, "Role", () => _graph.Place(PlaceKind.Roles, scope))) yield return Step(from, to, EdgeKind.BindRole, [bind, write]);
        }
    }

    // Where bindings are named, only the roles that these give already can be taken, since a binding's role never changes.
    private IEnumerable<int> Bound(HeldHalf bind, HeldHalf write, string scope, string kind, Func<int> anyRole)
    {
        var clusterWide = write.Half == Half.WriteClusterRoleBindings;
        if (!write.Names.IsEmpty)
        {
            foreach (var name in write.Names)
                foreach (var space in clusterWide ? [""] : Spaces(scope))
                    if (_index.Binding(space, name) is { } binding && binding.Role.Kind == kind && bind.Allows(binding.Role.Name) && _index.RoleOf(binding) is { } role)
                        yield return _roleAt(role, space);
        }
        else if (bind.Names.IsEmpty)
        {
            yield return anyRole();
        }
        else
        {
            foreach (var space in clusterWide ? [""] : Spaces(scope))
                foreach (var role in bind.Names.Select(name => _index.Role(kind == "Role" ? space : "", name)).OfType<RoleObject>()) yield return _roleAt(role, space);
        }
    }

    private IEnumerable<string> Spaces(string scope) => scope.Length > 0 ? [scope] : _namespaces;

    private IEnumerable<Edge> Escalates(int from, Held held, List<HeldRole> roles)
    {
        foreach (var escalate in held.All(Half.EscalateClusterRoles))
        {
            foreach (var (role, scope, through) in roles.Where(one => one.Role.IsClusterRole && escalate.Allows(one.Role.Name)))
            {
                if (held.All(Half.ChangeClusterRoles).FirstOrDefault(one => one.Allows(role.Name)) is { } change && Adds(escalate, change, through))
                    yield return Step(from, Reached(scope), EdgeKind.EscalateRole, [escalate, change]);
            }

            if (!escalate.Names.IsEmpty || held.Widest(Half.CreateClusterRoles) is not { } create) continue;
            foreach (var (_, scope, _) in roles.Where(one => !one.Role.Aggregates.IsEmpty && Adds(escalate, create, one.Through)))
                yield return Step(from, Reached(scope), EdgeKind.AggregateRole, [escalate, create]);
        }

        foreach (var escalate in held.All(Half.EscalateRoles))
        {
            foreach (var (role, scope, through) in roles.Where(one => !one.Role.IsClusterRole && escalate.IsIn(one.Scope) && escalate.Allows(one.Role.Name)))
            {
                if (held.All(Half.ChangeRoles).FirstOrDefault(one => one.IsIn(scope) && one.Allows(role.Name)) is { } change && Adds(escalate, change, through))
                    yield return Step(from, Reached(scope), EdgeKind.EscalateRole, [escalate, change]);
            }
        }
    }

    // What one binding gives by itself begins at its role.
    private static bool Adds(HeldHalf first, HeldHalf second, BindingObject? third) => third is null || !IsOfOne([first.Binding, second.Binding, third]);

    private int Reached(string scope) => scope.Length == 0 ? _graph.Place(PlaceKind.ClusterAdmin) : _graph.Place(PlaceKind.Everything, scope);

    private IEnumerable<Edge> Certificates(int from, Held held)
    {
        if (held.Widest(Half.CreateRequests) is { } create && held.Widest(Half.ApproveRequests) is { } approve
            && held.All(Half.ApproveForSigner).FirstOrDefault(one => one.Names.IsEmpty || one.Names.Contains(ApiClient) || one.Names.Contains("kubernetes.io/*")) is { } signer)
            yield return Step(from, _graph.Place(PlaceKind.Certificates), EdgeKind.SignCertificate, [create, approve, signer]);
    }

    // A group can be impersonated only together with somebody.
    private IEnumerable<Edge> Impersonates(int from, Held held)
    {
        if (held.All(Half.ImpersonateSomebody).FirstOrDefault() is not { } somebody) yield break;
        foreach (var groups in held.All(Half.ImpersonateGroups))
        {
            if (groups.Names.IsEmpty) yield return Step(from, _graph.Place(PlaceKind.Groups), EdgeKind.Impersonate, [groups, somebody]);
            foreach (var name in groups.Names)
                if (_graph.Find(Subject.OfGroup(name)) is { } place) yield return Step(from, place, EdgeKind.Impersonate, [groups, somebody]);
        }
    }

    private IEnumerable<Edge> MountsDisk(int from, Held held)
    {
        if (held.Widest(Half.CreateVolumes) is { } volumes && held.All(Half.CreatePods).FirstOrDefault() is { } pods)
            yield return Step(from, _graph.Place(PlaceKind.Nodes), EdgeKind.MountNodeDisk, [volumes, pods]);
    }

    private IEnumerable<Edge> Attracts(int from, Held held)
    {
        if (held.Widest(Half.ChangeNodes) is not { } nodes) yield break;
        foreach (var delete in held.All(Half.DeletePods))
            yield return Step(from, _graph.Place(PlaceKind.RunningPods, delete.Scope), EdgeKind.AttractPods, [nodes, delete], "one node is under control already");
    }

    private IEnumerable<Edge> Rewrites(int from, Held held)
    {
        if (held.Widest(Half.WriteMutatingPolicies) is { } policies && held.Widest(Half.WriteMutatingPolicyBindings) is { } bindings)
            yield return Step(from, _graph.Place(PlaceKind.NewPods), EdgeKind.RewriteRequests, [policies, bindings]);
    }

    private static IEnumerable<Edge> Scoped(int from, Held held, Half first, Half second, EdgeKind kind, Func<string, int> to, string assumes = "")
    {
        foreach (var one in held.All(first))
        {
            if (first == Half.LabelNamespaces && one.Scope.Length > 0 && !one.Allows(one.Scope)) continue;
            foreach (var (scope, other) in held.Meeting(one.Scope, second)) yield return Step(from, to(scope), kind, [one, other], assumes);
        }
    }

    private static Edge Step(int from, int to, EdgeKind kind, HeldHalf[] by, string assumes = "") =>
        new(from, to, kind, true, [.. by.Select(half => new Ground(half.Binding, half.Role, half.Rule))], assumes);

    /// <summary>A role that somebody has, where, and through what.</summary>
    private sealed record HeldRole(RoleObject Role, string Scope, BindingObject? Through);

    /// <summary>A half, and what gives it; no binding where the role is only there to be taken.</summary>
    private sealed record HeldHalf(Half Half, string Scope, ImmutableArray<string> Names, BindingObject? Binding, RoleObject Role, int Rule)
    {
        internal bool Allows(string name) => Names.IsEmpty || Names.Contains(name);

        internal bool IsIn(string space) => Scope.Length == 0 || Scope == space;
    }

    /// <summary>The halves that somebody has: of each the one for any name in each scope, and those for names.</summary>
    private sealed class Held
    {
        private static readonly Dictionary<string, HeldHalf> None = [];

        private readonly Dictionary<Half, Dictionary<string, HeldHalf>> _halves = [];

        internal bool IsEmpty => _halves.Count == 0;

        internal void Add(Ability<Half> half, BindingObject? binding, RoleObject role, string scope)
        {
            if (!_halves.TryGetValue(half.Kind, out var scopes)) _halves[half.Kind] = scopes = new(StringComparer.Ordinal);
            var found = new HeldHalf(half.Kind, scope, half.Names, binding, role, half.Rule);
            if (!scopes.TryGetValue(scope, out var known)) scopes[scope] = found;
            else if (!known.Names.IsEmpty) scopes[scope] = half.Names.IsEmpty ? found : known with { Names = [.. known.Names.Union(half.Names)] };
        }

        internal Dictionary<string, HeldHalf>.ValueCollection All(Half half) => _halves.GetValueOrDefault(half, None).Values;

        internal HeldHalf? Widest(Half half) => _halves.TryGetValue(half, out var scopes) ? scopes.GetValueOrDefault("") : null;

        /// <summary>Where a scope and this half meet: of two scopes the narrower one.</summary>
        internal IEnumerable<(string Scope, HeldHalf With)> Meeting(string scope, Half half)
        {
            if (!_halves.TryGetValue(half, out var scopes)) return [];
            if (scope.Length == 0) return scopes.TryGetValue("", out var wide) && wide.Names.IsEmpty ? [("", wide)] : scopes.Values.Select(one => (one.Scope, one));
            return new[] { scopes.GetValueOrDefault(scope), scopes.GetValueOrDefault("") }.OfType<HeldHalf>().Select(one => (scope, one));
        }
    }
}
