using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>How a cluster's RBAC is read.</summary>
/// <param name="Workloads">Whether workloads and what the cluster serves are read as well.</param>
/// <param name="PageSize">How many objects are asked for at a time.</param>
/// <param name="MostObjects">The most objects of one kind.</param>
public sealed record RbacReadingAsk(bool Workloads, int PageSize, int MostObjects)
{
    /// <summary>Whether the names of Secrets that hold tokens are asked for; who only wants to know who may do what asks for none.</summary>
    public bool Tokens { get; init; } = true;
}

/// <summary>What was read of a cluster's RBAC.</summary>
/// <param name="Objects">The objects of every kind that could be read.</param>
/// <param name="UnreadKinds">The kinds that could not be read, each with a gap.</param>
/// <param name="Gaps">What could not be read, and the rule that is wanted.</param>
/// <param name="Served">What the cluster serves; <see langword="null"/> if it was not asked.</param>
public sealed record RbacReading(IReadOnlyList<RbacObject> Objects, IReadOnlySet<string> UnreadKinds, IReadOnlyList<Gap> Gaps, ImmutableArray<ServedResource>? Served)
{
    /// <summary>The ServiceAccount that read it; <see langword="null"/> if Lapse is none there.</summary>
    public ServiceAccountToken? Account { get; init; }

    /// <summary>The same as a state by itself, with nothing of any look before.</summary>
    public RbacState ToState() => RbacStates.Of(Objects, Served ?? [], Gaps);
}

/// <summary>A kind that the audit reads.</summary>
/// <param name="Part">The part of the state that it belongs to (<see cref="RbacState.Parts"/>).</param>
/// <param name="Kind">The kind.</param>
/// <param name="ApiGroup">Its API group.</param>
/// <param name="Resource">Its resource.</param>
public sealed record RbacKind(string Part, string Kind, string ApiGroup, string Resource)
{
    private const string Rbac = "rbac.authorization.k8s.io";

    /// <summary>The part of everything that runs.</summary>
    public const string WorkloadsPart = "workloads";

    /// <summary>What is served; a gap of this name makes no check impossible.</summary>
    public const string ServedPart = "served";

    /// <summary>Roles.</summary>
    public static readonly RbacKind Role = new("roles", "Role", Rbac, "roles");

    /// <summary>ClusterRoles.</summary>
    public static readonly RbacKind ClusterRole = new("clusterroles", "ClusterRole", Rbac, "clusterroles");

    /// <summary>RoleBindings.</summary>
    public static readonly RbacKind RoleBinding = new("rolebindings", "RoleBinding", Rbac, "rolebindings");

    /// <summary>ClusterRoleBindings.</summary>
    public static readonly RbacKind ClusterRoleBinding = new("clusterrolebindings", "ClusterRoleBinding", Rbac, "clusterrolebindings");

    /// <summary>ServiceAccounts.</summary>
    public static readonly RbacKind ServiceAccount = new("serviceaccounts", "ServiceAccount", "", "serviceaccounts");

    /// <summary>Namespaces.</summary>
    public static readonly RbacKind Namespace = new("namespaces", "Namespace", "", "namespaces");

    /// <summary>Secrets that hold tokens.</summary>
    public static readonly RbacKind Token = new("tokens", "Secret", "", "secrets");

    /// <summary>Deployments.</summary>
    public static readonly RbacKind Deployment = new(WorkloadsPart, "Deployment", "apps", "deployments");

    /// <summary>StatefulSets.</summary>
    public static readonly RbacKind StatefulSet = new(WorkloadsPart, "StatefulSet", "apps", "statefulsets");

    /// <summary>DaemonSets.</summary>
    public static readonly RbacKind DaemonSet = new(WorkloadsPart, "DaemonSet", "apps", "daemonsets");

    /// <summary>ReplicaSets.</summary>
    public static readonly RbacKind ReplicaSet = new(WorkloadsPart, "ReplicaSet", "apps", "replicasets");

    /// <summary>CronJobs.</summary>
    public static readonly RbacKind CronJob = new(WorkloadsPart, "CronJob", "batch", "cronjobs");

    /// <summary>Jobs.</summary>
    public static readonly RbacKind Job = new(WorkloadsPart, "Job", "batch", "jobs");

    /// <summary>Pods.</summary>
    public static readonly RbacKind Pod = new(WorkloadsPart, "Pod", "", "pods");

    /// <summary>What is read at each look.</summary>
    public static ImmutableArray<RbacKind> Core { get; } = [ClusterRole, Role, ClusterRoleBinding, RoleBinding, ServiceAccount, Namespace, Token];

    /// <summary>What runs; whoever makes something comes before what is made.</summary>
    public static ImmutableArray<RbacKind> Workloads { get; } = [Deployment, StatefulSet, DaemonSet, ReplicaSet, CronJob, Job, Pod];

    /// <summary>The rule that lets Lapse list it, as a line of YAML.</summary>
    public string WantedRule => $"{{apiGroups: [\"{ApiGroup}\"], resources: [\"{Resource}\"], verbs: [\"list\"]}}";
}
