using System.Collections.Immutable;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Tests.Rbac;

/// <summary>Short ways to write a state down.</summary>
internal static class States
{
    internal static RbacIndex Index(params RbacObject[] objects) => new(Of(objects));

    internal static RbacState Of(params RbacObject[] objects) => new()
    {
        Roles = [.. objects.OfType<RoleObject>()],
        Bindings = [.. objects.OfType<BindingObject>()],
        ServiceAccounts = [.. objects.OfType<ServiceAccountObject>()],
    };

    /// <summary>Rules as <c>verbs|groups|resources|names</c>, with a dash for the empty text; or <c>verbs|/url</c>.</summary>
    internal static ImmutableArray<PolicyRule> Rules(params string[] rules) => [.. rules.Select(Rule)];

    internal static PolicyRule Rule(string rule)
    {
        ImmutableArray<string>[] parts = [.. rule.Split('|').Select(part => part.Length == 0 ? [] : part.Split(',').Select(text => text == "-" ? "" : text).ToImmutableArray())];
        return parts.Length == 2
            ? new PolicyRule { Verbs = parts[0], NonResourceUrls = parts[1] }
            : new PolicyRule { Verbs = parts[0], ApiGroups = parts[1], Resources = parts[2], ResourceNames = parts.Length > 3 ? parts[3] : [] };
    }

    internal static RoleObject ClusterRole(string name, params string[] rules) => new() { Name = name, Rules = Rules(rules) };

    internal static RoleObject Role(string namespaceName, string name, params string[] rules) => new() { Namespace = namespaceName, Name = name, Rules = Rules(rules) };

    internal static RoleObject Labelled(this RoleObject role, string key, string value = "true") => role with { Labels = role.Labels.SetItem(key, value) };

    internal static RoleObject Aggregating(string name, params string[] labels) => new()
    {
        Name = name,
        Aggregates = [.. labels.Select(label => new LabelSelector { MatchLabels = RbacObject.NoTexts.Add(label, "true") })],
    };

    internal static BindingObject ClusterBinding(string name, string role, params BindingSubject[] subjects) =>
        new() { Name = name, Role = new("ClusterRole", role), Subjects = [.. subjects] };

    internal static BindingObject Binding(string namespaceName, string name, string kind, string role, params BindingSubject[] subjects) =>
        new() { Namespace = namespaceName, Name = name, Role = new(kind, role), Subjects = [.. subjects] };

    internal static BindingSubject User(string name) => new("User", name);

    internal static BindingSubject Group(string name) => new("Group", name);

    internal static BindingSubject Account(string name, string namespaceName = "") => new("ServiceAccount", name, namespaceName);

    internal static ServiceAccountObject ServiceAccount(string namespaceName, string name) => new() { Namespace = namespaceName, Name = name };
}
