using Lapse.Domain.Rbac.Paths;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Asks who becomes administrator of a cluster, and how.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Search">Part of a subject's name; empty for all.</param>
/// <param name="OnlyCertain">Whether ways that assume something are left out.</param>
/// <param name="WithKubernetes">Whether those are shown, too, who have it by bindings that Kubernetes brings alone.</param>
public sealed record RbacPathsAsk(string Cluster, string Search, bool OnlyCertain, bool WithKubernetes);

/// <summary>Who becomes administrator of a cluster.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Paths">A shortest way of each subject, the shortest first; at most <see cref="Most"/>.</param>
/// <param name="Total">How many subjects there are.</param>
/// <param name="Hidden">How many more there are by Kubernetes' own bindings alone.</param>
/// <param name="NotComplete">What could not be read, so that there may be more.</param>
public sealed record RbacPathsView(RbacHead Head, IReadOnlyList<AttackPath> Paths, int Total, int Hidden, IReadOnlyList<string> NotComplete)
{
    /// <summary>The most ways that are shown.</summary>
    public const int Most = 500;

    /// <summary>How many more there are by a group alone that everybody is in, whose way is shown.</summary>
    public int ByEverybody { get; init; }
}
