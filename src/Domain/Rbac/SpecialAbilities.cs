using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>What a special ability is called in code; each has one row in <see cref="SpecialAbilities"/>.</summary>
internal enum Special
{
    ReadSecrets, ChangeSecrets, Exec, Attach, EphemeralContainers, PortForward, ImpersonateAnyone, ImpersonateServiceAccounts,
    BindRoles, EscalateRoles, ChangeBindings, ChangeRoles, RunWorkloads, IssueTokens, ChangeWebhooks, ChangeAdmissionPolicies,
    ApproveCertificates, NodesProxy, ChangeCustomResourceDefinitions, CreatePersistentVolumes, ChangeNamespaces,
    UsePodSecurityPolicies, Proxy, Evict,
}

/// <summary>One special ability: how to see it in rules, and how to say it.</summary>
/// <param name="Code">Its name.</param>
/// <param name="Can">What follows <c>Can</c>; <c>{0}</c> is the list of kinds that are reached.</param>
/// <param name="Danger">How much harm it can do.</param>
/// <param name="Reason">Why.</param>
/// <param name="Targets">Any of these makes it.</param>
internal sealed record SpecialAbility(Special Code, string Can, RoleDanger Danger, string Reason, params Target[] Targets)
{
    /// <summary>The targets that a binding of this scope can give.</summary>
    internal IReadOnlyList<Target> Within(bool clusterWide) =>
        clusterWide ? Targets : [.. Targets.Where(target => !OnlyClusterWide(target))];

    // 'bind' on ClusterRoles is checked in the namespace of the new binding, and 'use' in that of the Pod.
    private static bool OnlyClusterWide(Target target) =>
        !target.Verbs.Contains("bind") && !target.Verbs.Contains("use")
        && KindWords.IsClusterScoped(target.ApiGroup, target.Split().Resource);
}

