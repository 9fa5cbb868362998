using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>
/// A state arranged for questions. Rules stay as they are written and are matched, never exploded into single permissions:
/// memory grows with what was read, whatever a role says <c>*</c> to. It does not change and may be shared between threads.
/// </summary>
/// <remarks>
/// Source of the semantics: kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go.
/// </remarks>
public sealed partial class RbacIndex
{
    private readonly Dictionary<(string Namespace, string Name), RoleObject> _roles;
    // Bindings by the user name or group that they name, and by the role; each list in the order of Bindings.
    private readonly Dictionary<string, BindingObject[]> _byUser;
    private readonly Dictionary<string, BindingObject[]> _byGroup;
    private readonly Dictionary<(string Namespace, string Name), BindingObject[]> _byRole;
    // Roles that exist and that somebody has, by namespace; ClusterRoles under the empty one.
    private readonly ILookup<string, RoleObject> _bound;
    private readonly HashSet<(string ApiGroup, string Resource)> _clusterScoped;

    /// <summary>Arranges a state. Of two objects with the same name the later counts, as it would if both were applied.</summary>
    public RbacIndex(RbacState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        State = state;
        _roles = new(state.Roles.Length);
        foreach (var role in state.Roles) _roles[(role.Namespace, role.Name)] = role;
        Roles = [.. _roles.Values];

        var bindings = new Dictionary<(string, string), BindingObject>(state.Bindings.Length);
        foreach (var binding in state.Bindings) bindings[(binding.Namespace, binding.Name)] = binding;
        var ordered = bindings.Values.ToArray();
        // By namespace, so that those of one are found without a look at the others; the cluster-wide have none and come first.
        Array.Sort(ordered, static (x, y) => string.CompareOrdinal(x.Namespace, y.Namespace) is not 0 and var order ? order : string.CompareOrdinal(x.Name, y.Name));
        Bindings = ImmutableCollectionsMarshal.AsImmutableArray(ordered);

        var (byUser, byGroup, byRole) = (new Groups<string>(), new Groups<string>(), new Groups<(string, string)>());
        foreach (var binding in Bindings)
        {
            if (KeyOf(binding) is { } key) byRole.Add(key, binding);
            foreach (var subject in binding.Subjects)
            {
                if (subject.Means(binding.Namespace) is not { } who) continue;
                if (who.Kind == SubjectKind.Group) byGroup.Add(who.Name, binding);
                else byUser.Add(who.UserName, binding);
            }
        }

        (_byUser, _byGroup, _byRole) = (byUser.Arrays(), byGroup.Arrays(), byRole.Arrays());
        _bound = _byRole.Keys.Where(_roles.ContainsKey).Select(key => _roles[key]).ToLookup(role => role.Namespace, StringComparer.Ordinal);
        _clusterScoped = [.. state.Served.Where(kind => !kind.Namespaced).Select(kind => (kind.ApiGroup, kind.Resource))];
    }

    /// <summary>What was arranged.</summary>
    public RbacState State { get; }

    /// <summary>Each binding once, the cluster-wide first, then by namespace; by name among those.</summary>
    public ImmutableArray<BindingObject> Bindings { get; }

    /// <summary>Each role once.</summary>
    public ImmutableArray<RoleObject> Roles { get; }

