using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Benchmarks.Rbac;

/// <summary>
/// A cluster of so many bindings as large installations have them: half as many roles, 300 custom resources with a group each, most
/// rights in namespaces, some cluster-wide, a few grave. The same size is the same state.
/// </summary>
internal static class BigCluster
{
    private const int CustomResources = 300;

    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "update", "patch", "delete"];
    private static readonly string[] Core = ["pods", "pods/log", "pods/exec", "configmaps", "secrets", "services", "endpoints", "events", "persistentvolumeclaims", "serviceaccounts"];
    private static readonly string[] Apps = ["deployments", "deployments/scale", "statefulsets", "daemonsets", "replicasets"];

    /// <summary>Makes it.</summary>
    /// <param name="bindings">How many bindings.</param>
    /// <param name="prefix">What every name begins with.</param>
    /// <param name="privileged">The namespace that the questions are about.</param>
    public static RbacState Of(int bindings, string prefix = "big", string privileged = "kube-system")
    {
        var random = new Random(bindings);
        var namespaces = Enumerable.Range(0, Math.Max(2, bindings / 40)).Select(number => Name(prefix, "ns", number)).Prepend(privileged).ToImmutableArray();
        var roles = Enumerable.Range(0, bindings / 2).Select(number => Role(random, prefix, namespaces, number)).ToImmutableArray();
        var clusterRoles = roles.Where(role => role.IsClusterRole).ToImmutableArray();
        var byNamespace = roles.Where(role => !role.IsClusterRole).ToLookup(role => role.Namespace);
        return new()
        {
            Roles = roles,
            Bindings = [.. Enumerable.Range(0, bindings).Select(number => Binding(random, prefix, namespaces, clusterRoles, byNamespace, number))],
            ServiceAccounts = [.. namespaces.SelectMany(space => Enumerable.Range(0, 10).Select(number => new ServiceAccountObject { Namespace = space, Name = number == 0 ? "default" : Name("sa", "", number) }))],
            Namespaces = [.. namespaces.Select(space => new NamespaceObject { Name = space })],
            Workloads =
            [
                .. namespaces.SelectMany(space => Enumerable.Range(0, 10).Select(number =>
                    new WorkloadObject { Namespace = space, Name = Name("web", "", number), WorkloadKind = "Deployment", ServiceAccount = number == 0 ? "default" : Name("sa", "", number) })),
            ],
            Served = [.. Enumerable.Range(0, CustomResources).Select(number => new ServedResource(Group(number), Plural(number), "Widget", Namespaced: number % 10 != 0, [.. Read, .. Write]))],
        };
    }

    private static RoleObject Role(Random random, string prefix, ImmutableArray<string> namespaces, int number) => new()
    {
        // One in eight for the whole cluster, as operators bring them.
        Namespace = number % 8 == 0 ? "" : One(random, namespaces),
        Name = Name(prefix, "role", number),
        Rules = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => Rule(random, number))],
    };

    private static PolicyRule Rule(Random random, int number) => random.Next(20) switch
    {
        0 when number % 200 == 0 => new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        0 or 1 => new() { Verbs = [.. Read], ApiGroups = [""], Resources = ["secrets"], ResourceNames = [Name("tls", "", random.Next(50))] },
        2 or 3 => new() { Verbs = ["*"], ApiGroups = [Group(random.Next(CustomResources))], Resources = ["*"] },
        < 9 when random.Next(CustomResources) is var custom => new() { Verbs = [.. Read, .. Write], ApiGroups = [Group(custom)], Resources = [Plural(custom), Plural(custom) + "/status"] },
        < 13 => new() { Verbs = [.. Read, .. Write], ApiGroups = ["apps"], Resources = [.. Some(random, Apps)] },
        _ => new() { Verbs = [.. Some(random, [.. Read, .. Write])], ApiGroups = [""], Resources = [.. Some(random, Core)] },
    };

    private static BindingObject Binding(
        Random random, string prefix, ImmutableArray<string> namespaces, ImmutableArray<RoleObject> clusterRoles, ILookup<string, RoleObject> byNamespace, int number)
    {
        var space = number % 20 == 0 ? "" : One(random, namespaces);
        RoleObject[] inside = [.. byNamespace[space]];
        var role = space.Length > 0 && inside.Length > 0 && random.Next(3) > 0 ? inside[random.Next(inside.Length)] : One(random, clusterRoles);
        return new()
        {
            Namespace = space,
            Name = Name(prefix, "binding", number),
            Role = new(role.Kind, role.Name),
            Subjects = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Subject(random, prefix, namespaces))],
        };
    }

    private static BindingSubject Subject(Random random, string prefix, ImmutableArray<string> namespaces) => random.Next(10) switch
    {
        < 5 => new("ServiceAccount", Name("sa", "", random.Next(1, 10)), One(random, namespaces)),
        < 8 => new("Group", Name(prefix, "team", random.Next(200))),
        _ => new("User", Name(prefix, "user", random.Next(2000))),
    };

    private static string Name(string prefix, string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{kind}{number}");

    private static string Group(int number) => string.Create(CultureInfo.InvariantCulture, $"operator{number}.example.com");

    private static string Plural(int number) => string.Create(CultureInfo.InvariantCulture, $"widgets{number}");

    private static T One<T>(Random random, ImmutableArray<T> from) => from[random.Next(from.Length)];

    private static IEnumerable<string> Some(Random random, string[] from) => from.Where(_ => random.Next(3) == 0).DefaultIfEmpty(from[0]);
}
