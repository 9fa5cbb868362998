using System.Globalization;

namespace Lapse.Domain.Rbac;

/// <summary>Says what a role allows in plain sentences.</summary>
public static class RoleInWords
{
    private static readonly RoleRules Everything =
        RoleRules.From([new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }]);

    private static readonly Target[] RoleWrites =
        [.. SpecialAbilities.Table
            .Where(ability => ability.Code is Special.ChangeRoles or Special.ChangeBindings or Special.BindRoles or Special.EscalateRoles)
            .SelectMany(ability => ability.Targets)];

    /// <summary>What somebody with this role can do where it is bound, the most dangerous first.</summary>
    /// <param name="rules">The role's rules.</param>
    /// <param name="namespaceName">
    /// The namespace of the binding, or <see langword="null"/> if it is cluster-wide. What a binding in a namespace can
    /// never give (nodes, webhooks, other paths) is left out.
    /// </param>
    /// <returns>Dangerous abilities, then changes, then reads, then what it cannot do.</returns>
    public static IReadOnlyList<RoleAbility> Describe(RoleRules rules, string? namespaceName)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (Escalation.Covers(rules, Everything)) return [OfEverything(namespaceName)];

        var abilities = Specials(rules, namespaceName).Concat(KindAbilities.Of(rules, namespaceName)).ToList();
        if (namespaceName is null) abilities.AddRange(Urls(rules));
        if (abilities.Count == 0) return [new RoleAbility("Cannot do anything.", RoleDanger.None, null)];
        abilities.AddRange(Limits(rules, abilities));

        // OrderBy keeps the order of the table among equals.
        return [.. abilities.OrderByDescending(ability => ability.Danger)];
    }

    /// <summary>Short lines for single permissions, such as <c>delete secrets (core)</c>; sorted, each once.</summary>
    public static IReadOnlyList<string> Atoms(IEnumerable<PolicyRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return [.. RoleRules.From(rules).Atoms().Select(Line).Distinct()];
    }

    internal static string Join(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "",
        1 => words[0],
        _ => $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}",
    };

    /// <summary>Two kinds and a count; up to three in full.</summary>
    internal static string Few(IReadOnlyList<string> kinds) => kinds.Count <= 3
        ? Join(kinds)
        : string.Create(CultureInfo.InvariantCulture, $"{kinds[0]}, {kinds[1]} and {kinds.Count - 2} more kinds");

    private static RoleAbility OfEverything(string? namespaceName) => namespaceName is null
        ? new("Can do everything in the whole cluster.", RoleDanger.Dangerous,
            "Every Secret, every node, every role: also what does away with Lapse itself.")
        : new($"Can do everything in {namespaceName}.", RoleDanger.Dangerous,
            "Every Secret, every service account and every binding of this namespace.");

    private static IEnumerable<RoleAbility> Specials(RoleRules rules, string? namespaceName)
    {
        foreach (var ability in SpecialAbilities.Table)
        {
            var reached = ability.Within(namespaceName is null)
                .Select(target => (Target: target, Reach: Reach.Of(rules, [target])))
                .Where(found => found.Reach.Any)
                .ToList();
            if (reached.Count == 0) continue;

            var kinds = KindAbilities.Sorted(reached.Select(found => KindWords.Of(found.Target.ApiGroup, found.Target.Resource)));
            if (ability.Code == Special.ChangeNamespaces && namespaceName is not null)
            {
                // Inside a namespace this can only be the Namespace itself, and nothing is created there.
                var own = Reach.Of(rules, [new Target("", "namespaces", "update", "patch", "delete")]);
                if (own.All || own.Names.Contains(namespaceName))
                    yield return new($"Can change or delete the Namespace {namespaceName} itself.", ability.Danger, ability.Reason);
                continue;
            }

            var clusterScoped = reached.All(found => KindWords.IsClusterScoped(found.Target.ApiGroup, found.Target.Split().Resource));
            var where = namespaceName is not null ? $" in {namespaceName}"
                : clusterScoped || ability.Code == Special.ChangeNamespaces ? ""
                : " in every namespace";
            var can = string.Format(CultureInfo.InvariantCulture, ability.Can, Few(kinds));
            yield return new($"Can {can}{Only(reached.Select(found => found.Reach))}{where}.", ability.Danger, ability.Reason);
        }
    }

    private static string Only(IEnumerable<Reach> reached)
    {
        var all = reached.ToList();
        if (all.Any(reach => reach.All)) return "";
        var names = all.SelectMany(reach => reach.Names).Distinct().Order(StringComparer.Ordinal).ToList();
        return $" (only {Join(names)})";
    }

    private static IEnumerable<RoleAbility> Urls(RoleRules rules)
    {
        var urls = rules.Rules.SelectMany(rule => rule.NonResourceUrls).Distinct().Order(StringComparer.Ordinal).ToList();
        if (urls.Count == 0) yield break;
        var reads = rules.Rules.Where(rule => !rule.NonResourceUrls.IsEmpty).SelectMany(rule => rule.Verbs)
            .All(verb => verb is "get" or "head" or "options");
        var which = urls.Contains(PolicyRule.All) ? "every address"
            : urls.Count <= 3 ? Join(urls)
            : string.Create(CultureInfo.InvariantCulture, $"{urls[0]}, {urls[1]} and {urls.Count - 2} more addresses");
        yield return new($"Can {(reads ? "read" : "call")} {which} of the API server itself.",
            reads ? RoleDanger.None : RoleDanger.Notable, urls.Count > 3 ? string.Join(", ", urls) : null);
    }

    private static IEnumerable<RoleAbility> Limits(RoleRules rules, List<RoleAbility> abilities)
    {
        if (abilities.All(ability => ability.Danger == RoleDanger.None))
        {
            yield return new RoleAbility("Cannot change anything.", RoleDanger.None, null);
            if (!Reach.Of(rules, [new Target("", "secrets", "get", "list", "watch")]).Any)
                yield return new RoleAbility("Cannot read Secrets.", RoleDanger.None, null);
        }
        else if (!Reach.Of(rules, RoleWrites).Any)
        {
            var indirect = abilities.Any(ability => ability.Danger == RoleDanger.Dangerous);
            yield return new RoleAbility("Cannot change roles.", RoleDanger.None,
                indirect ? "Not by itself; a service account that it can use may be able to." : null);
        }
    }

    private static string Line(PolicyRule atom)
    {
        var verb = atom.Verbs[0] == PolicyRule.All ? "do anything with" : atom.Verbs[0];
        if (!atom.NonResourceUrls.IsEmpty)
            return $"{verb} {(atom.NonResourceUrls[0] == PolicyRule.All ? "every address of the API server" : atom.NonResourceUrls[0])}";
        var resource = atom.Resources[0] == PolicyRule.All ? "every resource" : atom.Resources[0];
        var name = atom.ResourceNames.IsEmpty ? "" : $" \"{atom.ResourceNames[0]}\"";
        var group = atom.ApiGroups[0] switch { "" => "core", PolicyRule.All => "every group", var named => named };
        return $"{verb} {resource}{name} ({group})";
    }
}
