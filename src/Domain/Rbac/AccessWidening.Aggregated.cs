using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

public sealed partial record AccessWidening
{
    // The role itself, and every aggregated ClusterRole whose rules become others by it.
    private static IEnumerable<(RoleObject? Old, RoleObject New)> Changed(RbacIndex before, RoleObject role)
    {
        var old = before.Role(role.Namespace, role.Name);
        var aggregated = before.Roles.Where(other => !other.Aggregates.IsEmpty).ToList();
        var isSelected = role.IsClusterRole && aggregated.Exists(other => Selects(other, role) || (old is not null && Selects(other, old)));
        if (!isSelected && role.Aggregates.IsEmpty) return [(old, role)];

        var (was, becomes) = (Computed(before.Roles, null), Computed(before.Roles, role));
        return
        [
            // What is written takes effect until the controller has been there.
            (old, role with { Rules = [.. role.Rules, .. becomes[role.Name].Rules.Except(role.Rules)] }),
            .. aggregated
                .Where(other => other.Name != role.Name)
                .Select(other => (was[other.Name] with { Rules = [.. other.Rules, .. was[other.Name].Rules.Except(other.Rules)] }, becomes[other.Name]))
                .Select(pair => ((RoleObject?)pair.Item1, pair.Item2)),
        ];
    }

    private static bool Selects(RoleObject aggregated, RoleObject role) => aggregated.Aggregates.Any(selector => selector.Matches(role.Labels));

    private static Dictionary<string, RoleObject> Computed(ImmutableArray<RoleObject> roles, RoleObject? put)
    {
        IEnumerable<RoleObject> all = roles.Where(role => role.IsClusterRole);
        if (put is not null) all = all.Where(role => role.Name != put.Name).Append(put);
        return Aggregation.Computed(new RbacState { Roles = [.. all] }).Roles.ToDictionary(role => role.Name, StringComparer.Ordinal);
    }
}
