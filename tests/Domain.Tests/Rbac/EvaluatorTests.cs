using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class EvaluatorTests
{
    // verbs | groups | resources | names  against  verb | group | resource | name. A dash is the empty text.
    [Theory]
    [InlineData("get|-|pods|", "get|-|pods|x", true)]
    [InlineData("get|-|pods|", "list|-|pods|", false)]
    [InlineData("get|-|pods|", "GET|-|pods|x", false)]
    [InlineData("*|-|pods|", "impersonate|-|pods|x", true)]
    [InlineData("get|-|pods|", "*|-|pods|", false)]
    [InlineData("delete|-|pods|", "deletecollection|-|pods|", false)]
    [InlineData("get|-|deployments|", "get|apps|deployments|x", false)]
    [InlineData("get|*|deployments|", "get|apps|deployments|x", true)]
    [InlineData("get|*|deployments|", "get|-|deployments|x", true)]
    [InlineData("get|-,apps|pods,deployments|", "get|apps|deployments|x", true)]
    [InlineData("get|-|pods|", "get|-|pods/log|x", false)]
    [InlineData("get|-|pods/log|", "get|-|pods|x", false)]
    [InlineData("get|-|*|", "get|-|pods/log|x", true)]
    [InlineData("get|-|pods/*|", "get|-|pods/log|x", false)]
    [InlineData("get|-|pods/*|", "get|-|pods|x", false)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments/scale|x", true)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments|x", false)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments/autoscale|x", false)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments/status|x", false)]
    [InlineData("update|apps|*/scale|", "update|-|replicationcontrollers/scale|x", false)]
    [InlineData("get|-|configmaps|a,b", "get|-|configmaps|b", true)]
    [InlineData("get|-|configmaps|a,b", "get|-|configmaps|c", false)]
    [InlineData("create|-|configmaps|a", "create|-|configmaps|", false)]
    [InlineData("deletecollection|-|configmaps|a", "deletecollection|-|configmaps|", false)]
    [InlineData("list|-|configmaps|a", "list|-|configmaps|", false)]
    [InlineData("list|-|configmaps|a", "list|-|configmaps|a", true)]
    [InlineData("watch|-|configmaps|a", "watch|-|configmaps|a", true)]
    public void Allows_Resource_AsTheAuthorizerDoes(string rule, string asked, bool expected)
    {
        var parts = rule.Split('|').Select(List).ToArray();
        var wanted = asked.Split('|').Select(part => part == "-" ? "" : part).ToArray();

        var allowed = Evaluator.Allows(
            RoleRules.From([new PolicyRule { Verbs = [.. parts[0]], ApiGroups = [.. parts[1]], Resources = [.. parts[2]], ResourceNames = [.. parts[3]] }]),
            AccessQuestion.For(wanted[0], wanted[1], wanted[2], wanted[3]));

        Assert.Equal(expected, allowed);
    }

    [Theory]
    [InlineData("/metrics", "/metrics", true)]
    [InlineData("/metrics", "/metrics/", false)]
    [InlineData("/metrics", "/METRICS", false)]
    [InlineData("/apis/*", "/apis/apps", true)]
    [InlineData("/apis/*", "/apis/", true)]
    [InlineData("/apis/*", "/apis", false)]
    [InlineData("/ap*", "/apis", true)]
    [InlineData("/apis**", "/apis/apps", true)]
    [InlineData("/a*/b", "/axx/b", false)]
    [InlineData("*", "/anything", true)]
    public void Allows_Url_AsTheAuthorizerDoes(string pattern, string path, bool expected)
    {
        var rules = RoleRules.From([new PolicyRule { Verbs = ["get"], NonResourceUrls = [pattern] }]);

        Assert.Equal(expected, Evaluator.Allows(rules, AccessQuestion.ForUrl("get", path)));
        Assert.False(Evaluator.Allows(rules, AccessQuestion.ForUrl("post", path)));
    }

    [Fact]
    public void Allows_FieldsMatchInDifferentRules_IsFalse()
    {
        var rules = RoleRules.From(
        [
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] },
            new PolicyRule { Verbs = ["delete"], ApiGroups = [""], Resources = ["configmaps"] },
        ]);

        Assert.False(Evaluator.Allows(rules, AccessQuestion.For("delete", "", "pods", "x")));
        Assert.False(Evaluator.Allows(rules, AccessQuestion.For("get", "", "configmaps", "x")));
    }

    [Fact]
    public void Allows_ResourcesForAUrlAndUrlsForAResource_IsFalse()
    {
        var resources = RoleRules.From([new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }]);
        var urls = RoleRules.From([new PolicyRule { Verbs = ["*"], NonResourceUrls = ["*"] }]);

        Assert.False(Evaluator.Allows(resources, AccessQuestion.ForUrl("get", "/metrics")));
        Assert.False(Evaluator.Allows(urls, AccessQuestion.For("get", "", "pods")));
    }

    [Fact]
    public void Allows_NoRules_IsFalse() => Assert.False(Evaluator.Allows(RoleRules.Empty, AccessQuestion.For("get", "", "pods")));

    private static string[] List(string part) =>
        part.Length == 0 ? [] : [.. part.Split(',').Select(text => text == "-" ? "" : text)];
}
