using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.State;

/// <summary>
/// What the API server's controller writes into aggregated ClusterRoles. A cluster's own roles have it already; for
/// manifests it is computed here.
/// </summary>
/// <remarks>Source: kubernetes, pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go (syncClusterRole).</remarks>
public static class Aggregation
{
    /// <summary>
    /// The state with the rules of every aggregated ClusterRole replaced by the union of those that it selects. They begin
    /// empty and only grow, so that roles which select each other come to an end.
    /// </summary>
    public static RbacState Computed(RbacState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Roles.All(role => role.Aggregates.IsEmpty)) return state;
        var roles = state.Roles.Select(role => role.Aggregates.IsEmpty ? role : role with { Rules = [] }).ToArray();
        var places = Enumerable.Range(0, roles.Length)
            .Where(place => roles[place].IsClusterRole)
            // Of two with the same name only the later counts.
            .GroupBy(place => roles[place].Name, (_, same) => same.Last(), StringComparer.Ordinal)
            .OrderBy(place => roles[place].Name, StringComparer.Ordinal)
            .ToArray();
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var place in places.Where(place => !roles[place].Aggregates.IsEmpty))
            {
                var union = Union(roles[place], places.Select(other => roles[other]));
                if (union.Length == roles[place].Rules.Length) continue;
                roles[place] = roles[place] with { Rules = union };
                grew = true;
            }
        }

        return state with { Roles = [.. roles] };
    }

    // A role that selects itself is passed over, as the controller does.
    private static ImmutableArray<PolicyRule> Union(RoleObject aggregated, IEnumerable<RoleObject> others)
    {
        var selected = others.Where(role => role.Name != aggregated.Name).ToList();
        var rules = new List<PolicyRule>();
        var seen = new HashSet<PolicyRule>();
        foreach (var selector in aggregated.Aggregates)
            rules.AddRange(selected.Where(role => selector.Matches(role.Labels)).SelectMany(role => role.Rules).Where(seen.Add));
        return [.. rules];
    }
}
