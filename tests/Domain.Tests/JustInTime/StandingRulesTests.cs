using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>Which standing bindings can become just-in-time access, and which never do.</summary>
public class StandingRulesTests
{
    private static readonly string[] Own = ["lapse-admin", "lapse-machines"];

    [Fact]
    public void Binding_OfPeopleAndGroups_Can() => Assert.Null(StandingRules.Check(Binding("shop", "edit", "edit", "oidc:erin", "group ops"), Own));

    [Theory]
    [InlineData("account ci/bot", "ServiceAccountSubject")]
    [InlineData("account-here bot", "ServiceAccountSubject")]
    [InlineData("system:serviceaccount:ci:bot", "ServiceAccountSubject")]
    [InlineData("group system:masters", "ReservedSubject")]
    [InlineData("group system:authenticated", "ReservedSubject")]
    [InlineData("group system:serviceaccounts:ci", "ReservedSubject")]
    [InlineData("system:anonymous", "ReservedSubject")]
    [InlineData("system:kube-scheduler", "ReservedSubject")]
    [InlineData("lapse:probe:1", "ReservedSubject")]
    [InlineData("lapse-admin", "OwnAccount")]
    [InlineData("group lapse-machines", "OwnAccount")]
    public void Binding_ThatNamesSomebodyWhoCannotAsk_IsRefusedAlsoBesidePeople(string subject, string code)
    {
        Assert.Equal(code, StandingRules.Check(Binding("shop", "edit", "edit", subject), Own)?.Code);
        Assert.Equal(code, StandingRules.Check(Binding("shop", "edit", "edit", "oidc:erin", subject), Own)?.Code);
        Assert.Equal(code, StandingRules.Check(Binding(null, "edit", "edit", subject), Own)?.Code);
    }

    [Fact]
    public void Binding_OfAGrantOrOfKubernetes_IsRefused()
    {
        Assert.Equal("OfAGrant", StandingRules.Check(Binding("shop", $"lapse-{Guid.NewGuid()}", "edit", "oidc:erin"), Own)?.Code);
        Assert.Equal("KubernetesOwn", StandingRules.Check(Binding(null, "cluster-admin", "cluster-admin", "oidc:erin"), Own)?.Code);
        Assert.Null(StandingRules.Check(Binding("shop", "cluster-admin", "cluster-admin", "oidc:erin"), Own));
    }

    public static TheoryData<string> Odd => ["NobodyNamed", "OwnedBinding", "HeldBinding", "GoingAlready", "RoleKind", "BindingUnreadable", "NotPlain", "ManifestTooLong"];

    [Theory]
    [MemberData(nameof(Odd))]
    public void Binding_ThatCouldNotBeRemovedOrMadeAgain_IsRefused(string code)
    {
        var fine = Binding("shop", "edit", "edit", "oidc:erin").Binding;
        var binding = code switch
        {
            "NobodyNamed" => fine with { Subjects = [] },
            "OwnedBinding" => fine with { Owners = ["Team shop"] },
            "HeldBinding" => fine with { Finalizers = ["example.com/held"] },
            "GoingAlready" => fine with { DeletedAt = Samples.Now, Finalizers = ["example.com/held"] },
            "RoleKind" => fine with { RoleRef = new(BindingKeys.RbacGroup, "Other", "x") },
            "BindingUnreadable" => fine with { Name = new('x', StandingRules.LongestName + 1) },
            "NotPlain" => fine with { Name = "a\u001b[31m" },
            _ => fine with { Annotations = new Dictionary<string, string> { ["long"] = new('x', StandingRules.LongestManifest) } },
        };
        Assert.Equal(code, StandingRules.Check(new(binding), Own)?.Code);
    }

    [Fact]
    public void Object_ThatIsNotKnown_IsRefused()
    {
        var fine = Binding("shop", "edit", "edit", "oidc:erin");
        Assert.Null(StandingRules.CheckObject(fine));
        Assert.Equal("BindingUnreadable", StandingRules.CheckObject(new(fine.Binding with { Uid = "" }))?.Code);
        Assert.Equal("BindingUnreadable", StandingRules.CheckObject(new(fine.Binding with { ResourceVersion = "" }))?.Code);
    }

    [Fact]
    public void Bindings_Together_AreOneRoleInPlacesOfOneKind()
    {
        Assert.Null(StandingRules.CheckTogether([Binding("a", "x", "edit", "u"), Binding("b", "x", "edit", "u")]));
        Assert.Equal("NoBinding", StandingRules.CheckTogether([])?.Code);
        Assert.Equal("DifferentRoles", StandingRules.CheckTogether([Binding("a", "x", "edit", "u"), Binding("b", "x", "view", "u")])?.Code);
        Assert.Equal("DifferentPlaces", StandingRules.CheckTogether([Binding("a", "x", "edit", "u"), Binding(null, "x", "edit", "u")])?.Code);
        Assert.Equal("BindingTwice", StandingRules.CheckTogether([Binding("a", "x", "edit", "u"), Binding("a", "x", "edit", "u")])?.Code);
        Assert.Equal("TooManyBindings", StandingRules.CheckTogether([.. Enumerable.Range(0, JustInTimeChange.MostBindings + 1).Select(i => Binding("a", $"x{i}", "edit", "u"))])?.Code);
    }
}
