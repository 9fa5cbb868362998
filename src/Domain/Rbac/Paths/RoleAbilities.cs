using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>Half of an ability: it leads somewhere only together with another half, maybe of another binding.</summary>
internal enum Half
{
    BindClusterRoles, BindRoles, WriteRoleBindings, WriteClusterRoleBindings, EscalateClusterRoles, ChangeClusterRoles, CreateClusterRoles,
    EscalateRoles, ChangeRoles, CreateRequests, ApproveRequests, ApproveForSigner, ImpersonateGroups, ImpersonateSomebody, CreateSecrets,
    ReadSecrets, CreateVolumes, CreatePods, LabelNamespaces, ChangeNodes, DeletePods, WriteMutatingPolicies, WriteMutatingPolicyBindings,
}

/// <summary>Something whole that a rule gives by itself.</summary>
internal enum Whole
{
    Everything, NewPods, RunningPods, IssueTokens, ReadSecrets, ImpersonateAccounts, ImpersonateUsers, NodesProxy, MutatingWebhooks,
    ValidatingWebhooks, CloudIdentities,
}

/// <summary>An ability of a role, through its first rule that gives it so widely.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Rule">Which rule.</param>
/// <param name="Names">The names that it is limited to; empty for any.</param>
internal sealed record Ability<T>(T Kind, int Rule, ImmutableArray<string> Names) where T : struct, Enum;

