using System.Collections.Frozen;
using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>
/// A state arranged for questions. Rules stay as they are written and are matched, never exploded into single permissions:
/// memory grows with what was read, whatever a role says <c>*</c> to. It does not change and may be shared between threads.
/// </summary>
/// <remarks>
/// Source of the semantics: kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go.
/// </remarks>
public sealed class RbacIndex
{
    private readonly FrozenDictionary<(string Namespace, string Name), RoleObject> _roles;
    // Bindings by the user name or group that they name, the cluster-wide first, each in the order of the state.
    private readonly FrozenDictionary<string, BindingObject[]> _byUser;
    private readonly FrozenDictionary<string, BindingObject[]> _byGroup;
    private readonly FrozenDictionary<(string Namespace, string Name), BindingObject[]> _byRole;
    private readonly FrozenDictionary<(string Namespace, string Name), BindingObject> _bindings;

    /// <summary>Arranges a state. Of two objects with the same name the later counts, as it would if both were applied.</summary>
    public RbacIndex(RbacState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        State = state;
        var roles = new Dictionary<(string, string), RoleObject>(state.Roles.Length);
        foreach (var role in state.Roles) roles[(role.Namespace, role.Name)] = role;
        _roles = roles.ToFrozenDictionary();

        var bindings = new Dictionary<(string, string), BindingObject>(state.Bindings.Length);
        foreach (var binding in state.Bindings) bindings[(binding.Namespace, binding.Name)] = binding;
        _bindings = bindings.ToFrozenDictionary();
        Bindings = [.. bindings.Values.OrderBy(binding => !binding.IsClusterWide)];

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

        (_byUser, _byGroup, _byRole) = (byUser.Frozen(), byGroup.Frozen(), byRole.Frozen());
    }

    /// <summary>What was arranged.</summary>
    public RbacState State { get; }

    /// <summary>Each binding once, the cluster-wide first.</summary>
    public ImmutableArray<BindingObject> Bindings { get; }

    /// <summary>Each role once.</summary>
    public ImmutableArray<RoleObject> Roles => _roles.Values;

    /// <summary>The role that a binding gives, or <see langword="null"/> if it does not exist.</summary>
    public RoleObject? RoleOf(BindingObject binding) => KeyOf(binding) is { } key ? _roles.GetValueOrDefault(key) : null;

    /// <summary>A role by name, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRole.</param>
    /// <param name="name">The name.</param>
    public RoleObject? Role(string namespaceName, string name) => _roles.GetValueOrDefault((namespaceName, name));

    /// <summary>A binding by name, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRoleBinding.</param>
    /// <param name="name">The name.</param>
    public BindingObject? Binding(string namespaceName, string name) => _bindings.GetValueOrDefault((namespaceName, name));

    /// <summary>The bindings that give a role.</summary>
    public ImmutableArray<BindingObject> BindingsOf(RoleObject role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return _byRole.TryGetValue((role.Namespace, role.Name), out var bindings) ? ImmutableArray.Create(bindings) : [];
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
        foreach (var binding in Applying(who))
        {
            if (!Concerns(binding, question) || RoleOf(binding) is not { } role) continue;
            by.AddRange(Allowing(binding, role, question));
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
    /// Whether RoleBindings of every namespace count. Otherwise exactly what the API server would: those of the question's
    /// namespace, and none where it has none.
    /// </param>
    /// <returns>
    /// Sorted by subject. A group that the API server fills by itself is followed by the ServiceAccounts of the state that
    /// are in it.
    /// </returns>
    public ImmutableArray<Holder> WhoCan(AccessQuestion question, bool anywhere = false)
    {
        ArgumentNullException.ThrowIfNull(question);
        var found = new Dictionary<Subject, ImmutableArray<Allowance>.Builder>();
        foreach (var (key, bindings) in _byRole)
        {
            if (!_roles.TryGetValue(key, out var role)) continue;
            var rules = Matching(role, question);
            if (rules.Count == 0) continue;
            foreach (var binding in bindings)
            {
                if (!(anywhere && question.IsResource) && !Concerns(binding, question)) continue;
                foreach (var subject in Distinct(binding))
                {
                    if (!found.TryGetValue(subject, out var via)) found[subject] = via = ImmutableArray.CreateBuilder<Allowance>();
                    foreach (var rule in rules) via.Add(new Allowance(binding, role, rule));
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

    private static ImmutableArray<Allowance> InOrder(ImmutableArray<Allowance>.Builder via)
    {
        via.Sort((x, y) =>
        {
            var order = string.CompareOrdinal(x.Binding.Namespace, y.Binding.Namespace);
            if (order == 0) order = string.CompareOrdinal(x.Binding.Name, y.Binding.Name);
            return order != 0 ? order : x.RuleIndex.CompareTo(y.RuleIndex);
        });
        return via.ToImmutable();
    }

    private IEnumerable<BindingObject> Applying(Requester who)
    {
        var user = Named(_byUser, who.Name);
        var groups = who.Groups.Where(_byGroup.ContainsKey).ToList();
        if (groups.Count == 0) return user;
        var seen = new HashSet<BindingObject>(ReferenceEqualityComparer.Instance);
        return user.Concat(groups.SelectMany(group => _byGroup[group])).Where(seen.Add).OrderBy(binding => !binding.IsClusterWide);
    }

    private static bool Concerns(BindingObject binding, AccessQuestion question) =>
        binding.IsClusterWide || (question.IsResource && question.Namespace.Length > 0 && binding.Namespace == question.Namespace);

    private static IEnumerable<Allowance> Allowing(BindingObject binding, RoleObject role, AccessQuestion question) =>
        Matching(role, question).Select(rule => new Allowance(binding, role, rule));

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

    private static BindingObject[] Named(FrozenDictionary<string, BindingObject[]> index, string name) => index.GetValueOrDefault(name) ?? [];

    // One list per key, without the same binding twice where it names a subject twice.
    private sealed class Groups<TKey> where TKey : notnull
    {
        private readonly Dictionary<TKey, List<BindingObject>> _lists = [];

        internal void Add(TKey key, BindingObject binding)
        {
            if (!_lists.TryGetValue(key, out var list)) _lists[key] = list = [];
            if (list.Count == 0 || !ReferenceEquals(list[^1], binding)) list.Add(binding);
        }

        internal FrozenDictionary<TKey, BindingObject[]> Frozen() => _lists.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToArray());
    }
}