    /// <summary>A binding by name, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRoleBinding.</param>
    /// <param name="name">The name.</param>
    public BindingObject? Binding(string namespaceName, string name)
    {
        var (low, high) = (0, Bindings.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(Bindings[middle].Namespace, namespaceName);
            if (order == 0) order = string.CompareOrdinal(Bindings[middle].Name, name);
            if (order == 0) return Bindings[middle];
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return null;
    }

    /// <summary>The role that a binding gives, or <see langword="null"/> if it does not exist.</summary>
    public RoleObject? RoleOf(BindingObject binding) => KeyOf(binding) is { } key ? _roles.GetValueOrDefault(key) : null;

    /// <summary>A role by name, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRole.</param>
    /// <param name="name">The name.</param>
    public RoleObject? Role(string namespaceName, string name) => _roles.GetValueOrDefault((namespaceName, name));

    /// <summary>The bindings that give a role.</summary>
    public ImmutableArray<BindingObject> BindingsOf(RoleObject role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return _byRole.TryGetValue((role.Namespace, role.Name), out var bindings) ? ImmutableCollectionsMarshal.AsImmutableArray(bindings) : [];
    }

    /// <summary>
    /// Whether a request is allowed, and by what: all ClusterRoleBindings, then the RoleBindings of the request's namespace.
    /// A request for a URL, or without a namespace, sees ClusterRoleBindings alone.
    /// </summary>
    public Authorization Authorize(Requester who, AccessQuestion question)
    {
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(question);
        var by = ImmutableArray.CreateBuilder<Allowance>();
        foreach (var binding in Applying(who, question.IsResource ? question.Namespace : ""))
        {
            if (RoleOf(binding) is not { } role) continue;
            foreach (var rule in Matching(role, question)) by.Add(new Allowance(binding, role, rule));
        }

        return new Authorization(who.IsMaster || by.Count > 0, by.ToImmutable(), who.IsMaster);
    }

    /// <summary>Every binding that applies to somebody, wherever: what they have.</summary>
    public ImmutableArray<Holding> WhatCan(Requester who)
    {
        ArgumentNullException.ThrowIfNull(who);
        var seen = new HashSet<BindingObject>(ReferenceEqualityComparer.Instance);
        var user = Subject.OfUser(who.Name);
        IEnumerable<(Subject Through, BindingObject Binding)> all =
            [.. Named(_byUser, who.Name).Select(binding => (user, binding)),
                .. who.Groups.SelectMany(group => Named(_byGroup, group).Select(binding => (Subject.OfGroup(group), binding)))];
        return [.. all.Where(found => seen.Add(found.Binding)).Select(found => new Holding(found.Binding, RoleOf(found.Binding), found.Through))];
    }

    /// <summary>
    /// Who can do this. Who belongs to a group or to <c>system:masters</c> is known to the cluster's authenticator alone and
    /// is not listed; the groups are.
    /// </summary>
    /// <param name="question">What.</param>
    /// <param name="anywhere">
    /// Whether RoleBindings of every namespace count, if the resource lives in namespaces. Otherwise exactly what the API
    /// server would: those of the question's namespace, and none where it has none.
    /// </param>
    /// <returns>
    /// Sorted by subject. A group that the API server fills by itself is followed by the ServiceAccounts of the state that
    /// are in it.
    /// </returns>
    public ImmutableArray<Holder> WhoCan(AccessQuestion question, bool anywhere = false)
    {
        ArgumentNullException.ThrowIfNull(question);
        var found = new Dictionary<Subject, List<Allowance>>();
        var everywhere = anywhere && LivesInNamespaces(question);
        // A Role of another namespace is not worth a look at its rules.
        var roles = everywhere ? _bound.SelectMany(inside => inside) : question.Namespace.Length == 0 ? _bound[""] : _bound[""].Concat(_bound[question.Namespace]);
        foreach (var role in roles)
        {
            var rules = Matching(role, question);
            if (rules.Count == 0) continue;
            foreach (var binding in _byRole[(role.Namespace, role.Name)])
            {
                if (!everywhere && !Concerns(binding, question)) continue;
                Allowance[] ways = [.. rules.Select(rule => new Allowance(binding, role, rule))];
                foreach (var subject in Distinct(binding))
                {
                    if (!found.TryGetValue(subject, out var via)) found[subject] = via = [];
                    via.AddRange(ways);
                }
            }
        }

        var direct = found.ToDictionary(entry => entry.Key, entry => InOrder(entry.Value));
        return [.. direct.Select(entry => new Holder(entry.Key, entry.Value)).Concat(ImplicitMembers(direct)).OrderBy(holder => holder.Subject, SubjectOrder.Instance).ThenBy(holder => holder.Through, StringComparer.Ordinal)];
    }

    /// <summary>The subjects that bindings name, each once, sorted.</summary>
    public ImmutableArray<Subject> Subjects() =>
        [.. _byUser.Keys.Select(Subject.OfUser).Concat(_byGroup.Keys.Select(Subject.OfGroup)).Order(SubjectOrder.Instance)];

    // Implicit groups are filled by the API server, so their ServiceAccounts are known.
    private IEnumerable<Holder> ImplicitMembers(Dictionary<Subject, ImmutableArray<Allowance>> direct)
    {
        var groups = direct.Where(entry => entry.Key.Kind == SubjectKind.Group).ToDictionary(entry => entry.Key.Name, entry => entry.Value, StringComparer.Ordinal);
        if (groups.Count == 0) yield break;
        foreach (var account in State.ServiceAccounts)
        {
            foreach (var group in Requester.ImplicitGroups(account.Subject))
                if (groups.TryGetValue(group, out var via)) yield return new Holder(account.Subject, via, group);
        }
    }

    private static ImmutableArray<Allowance> InOrder(IEnumerable<Allowance> ways)
    {
        var sorted = ways.ToArray();
        Array.Sort(sorted, static (x, y) =>
        {
            var order = string.CompareOrdinal(x.Binding.Namespace, y.Binding.Namespace);
            if (order == 0) order = string.CompareOrdinal(x.Binding.Name, y.Binding.Name);
            return order != 0 ? order : x.RuleIndex.CompareTo(y.RuleIndex);
        });
        return ImmutableCollectionsMarshal.AsImmutableArray(sorted);
    }

    // Each once, the cluster-wide first, then those of the namespace if there is one.
    private IEnumerable<BindingObject> Applying(Requester who, string namespaceName)
    {
        BindingObject[][] lists = [Named(_byUser, who.Name), .. who.Groups.Select(group => Named(_byGroup, group)).Where(list => list.Length > 0)];
        var clusterWide = lists.SelectMany(list => Of(list, ""));
        var all = namespaceName.Length == 0 ? clusterWide : clusterWide.Concat(lists.SelectMany(list => Of(list, namespaceName)));
        return lists.Length == 1 ? all : all.Distinct(ReferenceEqualityComparer.Instance).Cast<BindingObject>();
    }

    private static ArraySegment<BindingObject> Of(BindingObject[] list, string namespaceName)
    {
        var start = FirstNotBefore(list, namespaceName);
        var end = start;
        while (end < list.Length && list[end].Namespace == namespaceName) end++;
        return new ArraySegment<BindingObject>(list, start, end - start);
    }

    private static int FirstNotBefore(BindingObject[] list, string namespaceName)
    {
        var (low, high) = (0, list.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(list[middle].Namespace, namespaceName) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static bool Concerns(BindingObject binding, AccessQuestion question) =>
        binding.IsClusterWide || (question.IsResource && question.Namespace.Length > 0 && binding.Namespace == question.Namespace);

    // Whether a RoleBinding of some namespace can give it. What a cluster itself says of its kinds goes before what is known of Kubernetes.
    private bool LivesInNamespaces(AccessQuestion question) =>
        question.IsResource
        && (question.Verb is "bind" or "use"
            || (question.ApiGroup, question.Resource) is ("", "namespaces")
            || !(_clusterScoped.Contains((question.ApiGroup, question.Resource)) || KindWords.IsClusterScoped(question.ApiGroup, question.Resource)));

    private static List<int> Matching(RoleObject role, AccessQuestion question)
    {
        var rules = new List<int>();
        for (var i = 0; i < role.Rules.Length; i++)
            if (Evaluator.Allows(role.Rules[i], question)) rules.Add(i);
        return rules;
    }

    private static IEnumerable<Subject> Distinct(BindingObject binding) =>
        binding.Subjects.Select(subject => subject.Means(binding.Namespace)).OfType<Subject>().Distinct();

    private static (string, string)? KeyOf(BindingObject binding) => binding.Role.Kind switch
    {
        "ClusterRole" => ("", binding.Role.Name),
        "Role" when !binding.IsClusterWide => (binding.Namespace, binding.Role.Name),
        _ => null,
    };

    private static BindingObject[] Named(Dictionary<string, BindingObject[]> index, string name) => index.GetValueOrDefault(name) ?? [];

    // One list per key, without the same binding twice where it names a subject twice.
    private sealed class Groups<TKey> where TKey : notnull
    {
        private readonly Dictionary<TKey, List<BindingObject>> _lists = [];

        internal void Add(TKey key, BindingObject binding)
        {
            if (!_lists.TryGetValue(key, out var list)) _lists[key] = list = [];
            if (list.Count == 0 || !ReferenceEquals(list[^1], binding)) list.Add(binding);
        }

        internal Dictionary<TKey, BindingObject[]> Arrays() => _lists.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());
    }
}
