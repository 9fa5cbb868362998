using Lapse.Domain;
using Lapse.Domain.Catalogue;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>What a page says of a cluster.</summary>
/// <param name="Id">The cluster.</param>
/// <param name="Title">What people call it.</param>
/// <param name="State">At a glance.</param>
/// <param name="Message">In words; may be empty.</param>
/// <param name="Percent">How far a start is; <see langword="null"/> when not starting.</param>
/// <param name="CheckedAt">When this was seen; <see langword="null"/> when nobody has looked yet.</param>
/// <param name="Since">Since when it is so.</param>
public sealed record ClusterGlance(ClusterId Id, string Title, ClusterState State, string Message, int? Percent, DateTimeOffset? CheckedAt, DateTimeOffset? Since)
{
    /// <summary>A cluster with what was last seen of it.</summary>
    public static ClusterGlance Of(Cluster cluster, ClusterHealth? health) =>
        new(cluster.Id, cluster.Title, health?.State ?? ClusterState.Unknown, health?.Message ?? "", health?.Percent, health?.CheckedAt, health?.Since);
}
