using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Xunit;
using static Lapse.Domain.Tests.Rbac.States;

namespace Lapse.Domain.Tests.Rbac;

public class AccessWideningTests
{
    [Fact]
    public void Role_Widened_GivesEachSubjectTheNewPermissions()
    {
        var before = Index(
            ClusterRole("r", "get|-|pods"), ClusterBinding("wide", "r", User("alice")), Binding("shop", "in", "ClusterRole", "r", Group("dev"), Account("ci")));

        var change = AccessWidening.Of(before, ClusterRole("r", "get,list|-|pods"));

        Assert.True(change.Widens);
        Assert.Equal(["ClusterRole r: list pods"], change.Roles.Select(Words));
        Assert.Equal(["User alice : list pods", "Group dev shop: list pods", "ServiceAccount shop/ci shop: list pods"], change.Gains.Select(Words));
    }

    [Theory]
    [InlineData("get|-|pods", "get|-|pods")]
    [InlineData("get,list|-|pods,secrets", "list|-|pods")]
    [InlineData("*|*|*", "get|-|pods")]
    [InlineData("update|apps|*/scale", "update|apps|deployments/scale")]
    [InlineData("get|-|secrets", "get|-|secrets|db")]
    [InlineData("get,list|-,apps|pods,deployments", "list,get|apps,-|deployments,pods")]
    public void Role_NotWider_WidensNothing(string old, string changed)
    {
        var change = AccessWidening.Of(Index(ClusterRole("r", old), ClusterBinding("b", "r", User("alice"))), ClusterRole("r", changed));

        Assert.False(change.Widens);
        Assert.Empty(change.Gains);
    }

    [Theory]
    [InlineData("get,list,watch,create,update,patch,delete,deletecollection|-|pods", "*|-|pods")]
    [InlineData("get|-|secrets|db", "get|-|secrets")]
    [InlineData("get|-|pods", "get|-|pods/log")]
    [InlineData("get|-|pods", "get|-,apps|pods")]
    public void Role_Wider_Widens(string old, string changed) =>
        Assert.True(AccessWidening.Of(Index(ClusterRole("r", old), ClusterBinding("b", "r", User("alice"))), ClusterRole("r", changed)).Gains.Length == 1);

    [Fact]
    public void Role_OfOneNamespace_WidensNothingElsewhere()
    {
        var before = Index(
            Role("shop", "r", "get|-|pods"), Role("bank", "r", "get|-|pods"), ClusterRole("r", "get|-|pods"),
            Binding("shop", "b", "Role", "r", User("alice")), Binding("bank", "b", "Role", "r", User("bob")), Binding("shop", "c", "ClusterRole", "r", User("eve")));

        Assert.Equal(["User alice shop: list pods"], AccessWidening.Of(before, Role("shop", "r", "get,list|-|pods")).Gains.Select(Words));
    }

    [Fact]
    public void Role_UrlsInARoleBinding_AreGivenToNobodyThere()
    {
        var before = Index(ClusterRole("r", "get|-|pods"), Binding("shop", "b", "ClusterRole", "r", User("alice")), ClusterBinding("c", "r", User("root")));

        Assert.Equal(["User root : get /metrics"], AccessWidening.Of(before, ClusterRole("r", "get|-|pods", "get|/metrics")).Gains.Select(Words));
    }

    [Fact]
    public void Role_NewUnderADanglingBinding_GivesAllOfIt()
    {
        var before = Index(Binding("shop", "b", "Role", "r", User("alice")), Binding("bank", "b", "Role", "r", User("bob")));

        Assert.Equal(["User alice shop: get pods", "User alice shop: get secrets"], AccessWidening.Of(before, Role("shop", "r", "get|-|pods,secrets")).Gains.SelectMany(Single));
    }

    [Fact]
    public void Role_NewAndBoundByNobody_WidensNothing() => Assert.False(AccessWidening.Of(Index(), ClusterRole("r", "*|*|*")).Widens);

    [Fact]
    public void Role_BoundByNobodyButThere_Grows()
    {
        var change = AccessWidening.Of(Index(ClusterRole("r", "get|-|pods")), ClusterRole("r", "*|*|*"));

        Assert.Equal(["ClusterRole r: * *"], change.Roles.Select(Words));
        Assert.Empty(change.Gains);
    }

