using CsCheck;
using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class ProbeQuestionTests
{
    [Theory]
    [InlineData("delete,list,get|-|pods,secrets|", "delete  pods")]
    [InlineData("list,get|-|pods,secrets|", "get  pods")]
    [InlineData("get,patch,create|-|secrets,configmaps|", "create  configmaps")]
    [InlineData("*|-|configmaps|a", "update  configmaps a")]
    [InlineData("*|*|*|", "create  pods")]
    [InlineData("*|apps|*|", "create apps deployments")]
    [InlineData("*|example.com|*|", "create example.com lapse-probe")]
    [InlineData("update|apps|*/scale|", "update apps deployments/scale")]
    [InlineData("get,create|-|secrets|db", "get  secrets db")]
    [InlineData("create|-|pods/exec|web-0", "create  pods/exec web-0")]
    [InlineData("get|-|nodes,configmaps|", "get  configmaps")]
    [InlineData("get|-|nodes|", "get  nodes")]
    [InlineData("use|policy|podsecuritypolicies|p", "use policy podsecuritypolicies p")]
    public void For_Rule_IsConcreteAndTellsMost(string rule, string expected)
    {
        var question = ProbeQuestion.For(EscalationTests.Role(rule), clusterWide: false);

        Assert.NotNull(question);
        var resource = question.Subresource.Length == 0 ? question.Resource : $"{question.Resource}/{question.Subresource}";
        Assert.Equal(expected, $"{question.Verb} {question.ApiGroup} {resource} {question.Name}".TrimEnd());
        Assert.Equal("", question.Namespace);
    }

    [Theory]
    [InlineData("get|-|pods/*|")]
    [InlineData("create|-|configmaps|a")]
    [InlineData("deletecollection|-|configmaps|a")]
    public void For_RuleThatGivesNothing_IsNull(string rule) =>
        Assert.Null(ProbeQuestion.For(EscalationTests.Role(rule), clusterWide: true));

    [Fact]
    public void For_NoRules_IsNull() => Assert.Null(ProbeQuestion.For(RoleRules.Empty, clusterWide: true));

    [Theory]
    [InlineData("/metrics", "/metrics")]
    [InlineData("/apis/*", "/apis/lapse-probe")]
    [InlineData("*", "/lapse-probe")]
    public void For_UrlsOnly_IsAskedForClusterWideAlone(string url, string path)
    {
        var rules = RoleRules.From([new PolicyRule { Verbs = ["get"], NonResourceUrls = [url] }]);

        Assert.Equal(AccessQuestion.ForUrl("get", path), ProbeQuestion.For(rules, clusterWide: true));
        Assert.Null(ProbeQuestion.For(rules, clusterWide: false));
    }

    [Fact]
    public void For_AnyRules_IsAllowedByThem() =>
        Gen.Select(RbacGen.Role, Gen.Bool).Sample((role, clusterWide) =>
        {
            var question = ProbeQuestion.For(role, clusterWide);
            return question is null || (Evaluator.Allows(role, question) && (clusterWide || question.IsResource)
                && question.Verb != "*" && question.Resource != "*" && question.Subresource != "*");
        });

    [Fact]
    public void For_RulesWithAnUnnamedRead_IsNeverNull() =>
        Gen.Select(RbacGen.Rules, Gen.Bool).Sample((rules, clusterWide) =>
            ProbeQuestion.For(
                RoleRules.From([.. rules, new PolicyRule { Verbs = ["list"], ApiGroups = ["apps"], Resources = ["deployments"] }]),
                clusterWide) is not null);
}
