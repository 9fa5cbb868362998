namespace Lapse.Domain.Catalogue;

/// <summary>The rules of a role as a cluster last gave them, so that people can ask while the cluster is away.</summary>
public sealed class RoleSnapshot
{
    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>The kind of role.</summary>
    public required RoleKind RoleKind { get; init; }

    /// <summary>The role's name.</summary>
    public required string RoleName { get; init; }

    /// <summary>The namespace of a Role; empty for a ClusterRole.</summary>
    public required string Namespace { get; init; }

    /// <summary>Canonical JSON of the rules (<see cref="Rbac.RoleRules"/>); <see langword="null"/> when the role does not exist.</summary>
    public string? Rules { get; set; }

    /// <summary>When the cluster said so; <see langword="null"/> when an operator did and no cluster confirmed it yet.</summary>
    public DateTimeOffset? ReadAt { get; set; }
}
