using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class RoleRulesTests
{
    [Fact]
    public void ToCanonicalJson_Rules_AreSortedMergedAndWithoutEmptyLists()
    {
        var rules = RoleRules.From(
        [
            new PolicyRule { Verbs = ["list", "get", "get"], ApiGroups = [""], Resources = ["pods"] },
            new PolicyRule { Verbs = ["get", "list"], ApiGroups = [""], Resources = ["configmaps"] },
            new PolicyRule { Verbs = ["get"], NonResourceUrls = ["/version", "/metrics"] },
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"], ResourceNames = ["b"] },
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"], ResourceNames = ["a"] },
        ]);

        Assert.Equal(
            """[{"nonResourceURLs":["/metrics","/version"],"verbs":["get"]},"""
            + """{"apiGroups":[""],"resources":["configmaps","pods"],"verbs":["get","list"]},"""
            + """{"apiGroups":[""],"resourceNames":["a","b"],"resources":["secrets"],"verbs":["get"]}]""",
            rules.ToCanonicalJson());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rules.ToCanonicalJson()))), rules.Digest());
    }

    [Fact]
    public void From_NamedAndUnnamedPermission_AreKeptApart()
    {
        var rules = RoleRules.From(
        [
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"], ResourceNames = ["a"] },
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["configmaps"] },
        ]);

        Assert.False(Evaluator.Allows(rules, AccessQuestion.For("get", "", "secrets", "b")));
        Assert.True(Evaluator.Allows(rules, AccessQuestion.For("get", "", "configmaps", "b")));
    }

    [Fact]
    public void IsEmpty_NothingAllowed_IsTrue()
    {
        Assert.True(RoleRules.Empty.IsEmpty);
        Assert.True(RoleRules.From([new PolicyRule { Verbs = ["get"], Resources = ["pods"] }]).IsEmpty);
        Assert.True(RoleRules.Parse("[]").IsEmpty);
        Assert.Equal("[]", RoleRules.Empty.ToCanonicalJson());
        Assert.False(RoleRules.From([new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] }]).IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[[]]")]
    [InlineData("""[{"verbs":"get"}]""")]
    [InlineData("""[{"verbs":null}]""")]
    [InlineData("""[{"verbs":[1]}]""")]
    [InlineData("""[{"verbs":[null]}]""")]
    [InlineData("""[{"Verbs":["get"]}]""")]
    [InlineData("""[{"verbs":["get"],"verbs":["list"]}]""")]
    [InlineData("""[{"verbs":["get"],"nonResourceUrls":["/"]}]""")]
    [InlineData("""[{"verbs":["get"],"attributeRestrictions":[]}]""")]
    [InlineData("""[{"verbs":["\ud800"],"apiGroups":[""],"resources":["pods"]}]""")]
    public void Parse_UnknownShape_Throws(string json) => Assert.Throws<FormatException>(() => RoleRules.Parse(json));

    [Fact]
    public void From_MorePermissionsThanTheLimit_Throws()
    {
        string[] many = [.. Enumerable.Range(0, 700).Select(i => $"x{i}")];

        Assert.Throws<FormatException>(() => RoleRules.From([new PolicyRule { Verbs = ["get"], ApiGroups = [.. many], Resources = [.. many] }]));
    }

    [Fact]
    public void Parse_WhatWasWritten_IsTheSame() => RbacGen.Role.Sample(role =>
    {
        var again = RoleRules.Parse(role.ToCanonicalJson());
        return again.Equals(role) && again.ToCanonicalJson() == role.ToCanonicalJson() && again.Digest() == role.Digest();
    });

    [Fact]
    public void ToCanonicalJson_ShuffledRepeatedSplitRules_IsTheSame() =>
        RbacGen.Rules.SelectMany(rules => Gen.Shuffle(rules.ToArray()).Select(shuffled => (rules, shuffled))).Sample(pair =>
        {
            var one = RoleRules.From(pair.rules).ToCanonicalJson();
            var reversed = pair.shuffled.Select(rule => rule with
            {
                Verbs = [.. rule.Verbs.Reverse()],
                Resources = [.. rule.Resources.Reverse(), .. rule.Resources],
            });
            return one == RoleRules.From(reversed).ToCanonicalJson()
                && one == RoleRules.From(pair.shuffled.SelectMany(RuleAtoms.Of)).ToCanonicalJson();
        });

    [Fact]
    public void From_AnyRules_AllowsExactlyWhatTheyAllowed() =>
        Gen.Select(RbacGen.Rules, RbacGen.Question.Array[40]).Sample((rules, questions) =>
        {
            var role = RoleRules.From(rules);
            return questions.All(question => Evaluator.Allows(role, question) == rules.Any(rule => Evaluator.Allows(rule, question)));
        });

    [Fact]
    public void PolicyRule_SameContent_IsEqual()
    {
        var rule = new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] };

        Assert.Equal(rule, new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"], ResourceNames = default });
        Assert.NotEqual(rule, rule with { ResourceNames = ["pods"] });
        Assert.NotEqual(rule with { ApiGroups = ["a", "b"] }, rule with { ApiGroups = ["b", "a"] });
    }
}
