using CsCheck;
using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class EscalationTests
{
    // verbs | groups | resources | names; a dash is the empty text. Cases as in policy_comparator_test.go and the notes' traps.
    [Theory]
    [InlineData("get,list|-|pods|", "get|-|pods|", true)]
    [InlineData("get|-|pods|", "get,list|-|pods|", false)]
    [InlineData("*|*|*|", "escalate|rbac.authorization.k8s.io|roles|x", true)]
    [InlineData("get,list,watch,create,update,patch,delete,deletecollection|-|pods|", "*|-|pods|", false)]
    [InlineData("*|-|pods|", "*|-|pods|", true)]
    [InlineData("get|-,apps|pods|", "get|*|pods|", false)]
    [InlineData("get|*|pods|", "get|apps|pods|", true)]
    [InlineData("get|-|pods,services|", "get|-|*|", false)]
    [InlineData("get|-|pods|", "get|-|pods/log|", false)]
    [InlineData("get|-|pods/*|", "get|-|pods/log|", false)]
    [InlineData("get|-|*|", "get|-|pods/log|", true)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments/scale|", true)]
    [InlineData("update|apps|*/scale|", "update|apps|*/scale|", true)]
    [InlineData("update|apps|deployments/scale|", "update|apps|*/scale|", false)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments|", false)]
    [InlineData("update|apps|*/scale|", "update|apps|deployments/scale/x|", false)]
    [InlineData("get|-|secrets|a,b", "get|-|secrets|b", true)]
    [InlineData("get|-|secrets|a,b", "get|-|secrets|c", false)]
    [InlineData("get|-|secrets|a,b", "get|-|secrets|", false)]
    [InlineData("get|-|secrets|", "get|-|secrets|a", true)]
    public void Covers_Resources_AsTheEscalationCheckDoes(string owner, string servant, bool expected) =>
        Assert.Equal(expected, Escalation.Covers(Role(owner), Role(servant)));

    [Theory]
    [InlineData("/metrics", "/metrics", true)]
    [InlineData("*", "/metrics", true)]
    [InlineData("/metrics", "*", false)]
    [InlineData("/apis/*", "/apis/apps", true)]
    [InlineData("/apis/*", "/apis/apps/*", true)]
    [InlineData("/apis/*", "/apis", false)]
    [InlineData("/apis/apps/*", "/apis/*", false)]
    [InlineData("/apis*", "/apis", true)]
    public void Covers_Urls_AsTheEscalationCheckDoes(string owner, string servant, bool expected) =>
        Assert.Equal(expected, Escalation.Covers(
            RoleRules.From([new PolicyRule { Verbs = ["get"], NonResourceUrls = [owner] }]),
            RoleRules.From([new PolicyRule { Verbs = ["get"], NonResourceUrls = [servant] }])));

    [Fact]
    public void Covers_SeveralRulesOfTheOwnerTogether_CoverWhatEachAtomFindsInOne()
    {
        var owner = RoleRules.From([.. Role("get|-|pods|").Rules, .. Role("delete|-|pods|").Rules, .. Role("get|-|secrets|a").Rules]);

        Assert.True(Escalation.Covers(owner, Role("get,delete|-|pods|")));
        Assert.False(Escalation.Covers(owner, Role("delete|-|secrets|a")));
    }

    [Fact]
    public void Uncovered_Widened_NamesEachSinglePermission()
    {
        var uncovered = Escalation.Uncovered(Role("get,list|-|pods|"), Role("get,list,delete|-|pods,secrets|a"));

        Assert.Equal(
            [
                new PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["delete"], ResourceNames = ["a"] },
                new PolicyRule { ApiGroups = [""], Resources = ["secrets"], Verbs = ["delete"], ResourceNames = ["a"] },
                new PolicyRule { ApiGroups = [""], Resources = ["secrets"], Verbs = ["get"], ResourceNames = ["a"] },
                new PolicyRule { ApiGroups = [""], Resources = ["secrets"], Verbs = ["list"], ResourceNames = ["a"] },
            ],
            uncovered);
    }

    [Fact]
    public void Uncovered_RulesAsWritten_KeepsTheOrderOfTheApiServer() =>
        Assert.Equal(
            ["watch pods", "get pods", "watch configmaps", "get configmaps"],
            Escalation.Uncovered([], [new PolicyRule { ApiGroups = [""], Resources = ["pods", "configmaps"], Verbs = ["watch", "get"] }])
                .Select(atom => $"{atom.Verbs[0]} {atom.Resources[0]}"));

    [Fact]
    public void Covers_Itself_Always() => RbacGen.Role.Sample(role => Escalation.Covers(role, role));

    [Fact]
    public void Covers_ASubsetOfItsRules_Always() =>
        Gen.Select(RbacGen.Rules, Gen.Int[0, 31]).Sample((rules, mask) =>
            Escalation.Covers(RoleRules.From(rules), RoleRules.From(rules.Where((_, i) => (mask >> i & 1) == 1))));

    [Fact]
    public void Covers_AnotherRole_ThenEveryRequestOfItIsAllowed() =>
        Gen.Select(RbacGen.Rules, RbacGen.Rules, RbacGen.Question.Array[40]).Sample((some, more, questions) =>
        {
            var (owner, servant) = (RoleRules.From([.. some, .. more]), RoleRules.From(more));
            var other = RoleRules.From(some);
            bool Holds(RoleRules o, RoleRules s) => !Escalation.Covers(o, s)
                || questions.All(question => !Evaluator.Allows(s, question) || Evaluator.Allows(o, question));
            return Holds(owner, servant) && Holds(servant, other) && Holds(other, servant);
        });

    [Fact]
    public void Uncovered_AnyTwoRoles_IsExactlyWhatTheOwnerLacks() =>
        Gen.Select(RbacGen.Role, RbacGen.Role).Sample((owner, servant) =>
        {
            var uncovered = Escalation.Uncovered(owner, servant);
            return Escalation.Covers(RoleRules.From([.. owner.Rules, .. uncovered]), servant)
                && uncovered.All(atom => !Escalation.Covers(owner, RoleRules.From([atom])))
                && Escalation.Covers(owner, servant) == (uncovered.Count == 0);
        });

    [Fact]
    public void Uncovered_CanonicalOrAsWritten_IsTheSame() =>
        Gen.Select(RbacGen.Rules, RbacGen.Rules).Sample((owner, servant) =>
            Escalation.Uncovered(owner, servant).ToHashSet().SetEquals(
                Escalation.Uncovered(RoleRules.From(owner), RoleRules.From(servant))));

    internal static RoleRules Role(string rule)
    {
        var parts = rule.Split('|').Select(part =>
            part.Length == 0 ? [] : part.Split(',').Select(text => text == "-" ? "" : text).ToArray()).ToArray();
        return RoleRules.From([new PolicyRule { Verbs = [.. parts[0]], ApiGroups = [.. parts[1]], Resources = [.. parts[2]], ResourceNames = [.. parts[3]] }]);
    }
}
