using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>Objects as a manifest writes them to those of the audit: only what the audit needs.</summary>
internal static class ManifestObjects
{
    private const string RbacGroup = "rbac.authorization.k8s.io";
    private const int LongestAnnotation = 1000;
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string AccountAnnotation = "kubernetes.io/service-account.name";
    private const string TokenType = "kubernetes.io/service-account-token";
    private static readonly string[] OldVersions = ["v1beta1", "v1alpha1"];
    private static readonly string[] ContainerLists = ["containers", "initContainers", "ephemeralContainers"];
    private static readonly string[] RuleFields = ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs", "attributeRestrictions"];

    /// <summary>The object, or <see langword="null"/> if its kind says nothing about access.</summary>
    /// <param name="node">What is written.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="apiVersion">The version of its API.</param>
    /// <param name="defaultNamespace">Where it is if it does not say so.</param>
    /// <exception cref="ManifestProblemException">It is of a kind that is read, and wrong.</exception>
    public static RbacObject? Read(ManifestNode node, string kind, string apiVersion, string defaultNamespace)
    {
        var (group, version) = apiVersion.Split('/') is [var g, var v] ? (g, v) : ("", apiVersion);
        if (kind is "Role" or "ClusterRole" or "RoleBinding" or "ClusterRoleBinding")
        {
            if (group != RbacGroup) throw new ManifestProblemException(node.Line, $"a {kind} of {Shown(apiVersion)} is not read; Kubernetes has it in {RbacGroup}");
            if (version != "v1" && !OldVersions.Contains(version)) throw new ManifestProblemException(node.Line, $"{Shown(apiVersion)} is a version that is not known");
            return kind switch
            {
                "Role" => Role(node, defaultNamespace),
                "ClusterRole" => Role(node, null),
                "RoleBinding" => Binding(node, defaultNamespace, version),
                _ => Binding(node, null, version),
            };
        }

        if (group == RbacGroup) throw new ManifestProblemException(node.Line, $"{RbacGroup} has no kind {Shown(kind)} that is known");
        return (group, kind) switch
        {
            ("", "ServiceAccount") => With(new ServiceAccountObject { Name = "", AutomountsToken = node.FlagAt("automountServiceAccountToken") }, node, defaultNamespace),
            ("", "Namespace") => With(new NamespaceObject { Name = "" }, node, null),
            ("", "Secret") => Token(node, defaultNamespace),
            ("", "Pod") => Workload(kind, node, node.MapAt("spec"), defaultNamespace),
            ("", "ReplicationController") or ("apps" or "extensions", "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet") or ("batch" or "extensions", "Job") =>
                Workload(kind, node, Template(node.MapAt("spec")), defaultNamespace),
            ("batch", "CronJob") => Workload(kind, node, Template(node.MapAt("spec")?.MapAt("jobTemplate")?.MapAt("spec")), defaultNamespace),
            _ => null,
        };
    }

    /// <summary>Whether API servers of today do not serve this version any more, though it is read.</summary>
    public static bool IsOld(RbacObject found, string apiVersion) => found is RoleObject or BindingObject && !apiVersion.EndsWith("/v1", StringComparison.Ordinal);

    /// <summary>One rule.</summary>
    public static PolicyRule Rule(ManifestNode rule)
    {
        // A field that is misspelt changes what the rule means, and the API server refuses it.
        if (rule.Fields.Keys.FirstOrDefault(field => !RuleFields.Contains(field, StringComparer.Ordinal)) is { } unknown)
            throw new ManifestProblemException(rule.Fields[unknown].Line, $"a rule has no field “{Shown(unknown)}”");
        return new PolicyRule
        {
            Verbs = [.. rule.TextsAt("verbs")],
            ApiGroups = [.. rule.TextsAt("apiGroups")],
            Resources = [.. rule.TextsAt("resources")],
            ResourceNames = [.. rule.TextsAt("resourceNames")],
            NonResourceUrls = [.. rule.TextsAt("nonResourceURLs")],
        };
    }

    private static RoleObject Role(ManifestNode node, string? defaultNamespace) => With(
        new RoleObject
        {
            Name = "",
            Rules = [.. node.MapsAt("rules").Select(Rule)],
            Aggregates = defaultNamespace is null ? [.. node.MapAt("aggregationRule")?.MapsAt("clusterRoleSelectors").Select(Selector) ?? []] : [],
        },
        node, defaultNamespace);

    private static BindingObject Binding(ManifestNode node, string? defaultNamespace, string version)
    {
        var role = node.MapAt("roleRef") ?? throw new ManifestProblemException(node.Line, "it has no roleRef");
        var reference = new RoleReference(role.TextAt("kind"), role.TextAt("name"));
        if (reference.Name.Length == 0) throw new ManifestProblemException(role.Line, "its roleRef has no name");
        if (reference.Kind is not ("Role" or "ClusterRole") || (reference.Kind == "Role" && defaultNamespace is null))
            throw new ManifestProblemException(role.Line, $"its roleRef names a “{Shown(reference.Kind)}”, which the API server refuses here");
        return With(new BindingObject { Name = "", Role = reference, Subjects = [.. node.MapsAt("subjects").Select(subject => SubjectOf(subject, version))] }, node, defaultNamespace);
    }

