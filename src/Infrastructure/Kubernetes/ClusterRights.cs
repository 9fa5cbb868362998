using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What Lapse may read for the audit of a cluster. Without a part of it nothing but that part of the audit is missing.</summary>
public enum AuditRights
{
    /// <summary>Nothing more than it needs anyway: roles, bindings and namespaces.</summary>
    None,

    /// <summary>ServiceAccounts and what runs as them.</summary>
    Workloads,

    /// <summary>Also the names of Secrets that hold tokens. It is a strong right: whoever may list Secrets may read them.</summary>
    Tokens,
}

/// <summary>
/// The least rights that Lapse needs on a cluster, as manifests generated from the catalogue. With <c>bind</c> on roles by
/// name and <c>create</c> on bindings in the same namespace, Lapse can hand out a role that it does not hold, and no other.
/// </summary>
public static class ClusterRights
{
    private const string Group = BindingKeys.RbacGroup;
    private const string SignGroup = "coordination.k8s.io";
    private static readonly string[] BindingVerbs = ["create", "get", "list", "watch", "delete"];
    private static readonly string[] ReadVerbs = ["get", "list", "watch"];

    /// <summary>The objects to create, in an order in which they can be.</summary>
    /// <param name="entries">The catalogue's entries on the cluster.</param>
    /// <param name="account">Lapse's ServiceAccount there; the objects are named after it.</param>
    /// <param name="audit">What it may read for the audit.</param>
    /// <param name="standing">The standing bindings that reviewed changes let it remove or restore.</param>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Manifests(
        IEnumerable<ClusterRightsEntry> entries, PortalAccount account, AuditRights audit = AuditRights.Workloads, IReadOnlyCollection<ReviewedBinding>? standing = null)
    {
        var all = entries.ToList();
        var bindings = standing ?? [];
        List<IKubernetesObject<V1ObjectMeta>> objects =
        [
            new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new() { Name = account.Namespace } },
            new V1ServiceAccount { ApiVersion = "v1", Kind = "ServiceAccount", Metadata = new() { Name = account.Name, NamespaceProperty = account.Namespace } },
            .. ClusterWide($"{account.Name}-read", account, ReadRules()),
            .. audit == AuditRights.None ? [] : ClusterWide($"{account.Name}-audit", account, AuditRules(audit)),
            new V1ConfigMap { ApiVersion = "v1", Kind = "ConfigMap", Metadata = new() { Name = CheckpointObject.Name, NamespaceProperty = account.Namespace } },
            .. InNamespace($"{account.Name}-token", account.Namespace, account, TokenRule(account)),
            .. InNamespace($"{account.Name}-checkpoint", account.Namespace, account, CheckpointRule()),
        ];
        foreach (var place in all.SelectMany(entry => entry.Namespaces).Concat(bindings.Select(one => one.Binding.Namespace).OfType<string>()).Distinct().Order(StringComparer.Ordinal))
            if (PlaceRules(all.FindAll(entry => entry.Namespaces.Contains(place)), [.. bindings.Where(one => one.Binding.Namespace == place)], clusterWide: false) is { Length: > 0 } rules)
                objects.AddRange(InNamespace(account.Name, place, account, rules));
        if (PlaceRules(all.FindAll(entry => entry.IsClusterWide), [.. bindings.Where(one => one.Binding.Namespace is null)], clusterWide: true) is { Length: > 0 } everywhere)
            objects.AddRange(ClusterWide(account.Name, account, everywhere));
        return objects;
    }

    private static V1PolicyRule[] PlaceRules(List<ClusterRightsEntry> entries, List<ReviewedBinding> standing, bool clusterWide) =>
        [.. entries.Count == 0 ? [] : BindingRules(entries, clusterWide).Concat(LookRules(clusterWide)), .. StandingRules(standing, entries, clusterWide)];

    /// <summary>
    /// What it takes to remove standing bindings by name and to make them again, beyond what the catalogue needs there anyway. <c>create</c>
    /// cannot be limited to a name; the admission policy does that, and <c>bind</c> limits it to these roles.
    /// </summary>
    internal static V1PolicyRule[] StandingRules(IReadOnlyCollection<ReviewedBinding> standing, IReadOnlyCollection<ClusterRightsEntry> entries, bool clusterWide)
    {
        if (standing.Count == 0) return [];
        string[] resource = [clusterWide ? "clusterrolebindings" : "rolebindings"];
        List<V1PolicyRule> rules = entries.Count > 0 ? [] : [Rule(["get", "delete"], Group, resource, [.. standing.Select(one => one.Binding.Name).Distinct().Order(StringComparer.Ordinal)]), Rule(["create"], Group, resource)];
        var roles = standing.Select(one => one.Role).OfType<RoleReference>().Except(entries.Select(entry => entry.Role)).ToLookup(role => role.Kind, role => role.Name);
        foreach (var kind in new[] { RoleKind.Role, RoleKind.ClusterRole })
            if (roles[kind].Any()) rules.Add(Rule(["bind"], Group, [ResourceOf(kind)], [.. roles[kind].Order(StringComparer.Ordinal)]));
        return [.. rules];
    }

    /// <summary>The rules that it takes to remove one standing binding and to make it again, as they go under <c>rules:</c>.</summary>
    public static string StandingYaml(ReviewedBinding reviewed) =>
        KubernetesYaml.Serialize(StandingRules([reviewed], [], clusterWide: reviewed.Binding.Namespace is null)).TrimEnd();

    /// <summary>The rights of <c>lapse reap</c>: see all bindings and delete them, and nothing else.</summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> ReaperManifests(PortalAccount account) =>
    [
        new V1ServiceAccount { ApiVersion = "v1", Kind = "ServiceAccount", Metadata = new() { Name = account.Name, NamespaceProperty = account.Namespace } },
        .. ClusterWide(account.Name, account, Rule(["get", "list", "delete"], Group, ["rolebindings", "clusterrolebindings"])),
    ];

    /// <summary>
    /// What the reaper leaves its sign on, and who may: the reaper may change that one object, the portal may look at it. It is made
    /// here, because a right to create would be one for any name.
    /// </summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> ReaperSignManifests(PortalAccount reaper, PortalAccount portal) =>
    [
        new V1Lease { ApiVersion = "coordination.k8s.io/v1", Kind = "Lease", Metadata = new() { Name = ReaperSign.Name, NamespaceProperty = ReaperSign.Namespace } },
        .. InNamespace("lapse-reaper-sign", ReaperSign.Namespace, reaper, Rule(["patch"], SignGroup, ["leases"], [ReaperSign.Name])),
        .. InNamespace("lapse-portal-sign", ReaperSign.Namespace, portal, Rule(["get"], SignGroup, ["leases"], [ReaperSign.Name])),
    ];

    /// <summary>Objects as one YAML text of several documents.</summary>
    public static string ToYaml(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects) => ManifestYaml.Write(objects);

    /// <summary>One rule as YAML, to be shown to an admin.</summary>
    internal static string ToYaml(V1PolicyRule rule) => KubernetesYaml.Serialize(new[] { rule }).TrimEnd();

    /// <summary>What the catalogue needs in one namespace, or in the whole cluster.</summary>
    internal static V1PolicyRule[] BindingRules(IEnumerable<ClusterRightsEntry> entries, bool clusterWide)
    {
        var roles = entries.Select(entry => entry.Role).Distinct().ToLookup(role => role.Kind, role => role.Name);
        List<V1PolicyRule> rules = [Rule(BindingVerbs, Group, [clusterWide ? "clusterrolebindings" : "rolebindings"])];
        foreach (var kind in new[] { RoleKind.Role, RoleKind.ClusterRole })
            if (roles[kind].Any()) rules.Add(Rule(["bind"], Group, [ResourceOf(kind)], [.. roles[kind].Order(StringComparer.Ordinal)]));
        return [.. rules];
    }

    /// <summary>
    /// What Lapse looks through after an access ends, for what appeared meanwhile. Without it nothing but that look is missing. Not Secrets:
    /// a right to list them is a right to read them.
    /// </summary>
    internal static V1PolicyRule[] LookRules(bool clusterWide) => clusterWide
        ? [Rule(["list"], "", ["serviceaccounts"]), Rule(["list"], "certificates.k8s.io", ["certificatesigningrequests"])]
        : [Rule(["list"], "", ["serviceaccounts"])];

    /// <summary>
    /// What the audit reads beside roles, bindings and namespaces, in a role of its own, so that whoever does not want the audit leaves it out.
    /// </summary>
    internal static V1PolicyRule[] AuditRules(AuditRights audit) =>
    [
        Rule(["list", "watch"], "", ["serviceaccounts"]),
        .. RbacKind.Workloads.GroupBy(kind => kind.ApiGroup).Select(group => Rule(["list"], group.Key, [.. group.Select(kind => kind.Resource)])),
        .. audit == AuditRights.Tokens ? [Rule(["list"], RbacKind.Token.ApiGroup, [RbacKind.Token.Resource])] : Array.Empty<V1PolicyRule>(),
    ];

    /// <summary>What Lapse reads, and what it asks about people.</summary>
    internal static V1PolicyRule[] ReadRules() =>
    [
        Rule(ReadVerbs, Group, ["roles", "clusterroles", "rolebindings", "clusterrolebindings"]),
        Rule(ReadVerbs, "", ["namespaces"]),
        Rule(["create"], "authorization.k8s.io", ["subjectaccessreviews"]),
    ];

    /// <summary>Lapse renews its own token, and nobody else's.</summary>
    internal static V1PolicyRule TokenRule(PortalAccount account) => Rule(["create"], "", ["serviceaccounts/token"], [account.Name]);

    /// <summary>Lapse keeps the ledger's checkpoint in one object that is there already; it can make none, and read or change no other.</summary>
    internal static V1PolicyRule CheckpointRule() => Rule(["get", "update"], "", ["configmaps"], [CheckpointObject.Name]);

    internal static string ResourceOf(RoleKind kind) => kind switch { RoleKind.Role => "roles", RoleKind.ClusterRole => "clusterroles" };

    private static V1PolicyRule Rule(string[] verbs, string group, string[] resources, string[]? names = null) =>
        new() { Verbs = verbs, ApiGroups = [group], Resources = resources, ResourceNames = names };

    private static IKubernetesObject<V1ObjectMeta>[] ClusterWide(string name, PortalAccount account, params V1PolicyRule[] rules) =>
    [
        new V1ClusterRole { ApiVersion = $"{Group}/v1", Kind = "ClusterRole", Metadata = new() { Name = name }, Rules = rules },
        new V1ClusterRoleBinding { ApiVersion = $"{Group}/v1", Kind = "ClusterRoleBinding", Metadata = new() { Name = name }, RoleRef = RoleRef("ClusterRole", name), Subjects = Subjects(account) },
    ];

    private static IKubernetesObject<V1ObjectMeta>[] InNamespace(string name, string place, PortalAccount account, params V1PolicyRule[] rules) =>
    [
        new V1Role { ApiVersion = $"{Group}/v1", Kind = "Role", Metadata = new() { Name = name, NamespaceProperty = place }, Rules = rules },
        new V1RoleBinding { ApiVersion = $"{Group}/v1", Kind = "RoleBinding", Metadata = new() { Name = name, NamespaceProperty = place }, RoleRef = RoleRef("Role", name), Subjects = Subjects(account) },
    ];

    private static V1RoleRef RoleRef(string kind, string name) => new() { ApiGroup = Group, Kind = kind, Name = name };

    private static Rbacv1Subject[] Subjects(PortalAccount account) =>
        [new() { Kind = "ServiceAccount", Name = account.Name, NamespaceProperty = account.Namespace }];
}
