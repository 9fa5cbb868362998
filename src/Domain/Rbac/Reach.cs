using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>How far rules reach for one kind of act: to nothing, to named objects, or to all of a kind.</summary>
/// <param name="All">Every object.</param>
/// <param name="Names">The objects named, sorted, if not all.</param>
internal readonly record struct Reach(bool All, ImmutableArray<string> Names)
{
    private static readonly ImmutableArray<string> None = [];

    /// <summary>Whether there is anything it reaches.</summary>
    internal bool Any => All || !Names.IsEmpty;

    /// <summary>What the rules reach with at least one of these verbs on at least one of these resources.</summary>
    internal static Reach Of(RoleRules rules, IReadOnlyList<Target> targets)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules.Rules)
        {
            foreach (var target in targets)
            {
                var (resource, subresource) = target.Split();
                if (!Evaluator.MatchesResource(rule, target.ApiGroup, resource, subresource)) continue;
                foreach (var verb in target.Verbs.Where(verb => Evaluator.MatchesVerb(rule, verb)))
                {
                    if (rule.ResourceNames.IsEmpty) return new Reach(true, None);
                    // Such a request carries no name, so a rule with names never matches it.
                    if (verb == "deletecollection" || (verb == "create" && subresource.Length == 0)) continue;
                    names.UnionWith(rule.ResourceNames);
                }
            }
        }

        return new Reach(false, [.. names]);
    }
}

/// <summary>Some verbs on one resource.</summary>
internal readonly record struct Target(string ApiGroup, string Resource, params string[] Verbs)
{
    internal (string Resource, string Subresource) Split()
    {
        var slash = Resource.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (Resource, "") : (Resource[..slash], Resource[(slash + 1)..]);
    }

    /// <summary>Whether a rule names it, by itself or by a wildcard: what <see cref="Evaluator"/> asks of group and resource, without making texts.</summary>
    internal bool IsNamedBy(PolicyRule rule)
    {
        var group = false;
        foreach (var one in rule.ApiGroups) group |= one == PolicyRule.All || one == ApiGroup;
        if (!group) return false;
        foreach (var one in rule.Resources)
        {
            if (one == PolicyRule.All || one == Resource) return true;
            if (one.StartsWith("*/", StringComparison.Ordinal) && Resource.AsSpan().EndsWith(one.AsSpan(1), StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