/// <summary>What a role gives towards taking over others, in a namespace or in the whole cluster.</summary>
internal sealed class RoleAbilities
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";
    private const string Certificates = "certificates.k8s.io";
    private static readonly string[] Write = ["create", "update", "patch"];
    private static readonly string[] Change = ["update", "patch"];
    // A change returns the whole object.
    private static readonly string[] Read = ["get", "list", "watch", .. Change];
    private static readonly string[] Stream = ["create", "get"];

    private static readonly (Whole Kind, bool ClusterWide, Target Target)[] Wholes =
    [
        (Whole.NewPods, false, new("", "pods", "create")),
        .. Makers().Select(target => (Whole.NewPods, false, target)),
        (Whole.RunningPods, false, new("", "pods/exec", Stream)), (Whole.RunningPods, false, new("", "pods/attach", Stream)),
        (Whole.RunningPods, false, new("", "pods/ephemeralcontainers", Change)), (Whole.RunningPods, false, new("", "pods", Change)),
        (Whole.IssueTokens, false, new("", "serviceaccounts/token", "create")), (Whole.ReadSecrets, false, new("", "secrets", Read)),
        (Whole.ImpersonateAccounts, false, new("", "serviceaccounts", "impersonate")), (Whole.ImpersonateUsers, true, new("", "users", "impersonate")),
        (Whole.NodesProxy, true, new("", "nodes/proxy", Stream)), (Whole.MutatingWebhooks, true, new(Admission, "mutatingwebhookconfigurations", Write)),
        (Whole.ValidatingWebhooks, true, new(Admission, "validatingwebhookconfigurations", Write)),
        (Whole.CloudIdentities, false, new("", "configmaps", Change)),
    ];

    private static readonly (Half Kind, bool ClusterWide, Target Target)[] Halves =
    [
        (Half.BindClusterRoles, false, new(Rbac, "clusterroles", "bind")), (Half.BindRoles, false, new(Rbac, "roles", "bind")),
        (Half.WriteRoleBindings, false, new(Rbac, "rolebindings", Write)), (Half.WriteClusterRoleBindings, true, new(Rbac, "clusterrolebindings", Write)),
        (Half.EscalateClusterRoles, true, new(Rbac, "clusterroles", "escalate")), (Half.ChangeClusterRoles, true, new(Rbac, "clusterroles", Change)),
        (Half.CreateClusterRoles, true, new(Rbac, "clusterroles", "create")), (Half.EscalateRoles, false, new(Rbac, "roles", "escalate")),
        (Half.ChangeRoles, false, new(Rbac, "roles", Change)), (Half.CreateRequests, true, new(Certificates, "certificatesigningrequests", "create")),
        (Half.ApproveRequests, true, new(Certificates, "certificatesigningrequests/approval", Change)),
        (Half.ApproveForSigner, true, new(Certificates, "signers", "approve")), (Half.ImpersonateGroups, true, new("", "groups", "impersonate")),
        (Half.ImpersonateSomebody, true, new("", "users", "impersonate")), (Half.ImpersonateSomebody, false, new("", "serviceaccounts", "impersonate")),
        (Half.CreateSecrets, false, new("", "secrets", "create")), (Half.ReadSecrets, false, new("", "secrets", Read)),
        (Half.CreateVolumes, true, new("", "persistentvolumes", "create")), (Half.CreatePods, false, new("", "pods", "create")),
        .. Makers().Select(target => (Half.CreatePods, false, target)), (Half.LabelNamespaces, false, new("", "namespaces", Change)),
        (Half.ChangeNodes, true, new("", "nodes", Change)), (Half.DeletePods, false, new("", "pods", "delete", "deletecollection")),
        (Half.DeletePods, false, new("", "pods/eviction", "create")), (Half.WriteMutatingPolicies, true, new(Admission, "mutatingadmissionpolicies", Write)),
        (Half.WriteMutatingPolicyBindings, true, new(Admission, "mutatingadmissionpolicybindings", Write)),
    ];

    private RoleAbilities(IReadOnlyList<Ability<Whole>> whole, IReadOnlyList<Ability<Half>> half) => (Wholly, Partly) = (whole, half);

    internal IReadOnlyList<Ability<Whole>> Wholly { get; }

    internal IReadOnlyList<Ability<Half>> Partly { get; }

    internal bool IsEmpty => Wholly.Count == 0 && Partly.Count == 0;

    /// <summary>The abilities of a role where it is bound.</summary>
    internal static RoleAbilities Of(RoleObject role, bool clusterWide)
    {
        ArgumentNullException.ThrowIfNull(role);
        for (var rule = 0; rule < role.Rules.Length; rule++)
            if (IsEverything(role.Rules[rule])) return new RoleAbilities([new(Whole.Everything, rule, [])], AllHalves(rule, clusterWide));
        return new RoleAbilities(Found(role, clusterWide, Wholes), Found(role, clusterWide, Halves));
    }

    internal static bool IsEverything(PolicyRule rule) =>
        rule.ResourceNames.IsEmpty && rule.Verbs.Contains(PolicyRule.All) && rule.ApiGroups.Contains(PolicyRule.All) && rule.Resources.Contains(PolicyRule.All);

    // What makes Pods: creating one, or changing its template, chooses the ServiceAccount.
    private static IEnumerable<Target> Makers() =>
    [
        new("apps", "deployments", Write), new("apps", "daemonsets", Write), new("apps", "statefulsets", Write), new("apps", "replicasets", Write),
        new("", "replicationcontrollers", Write), new("batch", "jobs", Write), new("batch", "cronjobs", Write),
    ];

    private static List<Ability<Half>> AllHalves(int rule, bool clusterWide) =>
        [.. Halves.Where(row => clusterWide || !row.ClusterWide).Select(row => row.Kind).Distinct().Select(kind => new Ability<Half>(kind, rule, []))];

    private static List<Ability<T>> Found<T>(RoleObject role, bool clusterWide, (T Kind, bool ClusterWide, Target Target)[] table) where T : struct, Enum
    {
        var found = new List<Ability<T>>();
        for (var i = 0; i < role.Rules.Length; i++)
        {
            var rule = role.Rules[i];
            if (rule.Resources.IsEmpty) continue;
            foreach (var (kind, needsCluster, target) in table)
            {
                if (needsCluster && !clusterWide) continue;
                if (found.Exists(one => EqualityComparer<T>.Default.Equals(one.Kind, kind) && one.Names.IsEmpty)) continue;
                if (Reaches(rule, target) && !found.Exists(one => one.Rule == i && EqualityComparer<T>.Default.Equals(one.Kind, kind)))
                    found.Add(new Ability<T>(kind, i, rule.ResourceNames));
            }
        }

        return found;
    }

    private static bool Reaches(PolicyRule rule, Target target)
    {
        if (!target.IsNamedBy(rule)) return false;
        foreach (var verb in target.Verbs)
        {
            if (!Evaluator.MatchesVerb(rule, verb)) continue;
            // A request to create an object carries no name, one for a subresource does.
            if (rule.ResourceNames.IsEmpty || (verb != "deletecollection" && (verb != "create" || target.Resource.Contains('/', StringComparison.Ordinal)))) return true;
        }

        return false;
    }
}
