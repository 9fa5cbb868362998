namespace Lapse.Domain.Access;

/// <summary>The role that a binding refers to, as the API server has it.</summary>
/// <param name="ApiGroup">Its API group; <see cref="BindingKeys.RbacGroup"/> in every valid binding.</param>
/// <param name="Kind"><c>Role</c> or <c>ClusterRole</c>.</param>
/// <param name="Name">The role's name.</param>
public sealed record BindingRoleRef(string ApiGroup, string Kind, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name}";
}

/// <summary>One subject of a binding.</summary>
/// <param name="Kind"><c>User</c>, <c>Group</c> or <c>ServiceAccount</c>.</param>
/// <param name="ApiGroup">Its API group; empty for a ServiceAccount.</param>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace; empty for users and groups.</param>
public sealed record BindingSubject(string Kind, string ApiGroup, string Name, string Namespace = "")
{
    /// <summary>A user by name.</summary>
    public static BindingSubject User(string name) => new("User", BindingKeys.RbacGroup, name);

    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>A RoleBinding or ClusterRoleBinding, as wanted or as found.</summary>
public sealed record BindingObject
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its namespace; <see langword="null"/> for a ClusterRoleBinding.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The role; nobody can change it once the binding is there.</summary>
    public required BindingRoleRef RoleRef { get; init; }

    /// <summary>Who gets the role.</summary>
    public IReadOnlyList<BindingSubject> Subjects { get; init; } = [];

    /// <summary>Set by the server: tells this object from an earlier one of the same name. Empty for one that is only wanted.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Set by the server: changes with every write to the object. Empty for one that is only wanted.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>Set by the server: when it was made; <see langword="null"/> for one that is only wanted.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Set by the server: it was deleted, but finalizers hold it, and until they are gone it still gives access.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>What holds its deletion up.</summary>
    public IReadOnlyList<string> Finalizers { get; init; } = [];

    /// <summary>The objects that it belongs to, such as <c>Team payments</c>: whatever controls those makes it anew.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>Whether it wears the label of Lapse.</summary>
    public bool WearsOurLabel => Labels.TryGetValue(BindingKeys.ManagedBy, out var value) && value == BindingKeys.ManagedByLapse;
}
