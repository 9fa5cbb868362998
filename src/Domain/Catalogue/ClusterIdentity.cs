namespace Lapse.Domain.Catalogue;

/// <summary>
/// What one person is called in one cluster. A user name belongs to the first person it was computed for:
/// somebody who takes over an e-mail address does not take over the access that goes with it.
/// </summary>
public sealed class ClusterIdentity
{
    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>The user name as the cluster's authenticator computes it; unique in the cluster.</summary>
    public required string UserName { get; init; }

    /// <summary>Whose it is.</summary>
    public required PersonId PersonId { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset SeenAt { get; init; }
}
