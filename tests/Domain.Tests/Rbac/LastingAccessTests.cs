using CsCheck;
using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class LastingAccessTests
{
    [Fact]
    public void Of_View_IsEmpty() => Assert.Empty(LastingAccess.Of(DefaultRoles.View));

    [Fact]
    public void Of_Edit_NamesWhatCanBeKept() => Assert.Equal(
        ["Tokens", "Workloads", "Impersonation", "Sessions", "SecretCopies"], Codes(DefaultRoles.Edit, clusterWide: false));

    [Fact]
    public void Of_Admin_NamesBindingsFirst() => Assert.Equal("Bindings", Codes(DefaultRoles.Admin, clusterWide: false)[0]);

    [Fact]
    public void Of_ClusterAdmin_IsAllOfThem()
    {
        Assert.Equal(
            ["Bindings", "Tokens", "Workloads", "Impersonation", "Webhooks", "Certificates", "Sessions", "SecretCopies", "Volumes"],
            Codes(DefaultRoles.ClusterAdmin, clusterWide: true));
        Assert.Equal(
            ["Bindings", "Tokens", "Workloads", "Impersonation", "Sessions", "SecretCopies"],
            Codes(DefaultRoles.ClusterAdmin, clusterWide: false));
    }

    [Theory]
    [InlineData("create|-|serviceaccounts/token|", "Tokens")]
    [InlineData("create|-|secrets|", "Tokens")]
    [InlineData("patch|apps|daemonsets|", "Workloads")]
    [InlineData("bind|rbac.authorization.k8s.io|clusterroles|edit", "Bindings")]
    [InlineData("get|-|nodes/proxy|", "Sessions")]
    [InlineData("watch|-|secrets|", "SecretCopies")]
    [InlineData("get|-|secrets|db", "SecretCopies")]
    [InlineData("update|certificates.k8s.io|certificatesigningrequests/approval|", "Certificates")]
    public void Of_OneAbility_IsItsWay(string rule, string code) => Assert.Equal([code], Codes(EscalationTests.Role(rule), clusterWide: true));

    [Theory]
    [InlineData("delete,deletecollection|rbac.authorization.k8s.io|rolebindings|")]
    [InlineData("delete|admissionregistration.k8s.io|validatingwebhookconfigurations|")]
    [InlineData("delete|-|secrets|")]
    [InlineData("get|-|pods/log|")]
    public void Of_NothingThatLasts_IsEmpty(string rule) => Assert.Empty(LastingAccess.Of(EscalationTests.Role(rule)));

    [Fact]
    public void Of_ARoleThatCoversAnother_HasAllItsWays() =>
        Gen.Select(RbacGen.Rules, RbacGen.Rules, Gen.Bool).Sample((some, more, clusterWide) =>
            !LastingAccess.Of(RoleRules.From(more), clusterWide).Except(LastingAccess.Of(RoleRules.From([.. some, .. more]), clusterWide)).Any());

    [Fact]
    public void Of_Ways_ThoseThatMakeNewAccessSayWhich()
    {
        var ways = LastingAccess.Of(DefaultRoles.ClusterAdmin, clusterWide: true);

        Assert.Equal(
            ["bindings", "tokens", "workloads", "acts in other names", "webhooks and admission rules", "client certificates"],
            ways.Select(way => way.Mints).OfType<string>());
        Assert.Equal(["Sessions", "SecretCopies", "Volumes"], ways.Where(way => way.Mints is null).Select(way => way.Code));
    }

    private static string[] Codes(RoleRules rules, bool clusterWide) => [.. LastingAccess.Of(rules, clusterWide).Select(way => way.Code)];
}
