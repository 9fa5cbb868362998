namespace Lapse.Domain.Catalogue;

/// <summary>The kinds of role that a binding can refer to.</summary>
public enum RoleKind
{
    /// <summary>A role of the whole cluster; can also be bound in a namespace.</summary>
    ClusterRole,

    /// <summary>A role of one namespace.</summary>
    Role,
}

/// <summary>A role as a binding refers to it.</summary>
/// <param name="Kind">Role or ClusterRole.</param>
/// <param name="Name">Its name in the cluster.</param>
public sealed record RoleReference(RoleKind Kind, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name}";
}
