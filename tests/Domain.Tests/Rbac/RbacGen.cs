using System.Collections.Immutable;
using CsCheck;
using Lapse.Domain.Rbac;

namespace Lapse.Domain.Tests.Rbac;

/// <summary>Random rules and questions over a small vocabulary, so that they meet often.</summary>
internal static class RbacGen
{
    private static readonly string[] Verbs = ["get", "list", "create", "deletecollection", "escalate", "*"];
    private static readonly string[] Groups = ["", "apps", "example.com", "*"];
    private static readonly string[] Resources = ["pods", "pods/log", "deployments", "deployments/scale", "*/scale", "pods/*", "*"];
    private static readonly string[] Names = ["a", "b"];
    private static readonly string[] Urls = ["/metrics", "/apis", "/apis/*", "/apis/x", "/ap*", "*"];

    internal static readonly Gen<PolicyRule> Rule = Gen.Frequency(
        (5, Gen.Select(Some(Verbs, 1), Some(Groups, 1), Some(Resources, 1), Some(Names, 0), (verbs, groups, resources, names) =>
            new PolicyRule { Verbs = verbs, ApiGroups = groups, Resources = resources, ResourceNames = names })),
        (1, Gen.Select(Some(Verbs, 1), Some(Urls, 1), (verbs, urls) => new PolicyRule { Verbs = verbs, NonResourceUrls = urls })));

    internal static readonly Gen<PolicyRule[]> Rules = Rule.Array[0, 5];

    internal static readonly Gen<RoleRules> Role = Rules.Select(RoleRules.From);

    /// <summary>Concrete requests, as a person's client can send them.</summary>
    internal static readonly Gen<AccessQuestion> Question = Gen.Frequency(
        (5, Gen.Select(
            Gen.OneOf("get", "list", "create", "deletecollection", "escalate", "delete"),
            Gen.OneOf("", "apps", "example.com", "batch"),
            Gen.OneOf("pods", "pods/log", "deployments", "deployments/scale", "jobs", "jobs/scale"),
            Gen.OneOf("", "a", "b", "c"),
            (verb, group, resource, name) => AccessQuestion.For(verb, group, resource, name))),
        (1, Gen.Select(
            Gen.OneOf("get", "list", "delete"),
            Gen.OneOf("/metrics", "/apis", "/apis/", "/apis/x", "/apis/y/z", "/api", "/ap", "/"),
            AccessQuestion.ForUrl)));

    private static Gen<ImmutableArray<string>> Some(string[] from, int min) =>
        Gen.OneOf(from).Array[min, 3].Select(items => items.ToImmutableArray());
}
