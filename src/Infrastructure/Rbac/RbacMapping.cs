using System.Collections.Immutable;
using k8s.Models;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Found = Lapse.Domain.Access;

namespace Lapse.Infrastructure.Rbac;

/// <summary>Objects of the API to those of the audit: only what the audit needs.</summary>
internal static class RbacMapping
{
    private const int LongestAnnotation = 1000;
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string AccountAnnotation = "kubernetes.io/service-account.name";

    /// <summary>A Role or ClusterRole.</summary>
    public static RoleObject From(V1Role role) => With(new RoleObject { Name = "", Rules = [.. RuleMapping.From(role.Rules)] }, role.Metadata);

    /// <summary>A ClusterRole.</summary>
    public static RoleObject From(V1ClusterRole role) =>
        With(new RoleObject { Name = "", Rules = [.. RuleMapping.From(role.Rules)], Aggregates = [.. (role.AggregationRule?.ClusterRoleSelectors ?? []).Select(From)] }, role.Metadata);

    /// <summary>A RoleBinding.</summary>
    public static BindingObject From(V1RoleBinding binding) => With(new BindingObject { Name = "", Role = From(binding.RoleRef), Subjects = From(binding.Subjects) }, binding.Metadata);

    /// <summary>A ClusterRoleBinding.</summary>
    public static BindingObject From(V1ClusterRoleBinding binding) => With(new BindingObject { Name = "", Role = From(binding.RoleRef), Subjects = From(binding.Subjects) }, binding.Metadata);

    /// <summary>A ServiceAccount.</summary>
    public static ServiceAccountObject From(V1ServiceAccount account) => With(new ServiceAccountObject { Name = "", AutomountsToken = account.AutomountServiceAccountToken }, account.Metadata);

    /// <summary>A Namespace.</summary>
    public static NamespaceObject From(V1Namespace space) => With(new NamespaceObject { Name = "" }, space.Metadata);

    /// <summary>A Secret that holds a token, by its metadata.</summary>
    /// <returns><see langword="null"/> if it does not say for which ServiceAccount.</returns>
    public static TokenSecretObject? FromToken(V1ObjectMeta metadata) =>
        metadata.Annotations?.TryGetValue(AccountAnnotation, out var account) == true ? With(new TokenSecretObject { Name = "", ServiceAccount = account }, metadata, annotations: false) : null;

    /// <summary>A Pod, or what makes Pods.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="pod">What its Pods are.</param>
    public static WorkloadObject From(string kind, V1ObjectMeta metadata, V1PodSpec? pod) => With(
        new WorkloadObject
        {
            Name = "",
            WorkloadKind = kind,
            ServiceAccount = Text(pod?.ServiceAccountName) is { Length: > 0 } account ? account : "default",
            AutomountsToken = pod?.AutomountServiceAccountToken,
            Node = kind == "Pod" ? Text(pod?.NodeName) : "",
            ReachesItsNode = pod is not null && ReachesItsNode(pod),
            Owner = OwnerOf(metadata) is { } owner ? $"{owner.Kind} {owner.Name}" : "",
        },
        // Anything may stand in the annotations of a workload, secrets too, and no check looks at them.
        metadata, annotations: false);

    /// <summary>What an object is made by.</summary>
    public static V1OwnerReference? OwnerOf(V1ObjectMeta metadata) => metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true);

    /// <summary>A binding as those who judge Lapse's own bindings want it.</summary>
    public static Found.BindingObject ToFound(BindingObject binding) => new()
    {
        Name = binding.Name,
        Namespace = binding.IsClusterWide ? null : binding.Namespace,
        Labels = binding.Labels,
        Annotations = binding.Annotations,
        RoleRef = new(Found.BindingKeys.RbacGroup, binding.Role.Kind, binding.Role.Name),
        Subjects = [.. binding.Subjects.Select(subject => new Found.BindingSubject(subject.Kind, subject.ApiGroup, subject.Name, subject.Namespace))],
        Uid = binding.Uid,
        CreatedAt = binding.Created,
    };

    private static T With<T>(T found, V1ObjectMeta? metadata, bool annotations = true) where T : RbacObject
    {
        metadata = ClusterCalls.Required(metadata);
        return found with
        {
            Name = ClusterCalls.Required(metadata.Name),
            Namespace = Text(metadata.NamespaceProperty),
            Uid = Text(metadata.Uid),
            Created = metadata.CreationTimestamp is { } created ? new DateTimeOffset(DateTime.SpecifyKind(created, DateTimeKind.Utc)) : null,
            Labels = From(metadata.Labels),
            Annotations = annotations ? Kept(metadata.Annotations) : RbacObject.NoTexts,
        };
    }

    private static ImmutableSortedDictionary<string, string> From(IDictionary<string, string>? texts) =>
        texts is null || texts.Count == 0 ? RbacObject.NoTexts : RbacObject.NoTexts.AddRange(texts.Select(text => KeyValuePair.Create(text.Key, Text(text.Value))));

    // kubectl's copy of the object, and whatever else is long, says nothing that is looked at.
    private static ImmutableSortedDictionary<string, string> Kept(IDictionary<string, string>? texts) =>
        texts is null ? RbacObject.NoTexts : From(texts.Where(text => text.Key != LastApplied && Text(text.Value).Length <= LongestAnnotation).ToDictionary());

    private static RoleReference From(V1RoleRef? role) => new(Text(ClusterCalls.Required(role).Kind), Text(role!.Name));

    private static ImmutableArray<BindingSubject> From(IList<Rbacv1Subject>? subjects) =>
        [.. (subjects ?? []).Select(subject => new BindingSubject(Text(subject.Kind), Text(subject.Name), Text(subject.NamespaceProperty), Text(subject.ApiGroup)))];

    private static LabelSelector From(V1LabelSelector selector) => new()
    {
        MatchLabels = From(selector.MatchLabels),
        MatchExpressions = [.. (selector.MatchExpressions ?? []).Select(e => new LabelRequirement(Text(e.Key), Text(e.OperatorProperty), [.. e.Values ?? []]))],
    };

    private static bool ReachesItsNode(V1PodSpec pod) =>
        pod.HostNetwork == true || pod.HostPID == true || pod.HostIPC == true
        || pod.Volumes?.Any(volume => volume.HostPath is not null) == true
        || new[] { pod.Containers, pod.InitContainers }.Any(containers => containers?.Any(container => container.SecurityContext?.Privileged == true) == true);

    private static string Text(string? text) => text ?? "";
}
