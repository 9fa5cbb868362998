using k8s.Models;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Bindings of the domain to those of the API and back.</summary>
public static class BindingMapping
{
    /// <summary>A binding of a namespace, to create.</summary>
    public static V1RoleBinding ToRoleBinding(BindingObject binding) => new()
    {
        ApiVersion = $"{V1RoleBinding.KubeGroup}/{V1RoleBinding.KubeApiVersion}",
        Kind = V1RoleBinding.KubeKind,
        Metadata = ToMetadata(binding),
        RoleRef = ToRoleRef(binding.RoleRef),
        Subjects = ToSubjects(binding),
    };

    /// <summary>A binding of the whole cluster, to create.</summary>
    public static V1ClusterRoleBinding ToClusterRoleBinding(BindingObject binding) => new()
    {
        ApiVersion = $"{V1ClusterRoleBinding.KubeGroup}/{V1ClusterRoleBinding.KubeApiVersion}",
        Kind = V1ClusterRoleBinding.KubeKind,
        Metadata = ToMetadata(binding),
        RoleRef = ToRoleRef(binding.RoleRef),
        Subjects = ToSubjects(binding),
    };

    /// <summary>A RoleBinding as found.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static BindingObject From(V1RoleBinding? binding) => From(binding?.Metadata, binding?.RoleRef, binding?.Subjects);

    /// <summary>A ClusterRoleBinding as found.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static BindingObject From(V1ClusterRoleBinding? binding) => From(binding?.Metadata, binding?.RoleRef, binding?.Subjects);

    private static BindingObject From(V1ObjectMeta? metadata, V1RoleRef? role, IList<Rbacv1Subject>? subjects) => metadata is null || role is null
        ? throw new FormatException("A binding has metadata and a role.")
        : new()
        {
            Name = metadata.Name ?? "",
            Namespace = string.IsNullOrEmpty(metadata.NamespaceProperty) ? null : metadata.NamespaceProperty,
            Labels = Copy(metadata.Labels),
            Annotations = Copy(metadata.Annotations),
            RoleRef = new(role.ApiGroup ?? "", role.Kind ?? "", role.Name ?? ""),
            Subjects = [.. (subjects ?? []).Select(subject => new BindingSubject(subject.Kind ?? "", subject.ApiGroup ?? "", subject.Name ?? "", subject.NamespaceProperty ?? ""))],
            Uid = metadata.Uid ?? "",
            ResourceVersion = metadata.ResourceVersion ?? "",
            CreatedAt = Utc(metadata.CreationTimestamp),
            DeletedAt = Utc(metadata.DeletionTimestamp),
            Finalizers = [.. metadata.Finalizers ?? []],
            Owners = [.. (metadata.OwnerReferences ?? []).Select(owner => $"{owner.Kind} {owner.Name}")],
        };

    private static V1ObjectMeta ToMetadata(BindingObject binding) => new()
    {
        Name = binding.Name,
        NamespaceProperty = binding.Namespace,
        Labels = new Dictionary<string, string>(binding.Labels),
        Annotations = new Dictionary<string, string>(binding.Annotations),
    };

    private static V1RoleRef ToRoleRef(BindingRoleRef role) => new() { ApiGroup = role.ApiGroup, Kind = role.Kind, Name = role.Name };

    private static List<Rbacv1Subject> ToSubjects(BindingObject binding) =>
        [.. binding.Subjects.Select(subject => new Rbacv1Subject
        {
            ApiGroup = subject.ApiGroup,
            Kind = subject.Kind,
            Name = subject.Name,
            NamespaceProperty = subject.Namespace.Length == 0 ? null : subject.Namespace,
        })];

    private static Dictionary<string, string> Copy(IDictionary<string, string>? keys) => keys is null ? [] : new(keys);

    private static DateTimeOffset? Utc(DateTime? time) => time is { } value ? new DateTimeOffset(DateTime.SpecifyKind(value, DateTimeKind.Utc)) : null;
}