/// <summary>
/// The abilities that need words of their own, the gravest first. Source: "RBAC good practices" of the Kubernetes
/// documentation (privilege escalation risks) and the union of the checks of known RBAC scanners.
/// </summary>
internal static class SpecialAbilities
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "update", "patch"];
    private static readonly string[] Change = ["create", "update", "patch", "delete", "deletecollection"];
    // A client may open a stream with GET (websocket) as well as with POST.
    private static readonly string[] Stream = ["create", "get"];

    internal static readonly ImmutableArray<SpecialAbility> Table =
    [
        new(Special.ReadSecrets, "read Secrets", RoleDanger.Dangerous,
            "Secrets hold passwords, keys and the tokens of service accounts.", new Target("", "secrets", Read)),
        new(Special.ChangeSecrets, "create or change Secrets", RoleDanger.Dangerous,
            "A Secret made for a service account receives its token, and a changed one misleads what uses it.", new Target("", "secrets", Write)),
        new(Special.Exec, "run commands in running Pods", RoleDanger.Dangerous,
            "Inside a container are its files, its network and the token of its service account.", new Target("", "pods/exec", Stream)),
        new(Special.Attach, "attach to running Pods", RoleDanger.Dangerous,
            "What a process reads and writes can be seen and typed into.", new Target("", "pods/attach", Stream)),
        new(Special.EphemeralContainers, "add containers to running Pods", RoleDanger.Dangerous,
            "The added container shares the network and may share the processes of the Pod.", new Target("", "pods/ephemeralcontainers", "update", "patch")),
        new(Special.PortForward, "forward ports of Pods to their own machine", RoleDanger.Dangerous,
            "That goes around network policies and whatever guards the way in.", new Target("", "pods/portforward", Stream)),
        new(Special.ImpersonateAnyone, "act as other people and groups", RoleDanger.Dangerous,
            "Acting as a group of administrators gives all that it may do.",
            new("", "users", "impersonate"), new("", "groups", "impersonate"), new("authentication.k8s.io", "userextras", "impersonate"), new("authentication.k8s.io", "uids", "impersonate")),
        new(Special.ImpersonateServiceAccounts, "act as the service accounts", RoleDanger.Dangerous,
            "Whatever a service account may do can be done in its name.", new Target("", "serviceaccounts", "impersonate")),
        new(Special.BindRoles, "bind roles beyond their own rights", RoleDanger.Dangerous,
            "The verb bind lifts the check that nobody hands out more than they have.", new(Rbac, "roles", "bind"), new(Rbac, "clusterroles", "bind")),
        new(Special.EscalateRoles, "write roles beyond their own rights", RoleDanger.Dangerous,
            "The verb escalate lifts the check that nobody hands out more than they have.", new(Rbac, "roles", "escalate"), new(Rbac, "clusterroles", "escalate")),
        new(Special.ChangeBindings, "change {0}", RoleDanger.Dangerous,
            "Whoever makes bindings can give these rights to others, and keep them.", new(Rbac, "rolebindings", Change), new(Rbac, "clusterrolebindings", Change)),
        new(Special.ChangeRoles, "change {0}", RoleDanger.Dangerous,
            "What a role allows changes for everybody who has it.", new(Rbac, "roles", Change), new(Rbac, "clusterroles", Change)),
        new(Special.RunWorkloads, "run containers of their choice through {0}", RoleDanger.Dangerous,
            "A Pod can run as any service account of its namespace and mount any Secret there.",
            new("apps", "deployments", Write), new("", "pods", Write), new("apps", "statefulsets", Write), new("apps", "daemonsets", Write),
            new("batch", "jobs", Write), new("batch", "cronjobs", Write), new("apps", "replicasets", Write), new("", "replicationcontrollers", Write),
            new("extensions", "deployments", Write), new("extensions", "daemonsets", Write), new("extensions", "replicasets", Write)),
        new(Special.IssueTokens, "issue tokens of the service accounts", RoleDanger.Dangerous,
            "A token works until it expires, wherever it is used.", new Target("", "serviceaccounts/token", "create")),
        new(Special.ChangeWebhooks, "change {0}", RoleDanger.Dangerous,
            "An admission webhook sees, and may rewrite, whatever is sent to the API server, Secrets included.",
            new(Admission, "mutatingwebhookconfigurations", Change), new(Admission, "validatingwebhookconfigurations", Change)),
        new(Special.ChangeAdmissionPolicies, "change {0}", RoleDanger.Dangerous,
            "Admission policies are what keeps others within limits, and may rewrite what is sent.",
            new(Admission, "validatingadmissionpolicies", Change), new(Admission, "validatingadmissionpolicybindings", Change),
            new(Admission, "mutatingadmissionpolicies", Change), new(Admission, "mutatingadmissionpolicybindings", Change)),
        new(Special.ApproveCertificates, "approve certificates", RoleDanger.Dangerous,
            "A client certificate is an identity that cannot be revoked before it expires.", new Target("certificates.k8s.io", "certificatesigningrequests/approval", "update", "patch")),
        new(Special.NodesProxy, "reach the kubelets through the API server", RoleDanger.Dangerous,
            "A kubelet runs commands in every Pod of its node, unseen by admission and the audit log.", new Target("", "nodes/proxy", Stream)),
        new(Special.ChangeCustomResourceDefinitions, "change {0}", RoleDanger.Dangerous,
            "Deleting a definition deletes every object of its kind.", new Target("apiextensions.k8s.io", "customresourcedefinitions", Change)),
        new(Special.CreatePersistentVolumes, "create or change {0}", RoleDanger.Dangerous,
            "A volume may be a folder of a node's own disk.", new Target("", "persistentvolumes", Write)),
        new(Special.ChangeNamespaces, "change {0}", RoleDanger.Dangerous,
            "A Namespace takes everything in it along, and its labels decide which policies hold.", new Target("", "namespaces", Change)),
        new(Special.UsePodSecurityPolicies, "use PodSecurityPolicies", RoleDanger.Notable,
            "A permissive policy lets Pods run as root on their node.", new("policy", "podsecuritypolicies", "use"), new("extensions", "podsecuritypolicies", "use")),
        new(Special.Proxy, "send requests to Pods and Services through the API server", RoleDanger.Notable,
            "That goes around network policies and whatever guards the way in.", new("", "pods/proxy", [.. Read, .. Change]), new("", "services/proxy", [.. Read, .. Change])),
        new(Special.Evict, "evict Pods", RoleDanger.Notable, "An eviction deletes the Pod.", new Target("", "pods/eviction", "create")),
    ];
}
