using System.Collections.Immutable;
using k8s.Models;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Rules of the API to those of the domain.</summary>
internal static class RuleMapping
{
    public static IEnumerable<PolicyRule> From(IList<V1PolicyRule>? rules) => (rules ?? []).Select(rule => new PolicyRule
    {
        Verbs = Copy(rule.Verbs),
        ApiGroups = Copy(rule.ApiGroups),
        Resources = Copy(rule.Resources),
        ResourceNames = Copy(rule.ResourceNames),
        NonResourceUrls = Copy(rule.NonResourceURLs),
    });

    private static ImmutableArray<string> Copy(IList<string>? texts) => texts is null ? [] : [.. texts];
}
