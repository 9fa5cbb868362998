using System.Collections.Frozen;
using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>
/// The roles and bindings that every cluster has: the baseline, which is no finding. They are known by name and content; the
/// label <c>kubernetes.io/bootstrapping</c> is not looked at, since anybody can set it.
/// </summary>
public static partial class KubernetesDefaults
{
    private const string ControllerPrefix = "system:controller:";
    private const string AggregatePrefix = "rbac.authorization.k8s.io/";
    private static readonly FrozenDictionary<(string Namespace, string Name), RoleObject> RolesByName;
    private static readonly FrozenDictionary<(string Namespace, string Name), BindingObject> BindingsByName;
    private static readonly RbacState Bootstrapped;

    static KubernetesDefaults()
    {
        var (roles, bindings) = (new List<RoleObject>(), new List<BindingObject>());
        var (bootRoles, bootBindings) = (0, 0);
        foreach (var line in Text.Split('\n'))
        {
            if (line[0] == '#') (bootRoles, bootBindings) = (roles.Count, bindings.Count);
            else if (line.Contains(" = ", StringComparison.Ordinal)) bindings.Add(Binding(line));
            else if (line[0] != ' ') roles.Add(RoleLine(line));
            else roles[^1] = roles[^1] with { Rules = roles[^1].Rules.Add(Rule(line.Trim())) };
        }

        BindingObject[] controllers =
            [.. roles.Where(role => role.IsClusterRole && role.Name.StartsWith(ControllerPrefix, StringComparison.Ordinal)).Select(role => new BindingObject
            {
                Name = role.Name,
                Role = new("ClusterRole", role.Name),
                Subjects = [new("ServiceAccount", role.Name[ControllerPrefix.Length..], "kube-system")],
            })];
        Bootstrapped = Aggregation.Computed(new RbacState { Roles = [.. roles.Take(bootRoles)], Bindings = [.. bindings.Take(bootBindings), .. controllers] });
        RolesByName = Bootstrapped.Roles.Concat(roles.Skip(bootRoles)).ToFrozenDictionary(role => (role.Namespace, role.Name));
        BindingsByName = bindings.Concat(controllers).ToFrozenDictionary(binding => (binding.Namespace, binding.Name));
    }

    /// <summary>A default role with the rules of all known versions together, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRole.</param>
    /// <param name="name">The name.</param>
    public static RoleObject? Role(string namespaceName, string name) => RolesByName.GetValueOrDefault((namespaceName, name));

    /// <summary>A default binding with its default subjects, or <see langword="null"/>.</summary>
    /// <param name="namespaceName">The namespace; empty for a ClusterRoleBinding.</param>
    /// <param name="name">The name.</param>
    public static BindingObject? Binding(string namespaceName, string name) => BindingsByName.GetValueOrDefault((namespaceName, name));

    /// <summary>Whether this very subject has this very role by a default binding.</summary>
    public static bool Gives(BindingObject binding, Subject subject)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return Binding(binding.Namespace, binding.Name) is { } known
            && known.Role == binding.Role
            && known.Subjects.Any(one => one.Means(known.Namespace) == subject);
    }

    /// <summary>
    /// Which rules of a role give more than a default role of its name does in any known version: all of them if it is none.
    /// </summary>
    public static ImmutableArray<int> Beyond(RoleObject role)
    {
        ArgumentNullException.ThrowIfNull(role);
        var all = Enumerable.Range(0, role.Rules.Length);
        return Role(role.Namespace, role.Name) is { } known ? [.. all.Where(rule => IsBeyond(known, role.Rules[rule]))] : [.. all];
    }

    /// <summary>
    /// The state as a cluster would have it: with the default roles and bindings that it lacks, and aggregated roles computed.
    /// For manifests, where these are never written down. What a cluster itself was read from is returned as it is.
    /// </summary>
    public static RbacState Completed(RbacState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsWhole("clusterroles") && state.IsWhole("clusterrolebindings")) return state;
        var roles = state.Roles.Select(role => (role.Namespace, role.Name)).ToHashSet();
        var bindings = state.Bindings.Select(binding => (binding.Namespace, binding.Name)).ToHashSet();
        return Aggregation.Computed(state with
        {
            Roles = [.. state.Roles, .. Bootstrapped.Roles.Where(role => !roles.Contains((role.Namespace, role.Name)))],
            Bindings = [.. state.Bindings, .. Bootstrapped.Bindings.Where(binding => !bindings.Contains((binding.Namespace, binding.Name)))],
        });
    }

    // A rule that comes to more single permissions than anybody writes by hand is not Kubernetes' own.
    private static bool IsBeyond(RoleObject known, PolicyRule rule) =>
        Atoms(rule) > RuleAtoms.Max || Escalation.Uncovered(known.Rules, [rule]).Count > 0;

    private static double Atoms(PolicyRule rule) =>
        (double)rule.Verbs.Length * ((double)rule.ApiGroups.Length * rule.Resources.Length * Math.Max(1, rule.ResourceNames.Length) + rule.NonResourceUrls.Length);

    private static RoleObject RoleLine(string line)
    {
        var parts = line.Split(' ');
        var (space, name) = Place(parts[1]);
        var role = new RoleObject { Namespace = space, Name = name };
        foreach (var mark in parts.Skip(2))
        {
            var label = RbacObject.NoTexts.Add(AggregatePrefix + mark[1..], "true");
            role = mark[0] == '<' ? role with { Aggregates = [new LabelSelector { MatchLabels = label }] } : role with { Labels = label };
        }

        return role;
    }

    private static PolicyRule Rule(string line)
    {
        var parts = line.Split(' ');
        ImmutableArray<string> verbs = parts[0] switch
        {
            "all" => ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            "write" => ["create", "delete", "deletecollection", "patch", "update"],
            "read" => ["get", "list", "watch"],
            var listed => [.. listed.Split(',')],
        };
        if (parts[1] == "url") return new PolicyRule { Verbs = verbs, NonResourceUrls = [.. parts[2].Split(',')] };
        return new PolicyRule
        {
            Verbs = verbs,
            ApiGroups = [.. parts[1].Split(',').Select(group => group == "core" ? "" : group)],
            Resources = [.. parts[2].Split(',')],
            ResourceNames = parts.Length > 3 ? [.. parts[3][1..].Split(',')] : [],
        };
    }

    private static BindingObject Binding(string line)
    {
        var parts = line.Split("; ");
        var (head, role) = (parts[0].Split(" = ")[0].Split(' '), parts[0].Split(" = ")[1].Split(' '));
        var (space, name) = Place(head[1]);
        return new BindingObject { Namespace = space, Name = name, Role = new(role[0], role[1]), Subjects = [.. parts.Skip(1).Select(SubjectOf)] };
    }

    private static BindingSubject SubjectOf(string text)
    {
        var parts = text.Split(' ');
        var (space, name) = parts[0] == "ServiceAccount" ? Place(parts[1]) : ("", parts[1]);
        return new BindingSubject(parts[0], name, space);
    }

    private static (string Namespace, string Name) Place(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", text) : (text[..slash], text[(slash + 1)..]);
    }
}
