using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>Whether one rule reaches one resource with one of some verbs.</summary>
internal static class RuleMatch
{
    /// <summary>The verbs of the target that the rule allows; a target with the resource <c>*</c> is any kind of its group. A request that carries no name is allowed by no rule with names.</summary>
    internal static ImmutableArray<string> Verbs(PolicyRule rule, Target target)
    {
        if (!target.IsNamedBy(rule) && !(target.Resource == PolicyRule.All && rule.ApiGroups.Contains(target.ApiGroup))) return [];
        var all = rule.Verbs.Contains(PolicyRule.All);
        var verbs = ImmutableArray.CreateBuilder<string>(target.Verbs.Length);
        foreach (var verb in target.Verbs)
        {
            if (!all && !rule.Verbs.Contains(verb)) continue;
            if (rule.ResourceNames.IsEmpty || (verb != "deletecollection" && (verb != "create" || target.Resource.Contains('/', StringComparison.Ordinal)))) verbs.Add(verb);
        }

        return verbs.ToImmutable();
    }

    /// <summary>Whether a RoleBinding can never give it. <c>bind</c> is asked for in the namespace of the new binding.</summary>
    internal static bool NeedsCluster(Target target) =>
        !target.Verbs.Contains("bind") && KindWords.IsClusterScoped(target.ApiGroup, target.Split().Resource);
}
