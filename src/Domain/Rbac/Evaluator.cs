namespace Lapse.Domain.Rbac;

/// <summary>
/// Whether rules allow a request, exactly as the API server's RBAC authorizer decides it. Which bindings apply to a person
/// and a namespace is decided before; a namespace in the question plays no part here.
/// </summary>
/// <remarks>
/// Source: kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go (RuleAllows) and pkg/apis/rbac/v1/evaluation_helpers.go.
/// </remarks>
public static class Evaluator
{
    /// <summary>Whether one of the rules allows the request.</summary>
    public static bool Allows(RoleRules rules, AccessQuestion question)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return rules.Rules.Any(rule => Allows(rule, question));
    }

    /// <summary>Whether verb, group, resource and name all match in this one rule.</summary>
    public static bool Allows(PolicyRule rule, AccessQuestion question)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(question);
        if (!MatchesVerb(rule, question.Verb)) return false;
        return question.NonResourceUrl is { } path
            ? rule.NonResourceUrls.Any(pattern => MatchesUrl(pattern, path))
            : MatchesResource(rule, question.ApiGroup, question.Resource, question.Subresource)
              && (rule.ResourceNames.IsEmpty || rule.ResourceNames.Contains(question.Name));
    }

    internal static bool MatchesVerb(PolicyRule rule, string verb) =>
        rule.Verbs.Contains(PolicyRule.All) || rule.Verbs.Contains(verb);

    internal static bool MatchesResource(PolicyRule rule, string apiGroup, string resource, string subresource)
    {
        if (!rule.ApiGroups.Contains(PolicyRule.All) && !rule.ApiGroups.Contains(apiGroup)) return false;
        if (rule.Resources.Contains(PolicyRule.All)) return true;
        if (subresource.Length == 0) return rule.Resources.Contains(resource);
        foreach (var text in rule.Resources)
            if (IsPart(text, resource, subresource) || IsPart(text, PolicyRule.All, subresource)) return true;
        return false;
    }

    // Whether a text is RESOURCE/SUBRESOURCE, without making one: this is asked of every rule.
    private static bool IsPart(string text, string resource, string subresource) =>
        text.Length == resource.Length + 1 + subresource.Length
        && text[resource.Length] == '/'
        && text.StartsWith(resource, StringComparison.Ordinal)
        && text.EndsWith(subresource, StringComparison.Ordinal);

    private static bool MatchesUrl(string pattern, string path) =>
        pattern == PolicyRule.All
        || pattern == path
        || (pattern.EndsWith('*') && path.StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal));
}
