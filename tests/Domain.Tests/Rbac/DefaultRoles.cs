using Lapse.Domain.Rbac;

namespace Lapse.Domain.Tests.Rbac;

/// <summary>
/// The user-facing roles that Kubernetes 1.20 brings, with the rules as its aggregation computes them.
/// Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/cluster-roles.yaml (Apache 2.0).
/// </summary>
internal static class DefaultRoles
{
    private static readonly PolicyRule[] ViewAlone =
    [
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = [""],
            Resources =
            [
                "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "replicationcontrollers",
                "replicationcontrollers/scale", "serviceaccounts", "services", "services/status",
            ],
        },
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = [""],
            Resources =
            [
                "bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status", "replicationcontrollers/status",
                "resourcequotas", "resourcequotas/status",
            ],
        },
        new() { Verbs = ["get", "list", "watch"], ApiGroups = [""], Resources = ["namespaces"] },
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = ["apps"],
            Resources =
            [
                "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status",
                "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status",
            ],
        },
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = ["autoscaling"],
            Resources = ["horizontalpodautoscalers", "horizontalpodautoscalers/status"],
        },
        new() { Verbs = ["get", "list", "watch"], ApiGroups = ["batch"], Resources = ["cronjobs", "cronjobs/status", "jobs", "jobs/status"] },
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = ["extensions"],
            Resources =
            [
                "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status", "ingresses", "ingresses/status",
                "networkpolicies", "replicasets", "replicasets/scale", "replicasets/status", "replicationcontrollers/scale",
            ],
        },
        new() { Verbs = ["get", "list", "watch"], ApiGroups = ["policy"], Resources = ["poddisruptionbudgets", "poddisruptionbudgets/status"] },
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = ["networking.k8s.io"],
            Resources = ["ingresses", "ingresses/status", "networkpolicies"],
        },
    ];

    private static readonly PolicyRule[] EditAlone =
    [
        new()
        {
            Verbs = ["get", "list", "watch"],
            ApiGroups = [""],
            Resources = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"],
        },
        new() { Verbs = ["impersonate"], ApiGroups = [""], Resources = ["serviceaccounts"] },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = [""],
            Resources = ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"],
        },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = [""],
            Resources =
            [
                "configmaps", "endpoints", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale", "secrets",
                "serviceaccounts", "services", "services/proxy",
            ],
        },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = ["apps"],
            Resources =
            [
                "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets",
                "statefulsets/scale",
            ],
        },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = ["autoscaling"],
            Resources = ["horizontalpodautoscalers"],
        },
        new() { Verbs = ["create", "delete", "deletecollection", "patch", "update"], ApiGroups = ["batch"], Resources = ["cronjobs", "jobs"] },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = ["extensions"],
            Resources =
            [
                "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "ingresses", "networkpolicies", "replicasets",
                "replicasets/scale", "replicationcontrollers/scale",
            ],
        },
        new() { Verbs = ["create", "delete", "deletecollection", "patch", "update"], ApiGroups = ["policy"], Resources = ["poddisruptionbudgets"] },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "patch", "update"],
            ApiGroups = ["networking.k8s.io"],
            Resources = ["ingresses", "networkpolicies"],
        },
    ];

    private static readonly PolicyRule[] AdminAlone =
    [
        new() { Verbs = ["create"], ApiGroups = ["authorization.k8s.io"], Resources = ["localsubjectaccessreviews"] },
        new()
        {
            Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            ApiGroups = ["rbac.authorization.k8s.io"],
            Resources = ["rolebindings", "roles"],
        },
    ];

    internal static RoleRules View { get; } = RoleRules.From(ViewAlone);

    internal static RoleRules Edit { get; } = RoleRules.From([.. ViewAlone, .. EditAlone]);

    internal static RoleRules Admin { get; } = RoleRules.From([.. ViewAlone, .. EditAlone, .. AdminAlone]);

    internal static RoleRules ClusterAdmin { get; } = RoleRules.From(
    [
        new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new() { Verbs = ["*"], NonResourceUrls = ["*"] },
    ]);
}
