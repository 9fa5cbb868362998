using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>Whether one rule reaches one resource with one of some verbs.</summary>
internal static class RuleMatch
{
    /// <summary>The verbs of the target that the rule allows; a target with the resource <c>*</c> is any kind of its group. A request that carries no name is allowed by no rule with names.</summary>
    internal static ImmutableArray<string> Verbs(PolicyRule rule, Target target)
    {
        var (resource, subresource) = target.Split();
        if (!Evaluator.MatchesResource(rule, target.ApiGroup, resource, subresource) && !(resource == PolicyRule.All && rule.ApiGroups.Contains(target.ApiGroup))) return [];
        return [.. target.Verbs.Where(verb => Evaluator.MatchesVerb(rule, verb)
            && (rule.ResourceNames.IsEmpty || (verb != "deletecollection" && (verb != "create" || subresource.Length > 0))))];
    }

    /// <summary>Whether a RoleBinding can never give it. <c>bind</c> is asked for in the namespace of the new binding.</summary>
    internal static bool NeedsCluster(Target target) =>
        !target.Verbs.Contains("bind") && KindWords.IsClusterScoped(target.ApiGroup, target.Split().Resource);
}