    [Fact]
    public void Binding_New_GivesEachSubjectAllOfTheRole()
    {
        var change = AccessWidening.Of(Index(ClusterRole("r", "get,list|-|pods")), Binding("shop", "b", "ClusterRole", "r", User("alice"), Group("dev"), new BindingSubject("robot", "x")));

        Assert.Equal(["User alice shop: get pods", "User alice shop: list pods", "Group dev shop: get pods", "Group dev shop: list pods"], change.Gains.SelectMany(Single));
    }

    [Fact]
    public void Binding_SubjectAdded_GivesOnlyTheNewOne()
    {
        var before = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", User("alice"), User("carol")));

        Assert.Equal(["User bob : get pods"], AccessWidening.Of(before, ClusterBinding("b", "r", User("alice"), User("bob"))).Gains.Select(Words));
        Assert.False(AccessWidening.Of(before, ClusterBinding("b", "r", User("carol"))).Widens);
    }

    [Fact]
    public void Binding_SameSubjectInAnotherSpelling_IsNotNew()
    {
        var before = Index(ClusterRole("r", "get|-|pods"), Binding("shop", "b", "ClusterRole", "r", Account("ci")));

        Assert.False(AccessWidening.Of(before, Binding("shop", "b", "ClusterRole", "r", User("system:serviceaccount:shop:ci"))).Widens);
        Assert.True(AccessWidening.Of(before, Binding("shop", "b", "ClusterRole", "r", Account("ci", "other"))).Widens);
    }

    [Fact]
    public void Binding_AnotherRole_GivesWhatTheOldRoleDidNot()
    {
        var before = Index(ClusterRole("view", "get|-|pods"), ClusterRole("edit", "get,delete|-|pods"), ClusterBinding("b", "view", User("alice")));

        Assert.Equal(
            ["User alice : delete pods", "User bob : get pods", "User bob : delete pods"],
            AccessWidening.Of(before, ClusterBinding("b", "edit", User("alice"), User("bob"))).Gains.SelectMany(Single));
    }