    // Source of the last: kubernetes, pkg/apis/rbac/v1alpha1/conversion.go: the user * of that version is everybody who was authenticated.
    private static BindingSubject SubjectOf(ManifestNode node, string version)
    {
        var subject = new BindingSubject(node.TextAt("kind"), node.TextAt("name"), node.TextAt("namespace"), node.TextAt("apiGroup"));
        if (subject.Kind is not ("User" or "Group" or "ServiceAccount")) throw new ManifestProblemException(node.Line, $"a subject is a “{Shown(subject.Kind)}”, which the API server refuses");
        if (subject.Name.Length == 0) throw new ManifestProblemException(node.Line, "a subject has no name");
        return version == "v1alpha1" && subject is { Kind: "User", Name: "*" } ? new BindingSubject("Group", Requester.Authenticated) : subject;
    }

    private static LabelSelector Selector(ManifestNode node) => new()
    {
        MatchLabels = RbacObject.NoTexts.AddRange(node.TextMapAt("matchLabels")),
        MatchExpressions = [.. node.MapsAt("matchExpressions").Select(one => new LabelRequirement(one.TextAt("key"), one.TextAt("operator"), [.. one.TextsAt("values")]))],
    };

    // Only that it is there and for whom; what it holds is not kept.
    private static TokenSecretObject? Token(ManifestNode node, string defaultNamespace)
    {
        if (node.TextAt("type") != TokenType) return null;
        var account = node.MapAt("metadata")?.TextMapAt("annotations").FirstOrDefault(one => one.Key == AccountAnnotation).Value;
        return account is null ? null : With(new TokenSecretObject { Name = "", ServiceAccount = account }, node, defaultNamespace, annotations: false);
    }

    private static ManifestNode? Template(ManifestNode? spec) => spec?.MapAt("template")?.MapAt("spec");

    private static WorkloadObject Workload(string kind, ManifestNode node, ManifestNode? pod, string defaultNamespace)
    {
        if (pod is null) throw new ManifestProblemException(node.Line, $"a {kind} without the spec of a Pod");
        var account = pod.TextAt("serviceAccountName") is { Length: > 0 } named ? named : pod.TextAt("serviceAccount");
        var owner = node.MapAt("metadata")?.MapsAt("ownerReferences").FirstOrDefault(one => one.FlagAt("controller") == true);
        return With(
            new WorkloadObject
            {
                Name = "",
                WorkloadKind = kind,
                ServiceAccount = account.Length > 0 ? account : "default",
                AutomountsToken = pod.FlagAt("automountServiceAccountToken"),
                Node = kind == "Pod" ? pod.TextAt("nodeName") : "",
                ReachesItsNode = ReachesItsNode(pod),
                Owner = owner is null ? "" : $"{owner.TextAt("kind")} {owner.TextAt("name")}",
            },
            // Anything may stand in the annotations of a workload, secrets too, and no check looks at them.
            node, defaultNamespace, annotations: false);
    }

    private static bool ReachesItsNode(ManifestNode pod) =>
        pod.FlagAt("hostNetwork") == true || pod.FlagAt("hostPID") == true || pod.FlagAt("hostIPC") == true
        || pod.MapsAt("volumes").Any(volume => volume.Field("hostPath") is not null)
        || ContainerLists.Any(list => pod.MapsAt(list).Any(container => container.MapAt("securityContext")?.FlagAt("privileged") == true));

    private static T With<T>(T found, ManifestNode node, string? defaultNamespace, bool annotations = true) where T : RbacObject
    {
        var metadata = node.MapAt("metadata") ?? throw new ManifestProblemException(node.Line, "it has no metadata");
        var name = metadata.TextAt("name");
        // What a Job or Pod is named by the API server stays open.
        if (name.Length == 0 && metadata.TextAt("generateName") is { Length: > 0 } prefix) name = prefix + "…";
        if (name.Length == 0) throw new ManifestProblemException(metadata.Line, "it has no name");
        return found with
        {
            Name = name,
            Namespace = defaultNamespace is null ? "" : metadata.TextAt("namespace") is { Length: > 0 } own ? own : defaultNamespace,
            Uid = metadata.TextAt("uid"),
            Created = DateTimeOffset.TryParse(metadata.TextAt("creationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created) ? created : null,
            Labels = Texts(metadata.TextMapAt("labels")),
            Annotations = annotations ? Texts(metadata.TextMapAt("annotations").Where(one => one.Key != LastApplied && one.Value.Length <= LongestAnnotation)) : RbacObject.NoTexts,
        };
    }

    private static ImmutableSortedDictionary<string, string> Texts(IEnumerable<KeyValuePair<string, string>> texts) => RbacObject.NoTexts.AddRange(texts);

    private static string Shown(string text) => YamlManifest.Shown(text);
}
