namespace Lapse.Domain.Rbac;

/// <summary>
/// Chooses one request by which a SubjectAccessReview can tell whether a binding to a role works. The review executes
/// nothing, so the request need not make sense beyond being allowed by the role's rules and by nothing else.
/// </summary>
public static class ProbeQuestion
{
    // Stands in for a resource, object or path that a wildcard leaves open.
    private const string Anything = "lapse-probe";

    /// <summary>A request that these rules allow; the caller adds the binding's namespace if it has one.</summary>
    /// <param name="rules">The role's rules.</param>
    /// <param name="clusterWide">Whether the binding is a ClusterRoleBinding: only that gives non-resource URLs.</param>
    /// <returns>
    /// Preferably a change of an ordinary namespaced resource, since that tells most: who may merely read answers it with no.
    /// <see langword="null"/> if no rule can be asked for, which a caller treats as a role that cannot be granted.
    /// </returns>
    public static AccessQuestion? For(RoleRules rules, bool clusterWide)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return rules.Atoms()
            .Where(atom => clusterWide || atom.NonResourceUrls.IsEmpty)
            .Select(Concrete)
            .OfType<AccessQuestion>()
            // Never trust the choice more than the evaluator.
            .Where(question => Evaluator.Allows(rules, question))
            .MinBy(question => Rank(question, clusterWide));
    }

    private static AccessQuestion? Concrete(PolicyRule atom)
    {
        var isUrl = !atom.NonResourceUrls.IsEmpty;
        var isNamed = !atom.ResourceNames.IsEmpty;
        // Any verb: the one that tells most and makes sense there.
        var verb = atom.Verbs[0] == PolicyRule.All ? isUrl ? "get" : isNamed ? "update" : "create" : atom.Verbs[0];
        if (verb.Length == 0) return null;
        if (isUrl)
        {
            var url = atom.NonResourceUrls[0];
            if (url.EndsWith('*')) url = url.TrimEnd('*') + Anything;
            return url.StartsWith('/') ? AccessQuestion.ForUrl(verb, url)
                : url == Anything ? AccessQuestion.ForUrl(verb, "/" + Anything)
                : null;
        }

        var name = isNamed ? atom.ResourceNames[0] : "";
        var group = atom.ApiGroups[0] == PolicyRule.All ? "" : atom.ApiGroups[0];
        var question = AccessQuestion.For(verb, group, atom.Resources[0], name);
        if (question.Resource == PolicyRule.All) question = question with { Resource = SomeResource(group) };

        // 'pods/*' is no wildcard and names nothing; an empty resource neither; and no real create or deletecollection
        // of an object carries a name, so a rule that asks for one gives nothing.
        var namesNothing = question.Resource.Length == 0 || question.Subresource == PolicyRule.All || (isNamed && name.Length == 0);
        var neverNamed = name.Length > 0 && (verb == "deletecollection" || (verb == "create" && question.Subresource.Length == 0));
        return namesNothing || neverNamed ? null : question;
    }

    private static (int, int, int, int, int) Rank(AccessQuestion question, bool clusterWide) => (
        question.IsResource ? 0 : 1,
        !clusterWide && KindWords.IsClusterScoped(question.ApiGroup, question.Resource) ? 1 : 0,
        question.Verb switch { "create" => 0, "update" or "patch" => 1, "delete" => 2, "get" => 3, "list" => 4, "watch" => 5, _ => 6 },
        (question.Name.Length > 0 ? 1 : 0) + (question.Subresource.Length > 0 ? 2 : 0),
        question is { ApiGroup: "", Resource: "secrets" } ? 1 : 0);

    private static string SomeResource(string group) => group switch
    {
        "" => "pods",
        "apps" => "deployments",
        "batch" => "jobs",
        "networking.k8s.io" => "networkpolicies",
        "rbac.authorization.k8s.io" => "roles",
        _ => Anything,
    };
}
