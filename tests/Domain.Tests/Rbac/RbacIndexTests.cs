using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Xunit;
using static Lapse.Domain.Tests.Rbac.States;

namespace Lapse.Domain.Tests.Rbac;

public class RbacIndexTests
{
    private static readonly Requester Alice = Requester.Of("alice");
    private static readonly AccessQuestion GetPods = AccessQuestion.For("get", "", "pods", namespaceName: "shop");

    // The traps of one rule, asked through a binding: rule against verb, group, resource, name.
    [Theory]
    [InlineData("get|-|pods", "get||pods|", true)]
    [InlineData("get|-|pods", "get||pods/log|web", false)]
    [InlineData("get|-|pods/*", "get||pods/log|web", false)]
    [InlineData("get|-|pods/*", "get||pods|web", false)]
    [InlineData("get|-|*", "get||pods/log|web", true)]
    [InlineData("update|apps|*/scale", "update|apps|deployments/scale|web", true)]
    [InlineData("update|apps|*/scale", "update|apps|deployments|web", false)]
    [InlineData("update|apps|*/scale", "update|apps|deployments/autoscale|web", false)]
    [InlineData("update|apps|*/*", "update|apps|deployments/scale|web", false)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "get||secrets|db", true)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "get||secrets|other", false)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "create||secrets|", false)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "deletecollection||secrets|", false)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "list||secrets|", false)]
    [InlineData("get,list,create,deletecollection|-|secrets|db", "list||secrets|db", true)]
    [InlineData("delete|-|secrets", "deletecollection||secrets|", false)]
    [InlineData("get|-|pods", "GET||pods|", false)]
    [InlineData("Get|-|pods", "get||pods|", false)]
    [InlineData("get|-|deployments", "get|apps|deployments|web", false)]
    [InlineData("*|*|*", "impersonate||users|root", true)]
    public void Authorize_OneRule_AsTheAuthorizerDoes(string rule, string asked, bool expected)
    {
        var index = Index(Role("shop", "r", rule), Binding("shop", "b", "Role", "r", User("alice")));
        var parts = asked.Split('|');

        Assert.Equal(expected, index.Authorize(Alice, AccessQuestion.For(parts[0], parts[1], parts[2], parts[3], "shop")).Allowed);
    }

    [Fact]
    public void Authorize_FieldsOfTwoRules_AreNeverMerged()
    {
        var index = Index(
            Role("shop", "r", "get|-|pods", "delete|-|configmaps"), Role("shop", "s", "list|-|pods"),
            Binding("shop", "b", "Role", "r", User("alice")), Binding("shop", "c", "Role", "s", User("alice")));

        Assert.False(index.Authorize(Alice, AccessQuestion.For("delete", "", "pods", "x", "shop")).Allowed);
        Assert.False(index.Authorize(Alice, AccessQuestion.For("list", "", "configmaps", namespaceName: "shop")).Allowed);
        Assert.True(index.Authorize(Alice, AccessQuestion.For("delete", "", "configmaps", "x", "shop")).Allowed);
    }

    [Fact]
    public void Authorize_Allowed_NamesBindingRoleAndRuleWithTheClusterWideFirst()
    {
        var index = Index(
            ClusterRole("viewer", "watch|-|pods", "get|-|pods"), Role("shop", "r", "get|-|pods"),
            Binding("shop", "a", "Role", "r", User("alice")), ClusterBinding("z", "viewer", User("alice")));

        var by = index.Authorize(Alice, GetPods).By;

        Assert.Equal(["ClusterRoleBinding z > ClusterRole viewer 1", "RoleBinding shop/a > Role shop/r 0"], by.Select(Words));
        Assert.Equal(Rule("get|-|pods"), by[0].Rule);
    }

    [Fact]
    public void Authorize_OtherNamespaceOrNone_SeesNoRoleBindingOfThisOne()
    {
        var index = Index(ClusterRole("viewer", "get|-|pods,nodes"), Binding("shop", "b", "ClusterRole", "viewer", User("alice")));

        Assert.True(index.Authorize(Alice, GetPods).Allowed);
        Assert.False(index.Authorize(Alice, GetPods with { Namespace = "shop2" }).Allowed);
        Assert.False(index.Authorize(Alice, GetPods with { Namespace = "sho" }).Allowed);
        Assert.False(index.Authorize(Alice, GetPods with { Namespace = "" }).Allowed);
        Assert.False(index.Authorize(Alice, AccessQuestion.For("get", "", "nodes", "n1")).Allowed);
    }

    [Fact]
    public void Authorize_Url_OnlyThroughAClusterRoleBinding()
    {
        var role = ClusterRole("metrics", "get|/metrics,/healthz/*");
        var inside = Index(role, Binding("shop", "b", "ClusterRole", "metrics", User("alice")));
        var wide = Index(role, ClusterBinding("b", "metrics", User("alice")));

        Assert.False(inside.Authorize(Alice, AccessQuestion.ForUrl("get", "/metrics")).Allowed);
        Assert.True(wide.Authorize(Alice, AccessQuestion.ForUrl("get", "/metrics")).Allowed);
        Assert.True(wide.Authorize(Alice, AccessQuestion.ForUrl("get", "/healthz/etcd")).Allowed);
        Assert.False(wide.Authorize(Alice, AccessQuestion.ForUrl("get", "/healthz")).Allowed);
        Assert.False(wide.Authorize(Alice, AccessQuestion.ForUrl("post", "/metrics")).Allowed);
    }

    [Fact]
    public void Authorize_DanglingBinding_IsPassedOverAndOthersCount()
    {
        var index = Index(
            ClusterBinding("a", "gone", User("alice")), Binding("shop", "b", "Role", "gone", User("alice")),
            Role("other", "gone", "get|-|pods"), ClusterRole("r", "get|-|pods"), ClusterBinding("c", "r", User("alice")));

        Assert.Equal("ClusterRoleBinding c > ClusterRole r 0", Words(Assert.Single(index.Authorize(Alice, GetPods).By)));
    }

    [Fact]
    public void Authorize_RoleReference_OfAnUnknownKindOrARoleClusterWide_GivesNothing()
    {
        var index = Index(
            ClusterRole("r", "get|-|pods"), Role("shop", "s", "get|-|pods"),
            Binding("shop", "a", "clusterrole", "r", User("alice")),
            ClusterBinding("b", "x", User("alice")) with { Role = new("Role", "s") });

        Assert.False(index.Authorize(Alice, GetPods).Allowed);
        Assert.Null(index.RoleOf(index.Binding("", "b")!));
    }

    [Fact]
    public void Authorize_RoleAndClusterRoleOfOneName_AreTwo()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), Role("shop", "r", "get|-|secrets"), Binding("shop", "a", "Role", "r", User("alice")));

        Assert.False(index.Authorize(Alice, GetPods).Allowed);
        Assert.True(index.Authorize(Alice, AccessQuestion.For("get", "", "secrets", "x", "shop")).Allowed);
    }

    [Fact]
    public void Authorize_UserSubjectThatNamesAServiceAccount_GrantsTheServiceAccount()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", User("system:serviceaccount:ci:deployer")));

        Assert.True(index.Authorize(Requester.Of(Subject.OfAccount("ci", "deployer")), GetPods).Allowed);
        Assert.False(index.Authorize(Requester.Of(Subject.OfAccount("ci", "deployer2")), GetPods).Allowed);
        Assert.Equal(Subject.OfAccount("ci", "deployer"), Assert.Single(index.WhoCan(GetPods)).Subject);
    }

    [Fact]
    public void Authorize_ServiceAccountWithoutNamespace_IsThatOfTheRoleBindingAndNobodyClusterWide()
    {
        var role = ClusterRole("r", "get|-|pods");
        var inside = Index(role, Binding("shop", "b", "ClusterRole", "r", Account("deployer")));
        var wide = Index(role, ClusterBinding("b", "r", Account("deployer")));

        Assert.True(inside.Authorize(Requester.Of("system:serviceaccount:shop:deployer"), GetPods).Allowed);
        Assert.False(inside.Authorize(Requester.Of("system:serviceaccount:ci:deployer"), GetPods).Allowed);
        Assert.False(wide.Authorize(Requester.Of("system:serviceaccount:shop:deployer"), GetPods).Allowed);
        Assert.False(wide.Authorize(Requester.Of("system:serviceaccount::deployer"), GetPods).Allowed);
        Assert.Empty(wide.WhoCan(GetPods));
        Assert.Empty(wide.Subjects());
    }

    [Fact]
    public void Authorize_ServiceAccountOfAnotherNamespace_WorksWhereTheBindingIs()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), Binding("shop", "b", "ClusterRole", "r", Account("deployer", "ci")));

        Assert.True(index.Authorize(Requester.Of("system:serviceaccount:ci:deployer"), GetPods).Allowed);
        Assert.False(index.Authorize(Requester.Of("system:serviceaccount:ci:deployer"), GetPods with { Namespace = "ci" }).Allowed);
    }

    [Fact]
    public void Authorize_GroupOfTheSameNameAsAUser_IsSomebodyElse()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", Group("alice")));

        Assert.False(index.Authorize(Alice, GetPods).Allowed);
        Assert.True(index.Authorize(Requester.Of("bob", ["alice"]), GetPods).Allowed);
        Assert.False(index.Authorize(Requester.Of("bob", ["Alice"]), GetPods).Allowed);
    }

    [Fact]
    public void Authorize_SubjectOfAnUnknownKind_IsNobody()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", new BindingSubject("user", "alice"), new BindingSubject("", "alice")));

        Assert.False(index.Authorize(Alice, GetPods).Allowed);
    }

    [Theory]
    [InlineData("system:authenticated", "alice", true)]
    [InlineData("system:authenticated", "system:serviceaccount:ci:deployer", true)]
    [InlineData("system:authenticated", "system:anonymous", false)]
    [InlineData("system:unauthenticated", "system:anonymous", true)]
    [InlineData("system:unauthenticated", "alice", false)]
    [InlineData("system:serviceaccounts", "system:serviceaccount:ci:deployer", true)]
    [InlineData("system:serviceaccounts", "alice", false)]
    [InlineData("system:serviceaccounts:ci", "system:serviceaccount:ci:deployer", true)]
    [InlineData("system:serviceaccounts:ci", "system:serviceaccount:shop:deployer", false)]
    [InlineData("system:serviceaccounts:ci", "system:serviceaccount:ci:deployer:x", false)]
    public void Authorize_ImplicitGroup_IsAdded(string group, string user, bool expected)
    {
        var index = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", Group(group)));

        Assert.Equal(expected, index.Authorize(Requester.Of(user), GetPods).Allowed);
    }

    [Fact]
    public void Authorize_Masters_IsAllowedBeforeRbacIsAsked()
    {
        var answer = Index().Authorize(Requester.Of("root", ["system:masters"]), GetPods);

        Assert.True(answer is { Allowed: true, BeforeRbac: true, By.IsEmpty: true });
        Assert.False(Index().Authorize(Requester.Of("system:masters"), GetPods).Allowed);
    }

    [Fact]
    public void Authorize_BindingThatNamesSomebodyByUserAndGroupTwice_CountsOnce()
    {
        var index = Index(ClusterRole("r", "get|-|pods"), ClusterBinding("b", "r", User("alice"), User("alice"), Group("dev"), Group("system:authenticated")));

        Assert.Single(index.Authorize(Requester.Of("alice", ["dev"]), GetPods).By);
        Assert.Single(index.WhatCan(Requester.Of("alice", ["dev"])));
    }

    [Fact]
    public void Index_SameNameTwice_TheLaterCounts()
    {
        var index = Index(
            ClusterRole("r", "get|-|secrets"), ClusterRole("r", "get|-|pods"),
            ClusterBinding("b", "r", User("bob")), ClusterBinding("b", "r", User("alice")));

        Assert.True(index.Authorize(Alice, GetPods).Allowed);
        Assert.False(index.Authorize(Alice, AccessQuestion.For("get", "", "secrets")).Allowed);
        Assert.Empty(index.WhatCan(Requester.Of("bob")));
        Assert.Single(index.Bindings);
        Assert.Single(index.Roles);
    }

    [Fact]
    public void WhatCan_Somebody_HasEveryBindingAndTheDanglingOnesWithoutRole()
    {
        var index = Index(
            ClusterRole("r", "get|-|pods"), ClusterBinding("a", "r", Group("dev")),
            Binding("shop", "b", "Role", "gone", User("alice")), ClusterBinding("c", "r", User("bob")));

        var held = index.WhatCan(Requester.Of("alice", ["dev"]));

        Assert.Equal(["RoleBinding shop/b User alice -", "ClusterRoleBinding a Group dev r"], held.Select(h => $"{h.Binding.Reference} {h.Through} {h.Role?.Name ?? "-"}"));
    }

    [Fact]
    public void WhoCan_Namespace_IsExactlyWhoIsAuthorized()
    {
        var index = Index(
            ClusterRole("viewer", "get|-|pods"), Role("shop", "r", "get|-|pods", "*|*|*"), Role("bank", "r", "get|-|pods"),
            ClusterBinding("a", "viewer", User("alice"), Group("dev")), Binding("shop", "b", "Role", "r", Account("deployer")),
            Binding("bank", "c", "Role", "r", User("eve")), Binding("bank", "d", "ClusterRole", "viewer", User("mallory")));

        Assert.Equal(
            ["User alice: ClusterRoleBinding a 0", "Group dev: ClusterRoleBinding a 0", "ServiceAccount shop/deployer: RoleBinding shop/b 0, RoleBinding shop/b 1"],
            index.WhoCan(GetPods).Select(Words));
        Assert.Equal(
            ["User alice", "User eve", "User mallory", "Group dev", "ServiceAccount shop/deployer"],
            index.WhoCan(GetPods with { Namespace = "" }, anywhere: true).Select(holder => holder.Subject.ToString()));
        Assert.Equal(["User alice", "Group dev"], index.WhoCan(GetPods with { Namespace = "" }).Select(holder => holder.Subject.ToString()));
    }

    [Fact]
    public void WhoCan_ClusterScopedAnywhere_CountsNoRoleBinding()
    {
        var objects = Of(
            ClusterRole("admin", "*|*|*", "get|/metrics"), Binding("shop", "b", "ClusterRole", "admin", User("alice")), ClusterBinding("c", "admin", User("root")));
        var index = new RbacIndex(objects with { Served = [new("example.com", "planets", "Planet", Namespaced: false, ["get"]), new("example.com", "towns", "Town", Namespaced: true, ["get"])] });

        string[] Who(string verb, string group, string resource) => [.. index.WhoCan(AccessQuestion.For(verb, group, resource), anywhere: true).Select(holder => holder.Subject.Name)];

        Assert.Equal(["root"], Who("get", "", "nodes"));
        Assert.Equal(["root"], Who("create", "", "nodes/proxy"));
        Assert.Equal(["root"], Who("impersonate", "", "users"));
        Assert.Equal(["root"], Who("get", "example.com", "planets"));
        Assert.Equal(["alice", "root"], Who("get", "example.com", "towns"));
        // Checked in the namespace of the binding that is made, and in the Namespace itself.
        Assert.Equal(["alice", "root"], Who("bind", "rbac.authorization.k8s.io", "clusterroles"));
        Assert.Equal(["alice", "root"], Who("get", "", "namespaces"));
        Assert.Equal(["root"], index.WhoCan(AccessQuestion.ForUrl("get", "/metrics"), anywhere: true).Select(holder => holder.Subject.Name));
    }

    [Fact]
    public void WhoCan_ImplicitGroup_IsFollowedByItsServiceAccounts()
    {
        var index = Index(
            ServiceAccount("ci", "deployer"), ServiceAccount("shop", "web"), ClusterRole("r", "get|-|pods"),
            ClusterBinding("a", "r", Group("system:serviceaccounts:ci")), ClusterBinding("b", "r", Account("web", "shop")));

        Assert.Equal(
            ["Group system:serviceaccounts:ci ", "ServiceAccount ci/deployer system:serviceaccounts:ci", "ServiceAccount shop/web "],
            index.WhoCan(GetPods).Select(holder => $"{holder.Subject} {holder.Through}"));
    }

    [Fact]
    public void Binding_ByName_IsFoundAmongMany()
    {
        RbacObject[] many = [.. Enumerable.Range(0, 50).SelectMany(i => (RbacObject[])[Binding($"n{i % 7}", $"b{i}", "Role", "r"), ClusterBinding($"b{i}", "r")])];
        var index = Index(many);

        Assert.All(many.OfType<BindingObject>(), binding => Assert.Same(binding, index.Binding(binding.Namespace, binding.Name)));
        Assert.Null(index.Binding("n0", "b1"));
        Assert.Null(index.Binding("", "b50"));
    }

    private static string Words(Allowance way) => $"{way.Binding.Reference} > {way.Role.Reference} {way.RuleIndex}";

    private static string Words(Holder holder) => $"{holder.Subject}: {string.Join(", ", holder.Via.Select(way => $"{way.Binding.Reference} {way.RuleIndex}"))}";
}
