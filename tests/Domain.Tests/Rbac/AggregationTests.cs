using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;
using Xunit;
using static Lapse.Domain.Tests.Rbac.States;

namespace Lapse.Domain.Tests.Rbac;

public class AggregationTests
{
    [Fact]
    public void Computed_SelectedRoles_AreJoinedBySelectorAndNameWithoutRepetition()
    {
        var state = Aggregation.Computed(Of(
            Aggregating("sum", "to-sum"),
            ClusterRole("b", "get|-|pods", "get|-|nodes").Labelled("to-sum"),
            ClusterRole("a", "get|-|secrets", "get|-|pods").Labelled("to-sum"),
            ClusterRole("c", "*|*|*").Labelled("to-sum", "false"),
            Role("shop", "d", "*|*|*").Labelled("to-sum")));

        Assert.Equal(Rules("get|-|secrets", "get|-|pods", "get|-|nodes"), RulesOf(state, "sum"));
    }

    [Fact]
    public void Computed_RulesWrittenIntoAnAggregatedRole_AreReplaced() =>
        Assert.Empty(RulesOf(Aggregation.Computed(Of(Aggregating("sum", "to-sum") with { Rules = Rules("*|*|*") })), "sum"));

    [Fact]
    public void Computed_RolesThatSelectEachOther_ComeToAnEndAndHaveBoth()
    {
        var state = Aggregation.Computed(Of(
            Aggregating("a", "to-a").Labelled("to-b"), Aggregating("b", "to-b").Labelled("to-a"),
            ClusterRole("x", "get|-|pods").Labelled("to-a"), ClusterRole("y", "get|-|secrets").Labelled("to-b")));

        Assert.Equal(Rules("get|-|pods", "get|-|secrets").ToHashSet(), RulesOf(state, "a").ToHashSet());
        Assert.Equal(Rules("get|-|pods", "get|-|secrets").ToHashSet(), RulesOf(state, "b").ToHashSet());
    }

    [Fact]
    public void Computed_RoleThatSelectsItself_IsPassedOver() =>
        Assert.Empty(RulesOf(Aggregation.Computed(Of(Aggregating("a", "to-a").Labelled("to-a"))), "a"));

    [Fact]
    public void Computed_ChainOfAggregatedRoles_ReachesItsEnd()
    {
        var state = Aggregation.Computed(Of(
            Aggregating("admin", "to-admin"), Aggregating("edit", "to-edit").Labelled("to-admin"), Aggregating("view", "to-view").Labelled("to-edit"),
            ClusterRole("x", "get|-|pods").Labelled("to-view")));

        Assert.Equal(Rules("get|-|pods"), RulesOf(state, "admin"));
    }

    [Fact]
    public void Computed_EmptySelector_TakesEveryClusterRole() =>
        Assert.Equal(
            Rules("get|-|pods"),
            RulesOf(Aggregation.Computed(Of(new RoleObject { Name = "sum", Aggregates = [new()] }, ClusterRole("x", "get|-|pods"), Role("shop", "y", "*|*|*"))), "sum"));

    [Fact]
    public void Computed_SameNameTwice_TheLaterCounts()
    {
        var state = Aggregation.Computed(Of(Aggregating("sum", "to-sum"), ClusterRole("x", "*|*|*").Labelled("to-sum"), ClusterRole("x", "get|-|pods").Labelled("to-sum")));

        Assert.Equal(Rules("get|-|pods"), RulesOf(state, "sum"));
    }

    [Theory]
    [InlineData("In", "a,b", "a", true)]
    [InlineData("In", "a,b", "c", false)]
    [InlineData("In", "a,b", null, false)]
    [InlineData("NotIn", "a,b", "a", false)]
    [InlineData("NotIn", "a,b", "c", true)]
    [InlineData("NotIn", "a,b", null, true)]
    [InlineData("Exists", "", "", true)]
    [InlineData("Exists", "", null, false)]
    [InlineData("DoesNotExist", "", "a", false)]
    [InlineData("DoesNotExist", "", null, true)]
    [InlineData("exists", "", "a", false)]
    public void Matches_Expression_AsLabelSelectorsDo(string operation, string values, string? value, bool expected)
    {
        var selector = new LabelSelector { MatchExpressions = [new("team", operation, [.. values.Split(',', StringSplitOptions.RemoveEmptyEntries)])] };

        Assert.Equal(expected, selector.Matches(value is null ? RbacObject.NoTexts : RbacObject.NoTexts.Add("team", value)));
    }

    [Fact]
    public void Matches_LabelsAndExpressions_MustAllHold()
    {
        var selector = new LabelSelector { MatchLabels = RbacObject.NoTexts.Add("a", "1"), MatchExpressions = [new("b", "Exists", [])] };

        Assert.False(selector.Matches(RbacObject.NoTexts.Add("a", "1")));
        Assert.False(selector.Matches(RbacObject.NoTexts.Add("b", "1")));
        Assert.False(selector.Matches(RbacObject.NoTexts.Add("a", "2").Add("b", "1")));
        Assert.True(selector.Matches(RbacObject.NoTexts.Add("a", "1").Add("b", "1")));
        Assert.True(new LabelSelector().Matches(RbacObject.NoTexts));
    }

    private static ImmutableArray<Lapse.Domain.Rbac.PolicyRule> RulesOf(RbacState state, string name) => state.Roles.Single(role => role.Name == name).Rules;
}
