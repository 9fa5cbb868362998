using System.Collections.Frozen;

namespace Lapse.Domain.Rbac;

/// <summary>The kinds of Kubernetes as people call them, and which of them live outside namespaces.</summary>
internal static class KindWords
{
    // In the order in which a sentence names them: what people ask for first comes first.
    private static readonly string[] Kinds =
    [
        "Deployments", "Pods", "Secrets", "Services", "ConfigMaps", "StatefulSets", "DaemonSets", "Jobs", "CronJobs",
        "Ingresses", "NetworkPolicies", "PersistentVolumeClaims", "ServiceAccounts", "Roles", "RoleBindings", "ClusterRoles",
        "ClusterRoleBindings", "Nodes", "Namespaces", "PersistentVolumes", "StorageClasses", "CustomResourceDefinitions",
        "HorizontalPodAutoscalers", "PodDisruptionBudgets", "ReplicaSets", "ReplicationControllers", "Endpoints",
        "EndpointSlices", "Events", "Leases", "LimitRanges", "ResourceQuotas", "ControllerRevisions", "PodTemplates",
        "PodSecurityPolicies", "PriorityClasses", "RuntimeClasses", "IngressClasses", "VolumeAttachments", "CSIDrivers",
        "CSINodes", "CSIStorageCapacities", "APIServices", "CertificateSigningRequests", "ClusterTrustBundles",
        "MutatingWebhookConfigurations", "ValidatingWebhookConfigurations", "ValidatingAdmissionPolicies",
        "ValidatingAdmissionPolicyBindings", "MutatingAdmissionPolicies", "MutatingAdmissionPolicyBindings", "FlowSchemas",
        "PriorityLevelConfigurations", "Bindings", "ComponentStatuses", "TokenReviews", "SubjectAccessReviews",
        "LocalSubjectAccessReviews", "SelfSubjectAccessReviews", "SelfSubjectRulesReviews", "SelfSubjectReviews",
    ];

    // Groups of Kubernetes itself; a kind of the same name elsewhere is somebody else's and is named with its group.
    private static readonly FrozenSet<string> OwnGroups = new[]
    {
        "", "*", "apps", "batch", "autoscaling", "policy", "extensions", "networking.k8s.io", "rbac.authorization.k8s.io",
        "storage.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io",
        "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
        "events.k8s.io", "scheduling.k8s.io", "node.k8s.io", "flowcontrol.apiserver.k8s.io",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> ClusterScoped = new[]
    {
        "nodes", "persistentvolumes", "storageclasses", "customresourcedefinitions", "clusterroles", "clusterrolebindings",
        "podsecuritypolicies", "priorityclasses", "runtimeclasses", "ingressclasses", "volumeattachments", "csidrivers",
        "csinodes", "apiservices", "certificatesigningrequests", "clustertrustbundles", "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "flowschemas", "prioritylevelconfigurations",
        "componentstatuses", "tokenreviews", "subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews",
        "selfsubjectreviews", "signers", "users", "groups", "userextras", "uids",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (string Words, int Order)> Known = Kinds
        .Select((words, order) => (words, order))
        .ToFrozenDictionary(kind => kind.words.ToLowerInvariant(), kind => (kind.words, kind.order), StringComparer.Ordinal);

    /// <summary>Whether Kubernetes itself serves this group.</summary>
    internal static bool IsOwnGroup(string apiGroup) => OwnGroups.Contains(apiGroup);

    /// <summary>
    /// Whether a RoleBinding can never give this resource. Namespaces are not among them: a request for one Namespace
    /// counts as a request inside it.
    /// </summary>
    internal static bool IsClusterScoped(string apiGroup, string resource) =>
        OwnGroups.Contains(apiGroup) && ClusterScoped.Contains(resource);

    /// <summary>
    /// A resource with or without subresource in words: <c>NetworkPolicies</c>, <c>the logs of Pods</c>, <c>every kind</c>,
    /// and <c>widgets (example.com)</c> for one that Kubernetes does not bring.
    /// </summary>
    internal static string Of(string apiGroup, string resource)
    {
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? resource : resource[..slash];
        var words = kind == PolicyRule.All ? Every(apiGroup)
            : OwnGroups.Contains(apiGroup) && Known.TryGetValue(kind, out var known) ? known.Words
            : apiGroup is "" or PolicyRule.All ? kind
            : $"{kind} ({apiGroup})";
        if (slash < 0) return words;
        return resource[(slash + 1)..] switch
        {
            "log" => $"the logs of {words}",
            "scale" => $"the scale of {words}",
            "status" => $"the status of {words}",
            var part => $"{part} of {words}",
        };
    }

    /// <summary>Where a kind stands in a list: well-known ones first, then by name.</summary>
    internal static int Order(string words) => Known.TryGetValue(words.ToLowerInvariant(), out var known) ? known.Order : Kinds.Length;

    private static string Every(string apiGroup) => apiGroup switch
    {
        PolicyRule.All => "every kind",
        "" => "every core kind",
        _ => $"every kind of {apiGroup}",
    };
}
