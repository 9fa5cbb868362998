using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.State;

/// <summary>What every object has that the audit looks at.</summary>
public abstract record RbacObject
{
    /// <summary>The namespace; empty for what lives outside of namespaces.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = NoTexts;

    /// <summary>The annotations.</summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = NoTexts;

    /// <summary>The UID; empty in a manifest.</summary>
    public string Uid { get; init; } = "";

    /// <summary>When it was made; <see langword="null"/> in a manifest.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>No labels or annotations, sorted by UTF-16 code unit.</summary>
    public static ImmutableSortedDictionary<string, string> NoTexts { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The kind of the API, such as <c>ClusterRole</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Such as <c>RoleBinding payments/ci</c>.</summary>
    public string Reference => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>A Role, or without a namespace a ClusterRole.</summary>
public sealed record RoleObject : RbacObject
{
    /// <summary>The rules as they are written. Of an aggregated ClusterRole those that the controller wrote, or the union for manifests.</summary>
    public ImmutableArray<PolicyRule> Rules { get; init; } = [];

    /// <summary>The selectors of an aggregated ClusterRole; empty for every other role.</summary>
    public ImmutableArray<LabelSelector> Aggregates { get; init; } = [];

    /// <summary>Whether it is a ClusterRole.</summary>
    public bool IsClusterRole => Namespace.Length == 0;

    /// <inheritdoc/>
    public override string Kind => IsClusterRole ? "ClusterRole" : "Role";
}

/// <summary>Which role a binding gives: a ClusterRole, or a Role of the binding's namespace.</summary>
/// <param name="Kind"><c>ClusterRole</c> or <c>Role</c>; any other kind is found nowhere.</param>
/// <param name="Name">The name.</param>
public sealed record RoleReference(string Kind, string Name);

/// <summary>A RoleBinding, or without a namespace a ClusterRoleBinding.</summary>
public sealed record BindingObject : RbacObject
{
    /// <summary>The role that it gives; it may not exist.</summary>
    public required RoleReference Role { get; init; }

    /// <summary>Whom it names.</summary>
    public ImmutableArray<BindingSubject> Subjects { get; init; } = [];

    /// <summary>Whether it is a ClusterRoleBinding.</summary>
    public bool IsClusterWide => Namespace.Length == 0;

    /// <inheritdoc/>
    public override string Kind => IsClusterWide ? "ClusterRoleBinding" : "RoleBinding";
}

/// <summary>A ServiceAccount.</summary>
public sealed record ServiceAccountObject : RbacObject
{
    /// <summary>Whether Pods get its token without asking; <see langword="null"/> means yes.</summary>
    public bool? AutomountsToken { get; init; }

    /// <summary>Who it is.</summary>
    public Subject Subject => Subject.OfAccount(Namespace, Name);

    /// <inheritdoc/>
    public override string Kind => "ServiceAccount";
}

/// <summary>A Namespace.</summary>
public sealed record NamespaceObject : RbacObject
{
    /// <inheritdoc/>
    public override string Kind => "Namespace";
}

/// <summary>A Pod, or what makes Pods: who runs in it, and what it may do to its node.</summary>
public sealed record WorkloadObject : RbacObject
{
    /// <summary>The kind of the API, such as <c>Deployment</c>.</summary>
    public required string WorkloadKind { get; init; }

    /// <summary>The ServiceAccount in the same namespace; <c>default</c> where none is named.</summary>
    public string ServiceAccount { get; init; } = "default";

    /// <summary>What the Pod says of mounting the token; <see langword="null"/> leaves it to the ServiceAccount.</summary>
    public bool? AutomountsToken { get; init; }

    /// <summary>The node that a Pod runs on; empty where none is known.</summary>
    public string Node { get; init; } = "";

    /// <summary>Whether something in it is privileged, or shares the node's namespaces or disk.</summary>
    public bool ReachesItsNode { get; init; }

    /// <summary>The kind and name of what owns it, such as <c>ReplicaSet web-5d9</c>; empty for nothing.</summary>
    public string Owner { get; init; } = "";

    /// <inheritdoc/>
    public override string Kind => WorkloadKind;
}

/// <summary>A Secret that holds the token of a ServiceAccount. Its content is never read.</summary>
public sealed record TokenSecretObject : RbacObject
{
    /// <summary>The ServiceAccount of the same namespace.</summary>
    public required string ServiceAccount { get; init; }

    /// <inheritdoc/>
    public override string Kind => "Secret";
}
