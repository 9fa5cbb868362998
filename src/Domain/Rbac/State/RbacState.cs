using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.State;

/// <summary>Something that could not be read or understood: what depends on it is not evaluated, never passed.</summary>
/// <param name="What">What is missing, such as <c>secrets</c> or the place of a manifest.</param>
/// <param name="Why">Why, in a sentence: the rule that is wanted, or what is wrong with the document.</param>
public sealed record Gap(string What, string Why);

/// <summary>A kind that an API server serves, for names and completion.</summary>
/// <param name="ApiGroup">The group; empty is the core group.</param>
/// <param name="Resource">The plural, with a subresource after a slash.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespaced">Whether its objects live in namespaces.</param>
/// <param name="Verbs">What it can be asked.</param>
public sealed record ServedResource(string ApiGroup, string Resource, string Kind, bool Namespaced, ImmutableArray<string> Verbs);

/// <summary>All that is known of who may do what in a cluster, or in a folder of manifests, at one moment.</summary>
public sealed record RbacState
{
    /// <summary>The parts of a state by the resource that they are read from; a <see cref="Gap"/> may name any of them.</summary>
    public static ImmutableArray<string> Parts { get; } =
        ["roles", "clusterroles", "rolebindings", "clusterrolebindings", "serviceaccounts", "namespaces", "workloads", "tokens"];

    /// <summary>Roles and ClusterRoles.</summary>
    public ImmutableArray<RoleObject> Roles { get; init; } = [];

    /// <summary>RoleBindings and ClusterRoleBindings.</summary>
    public ImmutableArray<BindingObject> Bindings { get; init; } = [];

    /// <summary>ServiceAccounts.</summary>
    public ImmutableArray<ServiceAccountObject> ServiceAccounts { get; init; } = [];

    /// <summary>Namespaces.</summary>
    public ImmutableArray<NamespaceObject> Namespaces { get; init; } = [];

    /// <summary>Pods and what makes them.</summary>
    public ImmutableArray<WorkloadObject> Workloads { get; init; } = [];

    /// <summary>Secrets that hold tokens of ServiceAccounts, without their content.</summary>
    public ImmutableArray<TokenSecretObject> Tokens { get; init; } = [];

    /// <summary>What the cluster serves; empty for manifests.</summary>
    public ImmutableArray<ServedResource> Served { get; init; } = [];

    /// <summary>What could not be read.</summary>
    public ImmutableArray<Gap> Gaps { get; init; } = [];

    /// <summary>Every object that was read.</summary>
    public IEnumerable<RbacObject> Objects =>
        [.. Roles, .. Bindings, .. ServiceAccounts, .. Namespaces, .. Workloads, .. Tokens];

    /// <summary>Whether a part was read completely.</summary>
    /// <param name="part">One of <see cref="Parts"/>.</param>
    public bool IsKnown(string part) => Gaps.All(gap => gap.What != part);
}
