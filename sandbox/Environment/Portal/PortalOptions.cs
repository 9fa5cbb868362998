namespace Lapse.Sandbox;

/// <summary>How the portal runs in the sandbox.</summary>
public sealed record PortalOptions
{
    /// <summary>Where its keys, its log and its copy of the configuration stay.</summary>
    public required string Folder { get; init; }

    /// <summary>The port for browsers; <see langword="null"/> for any free one.</summary>
    public int? Port { get; init; }

    /// <summary>How the owner of its database reaches it, for <c>migrate</c> and <c>apply</c>.</summary>
    public required string OwnerConnection { get; init; }

    /// <summary>How the portal reaches its database while it serves, as a role that may do less.</summary>
    public required string PortalConnection { get; init; }

    /// <summary>The provider's address for browsers.</summary>
    public required Uri Provider { get; init; }

    /// <summary>The file that says how far the sandbox's cluster is; none when <see langword="null"/>.</summary>
    public string? ClusterStatusFile { get; init; }

    /// <summary>More of its configuration, as environment variables. They win.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}