    [Fact]
    public void Binding_DanglingOrDanglingBefore_GivesNothingOrAll()
    {
        var before = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "gone", User("alice")));

        Assert.False(AccessWidening.Of(before, ClusterBinding("c", "gone", User("alice"))).Widens);
        Assert.Equal(["User alice : get pods"], AccessWidening.Of(before, ClusterBinding("b", "r", User("alice"))).Gains.Select(Words));
    }

    [Fact]
    public void Gain_WhatTheyHaveOtherwise_IsToldApart()
    {
        var before = Index(
            ClusterRole("r", "get,list,watch|-|pods"), ClusterRole("a", "get|-|pods"), Role("shop", "b", "list|-|pods"), Role("bank", "c", "watch|-|pods"),
            ClusterBinding("a", "a", Group("system:authenticated")), Binding("shop", "b", "Role", "b", User("alice")), Binding("bank", "c", "Role", "c", User("alice")));

        var gain = Assert.Single(AccessWidening.Of(before, Binding("shop", "new", "ClusterRole", "r", User("alice"))).Gains);
        Assert.Equal(3, gain.Atoms.Length);
        Assert.Equal("watch pods", Words(Assert.Single(gain.Unheld)));
    }

    [Fact]
    public void Labels_ThatAnAggregatedRoleSelects_WidenIt()
    {
        var before = Index(
            Aggregating("admin", "to-admin"), Aggregating("edit", "to-edit").Labelled("to-admin"), ClusterRole("x", "get|-|secrets"), ClusterBinding("b", "admin", User("alice")));

        var change = AccessWidening.Of(before, ClusterRole("x", "get|-|secrets").Labelled("to-edit"));

        Assert.Equal(["ClusterRole admin: get secrets", "ClusterRole edit: get secrets"], change.Roles.Select(Words));
        Assert.Equal(["User alice : get secrets"], change.Gains.Select(Words));
    }

    [Fact]
    public void Labels_OtherThanThoseSelected_WidenNothing()
    {
        var before = Index(Aggregating("admin", "to-admin"), ClusterRole("x", "get|-|secrets"), ClusterBinding("b", "admin", User("alice")));

        Assert.False(AccessWidening.Of(before, ClusterRole("x", "get|-|secrets").Labelled("to-edit")).Widens);
        Assert.False(AccessWidening.Of(before, Role("shop", "x", "get|-|secrets").Labelled("to-admin")).Widens);
    }

    [Fact]
    public void Labels_TakenAwayWhereASelectorWantsNone_WidenToo()
    {
        var sum = new RoleObject { Name = "sum", Aggregates = [new() { MatchExpressions = [new("private", "DoesNotExist", [])] }] };
        var before = Index(sum, ClusterRole("x", "get|-|secrets").Labelled("private"), ClusterBinding("b", "sum", User("alice")));

        Assert.Equal(["User alice : get secrets"], AccessWidening.Of(before, ClusterRole("x", "get|-|secrets")).Gains.Select(Words));
    }

    [Fact]
    public void Role_SelectedByAnAggregatedOne_WidensThatOne()
    {
        var before = Index(
            Aggregating("admin", "to-admin") with { Rules = Rules("get|-|pods") }, ClusterRole("x", "get|-|pods").Labelled("to-admin"), ClusterBinding("b", "admin", User("alice")));

        Assert.Equal(["User alice : get secrets"], AccessWidening.Of(before, ClusterRole("x", "get|-|pods,secrets").Labelled("to-admin")).Gains.Select(Words));
        Assert.Equal(["User alice : get secrets"], AccessWidening.Of(before, ClusterRole("y", "get|-|secrets").Labelled("to-admin")).Gains.Select(Words));
        Assert.False(AccessWidening.Of(before, ClusterRole("y", "get|-|pods").Labelled("to-admin")).Widens);
    }

    [Fact]
    public void AggregatedRole_NewSelectorOrRulesWrittenIntoIt_Widen()
    {
        var before = Index(Aggregating("sum", "to-sum"), ClusterRole("x", "get|-|secrets").Labelled("to-x"), ClusterBinding("b", "sum", User("alice")));

        Assert.Equal(["User alice : get secrets"], AccessWidening.Of(before, Aggregating("sum", "to-x")).Gains.Select(Words));
        Assert.Equal(["User alice : * *"], AccessWidening.Of(before, Aggregating("sum", "to-sum") with { Rules = Rules("*|*|*") }).Gains.Select(Words));
    }

    [Fact]
    public void Role_MoreThanCanBeTakenApart_StandsForItself()
    {
        string[] many = [.. Enumerable.Range(0, 700).Select(i => $"x{i}")];
        var huge = new RoleObject { Name = "r", Rules = [new PolicyRule { Verbs = [.. many], ApiGroups = [.. many], Resources = [.. many] }] };
        var before = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", User("alice")));

        Assert.Equal(huge.Rules, Assert.Single(AccessWidening.Of(before, huge).Gains).Atoms);
        Assert.False(AccessWidening.Of(Index(huge, ClusterBinding("b", "r", User("alice"))), huge).Widens);
    }

    [Fact]
    public void Between_TwoStates_IsWhoWasGivenWhat()
    {
        RbacObject[] same = [ClusterRole("view", "get|-|pods"), ClusterBinding("keep", "view", User("alice")), ClusterRole("unused", "get|-|pods")];
        var before = Index([.. same, ClusterRole("edit", "update|-|pods"), ClusterBinding("b", "edit", User("bob")), ClusterBinding("gone", "edit", User("eve")), Binding("shop", "d", "Role", "late", User("dave"))]);
        var after = Index([.. same, ClusterRole("edit", "update,delete|-|pods"), ClusterBinding("b", "edit", User("bob"), User("carol")), Role("shop", "late", "get|-|secrets"), ClusterRole("free", "*|*|*")]);

        var change = AccessWidening.Between(before, after);

        Assert.Equal(["ClusterRole edit: delete pods"], change.Roles.Select(Words));
        Assert.Equal(["User bob : delete pods", "User carol : update pods", "User carol : delete pods"], change.Gains.SelectMany(Single));
        Assert.False(AccessWidening.Between(after, after).Widens);
    }

    private static string Words(Growth growth) => $"{growth.Role.Reference}: {string.Join(", ", growth.Atoms.Select(Words))}";

    private static string Words(Gain gain) => string.Join("; ", Single(gain));

    private static IEnumerable<string> Single(Gain gain) => gain.Atoms.Select(atom => $"{gain.Subject} {gain.Namespace}: {Words(atom)}");

    private static string Words(PolicyRule atom) => $"{string.Join(",", atom.Verbs)} {string.Join(",", atom.Resources.Concat(atom.NonResourceUrls))}";
}
