using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>
/// Takes rules apart into atoms (one group, resource, verb and at most one name; or one URL and verb) and puts a set of
/// atoms together again in one way only. What a rule allows, and what it covers, is exactly what its atoms do.
/// </summary>
public static class RuleAtoms
{
    /// <summary>More atoms than this are refused, so that one crafted role cannot exhaust the portal. An <c>admin</c> has about 700.</summary>
    public const int Max = 200_000;

    /// <summary>The atoms of one rule, in the order in which the API server's <c>BreakdownRule</c> makes them.</summary>
    /// <remarks>Source: k8s.io/component-helpers, auth/rbac/validation/policy_comparator.go.</remarks>
    public static IEnumerable<PolicyRule> Of(PolicyRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var names = rule.ResourceNames.IsEmpty ? [[]] : rule.ResourceNames.Select(name => ImmutableArray.Create(name));
        var resources =
            from @group in rule.ApiGroups
            from resource in rule.Resources
            from verb in rule.Verbs
            from name in names
            select new PolicyRule { ApiGroups = [@group], Resources = [resource], Verbs = [verb], ResourceNames = name };
        var urls =
            from url in rule.NonResourceUrls
            from verb in rule.Verbs
            select new PolicyRule { NonResourceUrls = [url], Verbs = [verb] };
        return resources.Concat(urls);
    }

    /// <summary>How many atoms a rule has, without making them; <see cref="long.MaxValue"/> where that is too many to count.</summary>
    internal static long Count(PolicyRule rule)
    {
        try
        {
            checked
            {
                var (verbs, names) = ((long)rule.Verbs.Length, (long)Math.Max(1, rule.ResourceNames.Length));
                return (rule.ApiGroups.Length * (long)rule.Resources.Length * verbs * names) + (rule.NonResourceUrls.Length * verbs);
            }
        }
        catch (OverflowException)
        {
            return long.MaxValue;
        }
    }

    /// <summary>The distinct atoms of all rules.</summary>
    /// <exception cref="FormatException">There are more than <see cref="Max"/>.</exception>
    internal static HashSet<PolicyRule> OfAll(IEnumerable<PolicyRule> rules)
    {
        var atoms = new HashSet<PolicyRule>();
        var seen = 0;
        foreach (var atom in rules.SelectMany(Of))
        {
            if (++seen > Max) throw new FormatException($"The rules of this role come to more than {Max} single permissions.");
            atoms.Add(atom);
        }

        return atoms;
    }

    /// <summary>The fewest-looking rules with exactly these atoms: a function of the set alone, sorted throughout.</summary>
    internal static ImmutableArray<PolicyRule> Compact(IEnumerable<PolicyRule> atoms)
    {
        var verbs = Merge(atoms, rule => rule with { Verbs = [] }, rule => rule.Verbs, (rule, all) => rule with { Verbs = all });
        var (open, named) = (verbs.Where(rule => rule.ResourceNames.IsEmpty), verbs.Where(rule => !rule.ResourceNames.IsEmpty));
        // Rules without names never merge with named ones: an empty list means any name.
        var names = open.Concat(Merge(
            named, rule => rule with { ResourceNames = [] }, rule => rule.ResourceNames, (rule, all) => rule with { ResourceNames = all }));
        var resources = Merge(
            names, rule => rule with { Resources = [], NonResourceUrls = [] },
            rule => rule.Resources.IsEmpty ? rule.NonResourceUrls : rule.Resources,
            (rule, all) => rule.ApiGroups.IsEmpty ? rule with { NonResourceUrls = all } : rule with { Resources = all });
        var groups = Merge(resources, rule => rule with { ApiGroups = [] }, rule => rule.ApiGroups, (rule, all) => rule with { ApiGroups = all });
        return [.. groups.Order(PolicyRuleOrder.Instance)];
    }

    private static List<PolicyRule> Merge(
        IEnumerable<PolicyRule> rules,
        Func<PolicyRule, PolicyRule> without,
        Func<PolicyRule, ImmutableArray<string>> list,
        Func<PolicyRule, ImmutableArray<string>, PolicyRule> with) =>
        [.. rules.GroupBy(without).Select(alike =>
            with(alike.Key, [.. alike.SelectMany(rule => list(rule)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]))];
}
