using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The smallest role for what was observed.</summary>
public static class MinimalRole
{
    /// <summary>
    /// Rules that allow exactly these requests and as little else as rules can say: explicit verbs, groups and resources, and
    /// names where every request of a verb on a resource had one and they are few. No verb whose requests carry no name
    /// (<c>create</c>, <c>deletecollection</c>) is ever narrowed to names, since it would allow nothing.
    /// </summary>
    /// <param name="requests">What was allowed and done, of one scope (one namespace, or the whole cluster).</param>
    /// <param name="fewNames">Up to how many names are written down; beyond, any name.</param>
    public static ImmutableArray<PolicyRule> Covering(IEnumerable<AccessQuestion> requests, int fewNames = 5)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return [];
    }
}
