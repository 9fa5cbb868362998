using Lapse.Domain.Rbac;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>What a role allows, as people are told before they ask or approve.</summary>
/// <param name="Abilities">In plain words, the most dangerous first; empty when the rules are not known.</param>
/// <param name="Lasting">By what the access could outlive its binding.</param>
/// <param name="Rules">The rules as the cluster has them, a line each.</param>
/// <param name="ReadAt">As of when; <see langword="null"/> when no cluster has said so.</param>
public sealed record RoleFacts(IReadOnlyList<RoleAbility> Abilities, IReadOnlyList<LastingAccessWay> Lasting, IReadOnlyList<string> Rules, DateTimeOffset? ReadAt)
{
    /// <summary>Whether anybody has said what the role allows.</summary>
    public bool AreKnown => Abilities.Count > 0;

    /// <summary>What new access somebody with this role can make that outlives it, in words; <see langword="null"/> if none.</summary>
    public string? Mints => Lasting.Select(way => way.Mints).OfType<string>().ToList() switch
    {
        [] => null,
        [var one] => one,
        [.. var some, var last] => $"{string.Join(", ", some)} and {last}",
    };

    /// <summary>Works them out from the stored rules.</summary>
    /// <param name="rules">Canonical JSON; <see langword="null"/> when the rules are not known.</param>
    /// <param name="namespaces">Where the role is bound; empty means cluster-wide.</param>
    /// <param name="readAt">As of when.</param>
    public static RoleFacts Of(string? rules, IReadOnlyCollection<string> namespaces, DateTimeOffset? readAt)
    {
        if (rules is null) return new([], [], [], readAt);
        var parsed = RoleRules.Parse(rules);
        var clusterWide = namespaces.Count == 0;
        return new(
            RoleInWords.Describe(parsed, clusterWide ? null : RequestWords.Where(namespaces)),
            LastingAccess.Of(parsed, clusterWide),
            [.. parsed.Rules.Select(Line)],
            readAt);
    }

    /// <summary>One rule in a line: <c>apps: deployments, replicasets → get, list, watch</c>.</summary>
    public static string Line(PolicyRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var verbs = string.Join(", ", rule.Verbs);
        if (!rule.NonResourceUrls.IsEmpty) return $"{string.Join(", ", rule.NonResourceUrls)} → {verbs}";
        var groups = string.Join(", ", rule.ApiGroups.Select(group => group.Length == 0 ? "core" : group));
        var names = rule.ResourceNames.IsEmpty ? "" : $" named {string.Join(", ", rule.ResourceNames)}";
        return $"{groups}: {string.Join(", ", rule.Resources)}{names} → {verbs}";
    }
}
