using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The smallest role for what was observed.</summary>
public static class MinimalRole
{
    /// <summary>
    /// Rules that allow exactly these requests and as little else as rules can say: explicit verbs, groups and resources, and
    /// names where every request of a verb on a resource had one and they are few. No verb whose requests carry no name
    /// (<c>create</c>, <c>deletecollection</c>) is ever narrowed to names, since it would allow nothing.
    /// </summary>
    /// <param name="requests">What was allowed and done, of one scope (one namespace, or the whole cluster).</param>
    /// <param name="fewNames">Up to how many names are written down; beyond, any name.</param>
    public static ImmutableArray<PolicyRule> Covering(IEnumerable<AccessQuestion> requests, int fewNames = 5)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var all = requests.ToList();
        var urls = all.Where(request => !request.IsResource).Select(request => new PolicyRule { Verbs = [request.Verb], NonResourceUrls = [request.NonResourceUrl!] });
        var resources = all.Where(request => request.IsResource)
            .GroupBy(request => (request.ApiGroup, Resource: request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}", request.Verb))
            .SelectMany(alike => Atoms(new PolicyRule { ApiGroups = [alike.Key.ApiGroup], Resources = [alike.Key.Resource], Verbs = [alike.Key.Verb] }, alike, fewNames));
        return RuleAtoms.Compact([.. urls.Concat(resources).Distinct()]);
    }

    private static IEnumerable<PolicyRule> Atoms(PolicyRule atom, IEnumerable<AccessQuestion> requests, int fewNames)
    {
        var names = requests.Select(request => request.Name).Distinct(StringComparer.Ordinal).ToList();
        if (atom.Verbs[0] is "create" or "deletecollection" || names.Contains("") || names.Count > fewNames) return [atom];
        return names.Select(name => atom with { ResourceNames = [name] });
    }
}
