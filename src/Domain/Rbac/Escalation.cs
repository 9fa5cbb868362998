using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>
/// Whether one set of rules gives no more than another, exactly as the API server's escalation check decides it. An
/// enumeration never covers <c>*</c>, a rule with names never covers one without, <c>*/scale</c> covers
/// <c>deployments/scale</c>, and each single permission must be covered by one rule of the owner.
/// </summary>
/// <remarks>Source: k8s.io/component-helpers, auth/rbac/validation/policy_comparator.go (Covers, ruleCovers).</remarks>
public static class Escalation
{
    /// <summary>Whether whoever has <paramref name="owner"/> gains nothing by <paramref name="servant"/>.</summary>
    public static bool Covers(RoleRules owner, RoleRules servant) => Uncovered(owner, servant).Count == 0;

    /// <summary>The single permissions of <paramref name="servant"/> that no rule of <paramref name="owner"/> covers, sorted.</summary>
    public static IReadOnlyList<PolicyRule> Uncovered(RoleRules owner, RoleRules servant)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(servant);
        return Uncovered(owner.Rules, servant.Atoms());
    }

    /// <summary>The same for rules as they are written, in the order in which the API server names them.</summary>
    public static IReadOnlyList<PolicyRule> Uncovered(IEnumerable<PolicyRule> owner, IEnumerable<PolicyRule> servant)
    {
        ImmutableArray<PolicyRule> owned = [.. owner];
        return [.. servant.SelectMany(RuleAtoms.Of).Where(atom => !owned.Any(rule => Covers(rule, atom)))];
    }

    private static bool Covers(PolicyRule owner, PolicyRule atom) =>
        (owner.Verbs.Contains(PolicyRule.All) || HasAll(owner.Verbs, atom.Verbs))
        && (owner.ApiGroups.Contains(PolicyRule.All) || HasAll(owner.ApiGroups, atom.ApiGroups))
        && (owner.Resources.Contains(PolicyRule.All) || atom.Resources.All(resource => CoversResource(owner, resource)))
        && (owner.ResourceNames.IsEmpty || (!atom.ResourceNames.IsEmpty && HasAll(owner.ResourceNames, atom.ResourceNames)))
        && atom.NonResourceUrls.All(url => owner.NonResourceUrls.Any(pattern => CoversUrl(pattern, url)));

    private static bool CoversResource(PolicyRule owner, string resource)
    {
        if (owner.Resources.Contains(resource)) return true;
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        return slash >= 0 && owner.Resources.Contains("*" + resource[slash..]);
    }

    private static bool CoversUrl(string pattern, string url) =>
        pattern == url
        || (pattern.EndsWith('*') && url.StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal));

    private static bool HasAll(ImmutableArray<string> set, ImmutableArray<string> wanted) => wanted.All(text => set.Contains(text));
}
