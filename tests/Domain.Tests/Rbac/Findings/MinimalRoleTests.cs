using CsCheck;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

public class MinimalRoleTests
{
    [Fact]
    public void Covering_WhatWasSeen_IsExplicitAndSmall()
    {
        var rules = MinimalRole.Covering(
        [
            AccessQuestion.For("get", "", "pods", "a", "dev"), AccessQuestion.For("list", "", "pods", "", "dev"), AccessQuestion.For("get", "", "pods", "b", "dev"),
            AccessQuestion.For("list", "", "services", "", "dev"), AccessQuestion.For("create", "apps", "deployments", "", "dev"), AccessQuestion.For("patch", "apps", "deployments/scale", "web", "dev"),
            AccessQuestion.ForUrl("get", "/metrics"),
        ]);

        Assert.Equal(
            [
                "get /metrics",
                "get pods (core) named a,b",
                "list pods,services (core)",
                "create deployments (apps)",
                "patch deployments/scale (apps) named web",
            ],
            rules.Select(Words));
    }

    [Fact]
    public void Covering_ManyNames_AreNotWrittenDown()
    {
        var requests = Enumerable.Range(0, 6).Select(i => AccessQuestion.For("get", "", "pods", $"p{i}", "dev")).ToList();

        Assert.Equal(["get pods (core)"], MinimalRole.Covering(requests).Select(Words));
        Assert.Equal(["get pods (core) named p0,p1,p2,p3,p4"], MinimalRole.Covering(requests.Take(5)).Select(Words));
        Assert.Equal(["get pods (core)"], MinimalRole.Covering(requests.Take(1).Append(AccessQuestion.For("get", "", "pods"))).Select(Words));
    }

    [Fact]
    public void Covering_Nothing_IsNoRule() => Assert.Empty(MinimalRole.Covering([]));

    [Fact]
    public void Covering_AnyRequests_AllowsThemAllWithoutWildcards() =>
        RbacGen.Question.Array[0, 30].Sample(questions =>
        {
            var rules = MinimalRole.Covering(questions);
            return questions.All(question => rules.Any(rule => Evaluator.Allows(rule, question)))
                && rules.All(rule => !rule.Verbs.Contains("*") && !rule.Resources.Contains("*") && !rule.ApiGroups.Contains("*"))
                && rules.All(rule => rule.ResourceNames.IsEmpty || !rule.Verbs.Any(verb => verb is "create" or "deletecollection"));
        });

    [Fact]
    public void Covering_AnyRequests_AllowsNoOtherVerbOrResource() =>
        Gen.Select(RbacGen.Question.Array[0, 10], RbacGen.Question).Sample((questions, other) =>
            !MinimalRole.Covering(questions).Any(rule => Evaluator.Allows(rule, other))
            || questions.Any(question => question.Verb == other.Verb && question.ApiGroup == other.ApiGroup && question.Resource == other.Resource && question.Subresource == other.Subresource && question.NonResourceUrl == other.NonResourceUrl));

    private static string Words(PolicyRule rule) => rule.Resources.IsEmpty
        ? $"{string.Join(",", rule.Verbs)} {string.Join(",", rule.NonResourceUrls)}"
        : $"{string.Join(",", rule.Verbs)} {string.Join(",", rule.Resources)} ({string.Join(",", rule.ApiGroups.Select(group => group.Length == 0 ? "core" : group))}){(rule.ResourceNames.IsEmpty ? "" : $" named {string.Join(",", rule.ResourceNames)}")}";
}
