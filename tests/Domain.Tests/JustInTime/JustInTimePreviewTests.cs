using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Domain.Tests.Rbac.Findings;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>Who loses what, who can ask for it instead, and whom it would lock out.</summary>
public class JustInTimePreviewTests
{
    private static readonly PersonId Erin = UuidId.New<PersonId>(Samples.Now);
    private static readonly KnownPerson[] People =
    [
        Person(Erin, "erin", "developers", "ops"), Person(Samples.Alice, "alice", "developers"), Person(Samples.Bob, "bob", "developers", "sre"),
        Person(Samples.Carol, "carol", "visitors"),
    ];

    [Fact]
    public void Person_WhoHoldsItOnlyBySuchABinding_LosesItAndCanAsk()
    {
        var preview = Of(["clusterrole edit get,delete pods"], [Binding("shop", "b", "edit", "oidc:erin")]);

        var erin = Assert.Single(preview.Affected);
        Assert.Equal(("oidc:erin", "erin", true, true), (erin.Subject, erin.Name, erin.Loses, erin.MayAsk));
        Assert.Equal(["delete pods (core)", "get pods (core)"], RoleInWords.Atoms(Assert.Single(erin.Lost).Rules));
        Assert.Contains("1 person of developers approve", erin.Path, StringComparison.Ordinal);
        Assert.Empty(preview.LockedOut);
    }

    [Fact]
    public void Person_WhoHoldsPartOfItOtherwise_LosesTheRest()
    {
        var preview = Of(["clusterrole edit get,delete pods", "User oidc:erin may get pods in shop", "User oidc:erin may delete pods in other"], [Binding("shop", "b", "edit", "oidc:erin")]);
        Assert.Equal(["delete pods (core)"], RoleInWords.Atoms(Assert.Single(Assert.Single(preview.Affected).Lost).Rules));
    }

    [Theory]
    [InlineData("User oidc:erin has edit in shop")]
    [InlineData("User oidc:erin has edit")]
    [InlineData("Group ops has edit")]
    [InlineData("Group system:authenticated has edit in shop")]
    public void Person_WhoHoldsAllOfItOtherwise_LosesNothingAndIsNeverLockedOut(string other)
    {
        var preview = Of(["clusterrole edit get,delete pods", other], [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowWith(requesters: ["nobody"]));
        Assert.False(Assert.Single(preview.Affected).Loses);
        Assert.Empty(preview.LockedOut);
    }

    [Fact]
    public void Person_WhoHoldsItForATimeOnly_LosesIt()
    {
        var state = Sketch.State("clusterrole edit get pods");
        state = state with { Bindings = [Binding("shop", $"lapse-{Guid.NewGuid()}", "edit", "oidc:erin").ToState()] };
        Assert.True(Assert.Single(JustInTimePreview.Of(new(state), [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowOf(Samples.Peers), People, "").Affected).Loses);
    }

    [Fact]
    public void Person_NamedByTwoBindingsThatBothGo_LosesIt()
    {
        var both = new[] { Binding("shop", "a", "edit", "oidc:erin"), Binding("shop", "b", "edit", "group ops") };
        var preview = Of(["clusterrole edit get pods"], both);
        var erin = preview.Affected.Single(one => one.Name == "erin");
        Assert.True(erin.Loses);
        Assert.Equal(["RoleBinding shop/a", "RoleBinding shop/b, by group ops"], erin.Through);
    }

    [Fact]
    public void Person_InNoGroupThatMayAsk_IsLockedOut()
    {
        var preview = Of(["clusterrole edit get pods"], [Binding("shop", "b", "edit", "oidc:carol")]);
        Assert.Equal(["oidc:carol"], preview.LockedOut);
        Assert.Contains("no group that may ask: developers", Assert.Single(preview.Affected).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Person_WhoseGroupsAreUnknown_IsLockedOut() =>
        Assert.Equal(["oidc:erin"], JustInTimePreview.Of(Sketch.Index("clusterrole edit get pods"), [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowOf(Samples.Peers), [new(Erin, "erin", "oidc:erin", null, null)], "").LockedOut);

    [Theory]
    [InlineData("sre", 1, true)]
    // Bob alone is there, and two are wanted.
    [InlineData("sre", 2, false)]
    [InlineData("nobody", 1, false)]
    public void Person_WithTooFewToApprove_IsLockedOut(string approvers, int approvals, bool may) =>
        Assert.Equal(may, Of(["clusterrole edit get pods"], [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowOf(new ApprovalStage("SRE", [approvers], approvals))).LockedOut.Count == 0);

    [Fact]
    public void Person_WhoWouldHaveToApproveThemself_IsLockedOut()
    {
        var bob = new[] { Binding("shop", "b", "edit", "oidc:bob") };
        Assert.Equal(["oidc:bob"], Of(["clusterrole edit get pods"], bob, Samples.WorkflowOf(Samples.Sre)).LockedOut);
        // Two rounds want two people, and of those who could, one is left for both.
        Assert.Equal(["oidc:erin"], Of(["clusterrole edit get pods"], [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowOf(Samples.Sre, Samples.Sre)).LockedOut);
    }

    [Fact]
    public void Stages_None_TakesNobodyElse() => Assert.Empty(Of(["clusterrole edit get pods"], [Binding("shop", "b", "edit", "oidc:erin")], Samples.WorkflowWith(stages: [])).LockedOut);

    [Fact]
    public void User_WhoNeverSignedIn_IsSaidToBeUnknownAndLockedOut()
    {
        var preview = Of(["clusterrole edit get pods"], [Binding("shop", "b", "edit", "oidc:zoe")]);
        Assert.Equal(["oidc:zoe"], preview.LockedOut);
        Assert.Contains("has signed in", Assert.Single(preview.Affected).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Group_WhoseMembersMayAllAsk_IsNotLockedOut()
    {
        var preview = JustInTimePreview.Of(Sketch.Index("clusterrole edit get pods"), [Binding("shop", "b", "edit", "group idp:developers")], Samples.WorkflowOf(Samples.Peers), [], "idp:");
        Assert.Equal(["group idp:developers"], preview.LockedOut); // Nobody could approve.
        preview = JustInTimePreview.Of(Sketch.Index("clusterrole edit get pods"), [Binding("shop", "b", "edit", "group idp:developers")], Samples.WorkflowOf(Samples.Peers), [Person(Samples.Bob, "bob", "developers")], "idp:");
        Assert.Empty(preview.LockedOut);
    }

    [Theory]
    [InlineData("group ops", "")]
    [InlineData("group other:developers", "idp:")]
    // The cluster's groups are not those of Lapse's provider.
    [InlineData("group developers", null)]
    public void Group_WhoseMembersAreNotKnownToBeAbleToAsk_IsLockedOut(string group, string? prefix)
    {
        var preview = JustInTimePreview.Of(Sketch.Index("clusterrole edit get pods"), [Binding("shop", "b", "edit", group)], Samples.WorkflowOf(Samples.Peers), prefix is null ? [] : People, prefix);
        Assert.Contains(group, preview.LockedOut);
    }

    [Fact]
    public void ClusterWide_LostUrlsCount_InANamespaceTheyNeverDid()
    {
        string[] lines = ["clusterrole debug get /metrics; get pods"];
        Assert.Contains(Assert.Single(Assert.Single(Of(lines, [Binding(null, "b", "debug", "oidc:erin")]).Affected).Lost).Rules, rule => !rule.NonResourceUrls.IsEmpty);
        Assert.DoesNotContain(Assert.Single(Assert.Single(Of(lines, [Binding("shop", "b", "debug", "oidc:erin")]).Affected).Lost).Rules, rule => !rule.NonResourceUrls.IsEmpty);
    }

    [Fact]
    public void LastAdministrators_OfTheCluster_AreWarnedAbout()
    {
        string[] lines = ["clusterrole boss * *:*", "Group system:masters has boss", "ServiceAccount kube-system/controller has boss"];
        var binding = new[] { Binding(null, "b", "boss", "oidc:erin") };
        Assert.Contains(With(lines, binding).Warnings, text => text.Contains("nobody but members of system:masters", StringComparison.Ordinal));
        Assert.Empty(With([.. lines, "User oidc:bob has boss"], binding).Warnings);
        // Who was none is missed by nobody.
        Assert.Empty(With([.. lines, "clusterrole edit get pods"], [Binding(null, "c", "edit", "oidc:erin")]).Warnings);
    }

    [Theory]
    [InlineData("argocd.argoproj.io/tracking-id", true)]
    [InlineData("meta.helm.sh/release-name", true)]
    [InlineData("kustomize.toolkit.fluxcd.io/name", false)]
    [InlineData("app.kubernetes.io/managed-by", false)]
    public void Binding_ThatAToolKeeps_IsWarnedAbout(string key, bool annotation)
    {
        var texts = new Dictionary<string, string> { [key] = "shop" };
        var binding = Binding("shop", "b", "edit", "oidc:erin").Binding;
        var preview = Of(["clusterrole edit get pods"], [new(annotation ? binding with { Annotations = texts } : binding with { Labels = texts })]);
        Assert.Contains("will make it again", Assert.Single(preview.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void State_NotReadCompletely_IsSaid() =>
        Assert.Contains(Of(["clusterrole edit get pods", "gap rolebindings"], [Binding("shop", "b", "edit", "oidc:erin")]).Warnings, text => text.Contains("Not all bindings", StringComparison.Ordinal));

    [Fact]
    public void Proposer_OfTheEntry_CanNeitherAskNorApproveAtFirst()
    {
        string[] lines = ["clusterrole edit get pods"];
        ReviewedBinding[] going = [Binding("shop", "b", "edit", "oidc:erin", "oidc:alice")];
        string PathOf(PersonId? proposer, string name, params KnownPerson[] people) =>
            JustInTimePreview.Of(Sketch.Index(lines), going, Samples.WorkflowOf(Samples.Peers), people, "", proposer).Affected.Single(one => one.Name == name).Path;

        Assert.EndsWith(" Not in the first 24 hours, since the proposal is theirs.", PathOf(Erin, "erin", People), StringComparison.Ordinal);
        // Bob could approve for alice too.
        Assert.DoesNotContain("24 hours", PathOf(Erin, "alice", People), StringComparison.Ordinal);
        Assert.Contains("cannot approve so soon, and too few others could", PathOf(Erin, "alice", People[0], People[1]), StringComparison.Ordinal);
        // Where no entry is made, nobody has to wait.
        Assert.DoesNotContain("24 hours", PathOf(null, "erin", People), StringComparison.Ordinal);
    }

    [Fact]
    public void Proposer_WhoCouldApproveAlone_IsSaidToTheGroup()
    {
        var preview = JustInTimePreview.Of(
            Sketch.Index("clusterrole edit get pods"), [Binding("shop", "b", "edit", "group idp:developers")], Samples.WorkflowOf(Samples.Peers), [Person(Samples.Bob, "bob", "developers")], "idp:", Samples.Bob);

        Assert.Empty(preview.LockedOut);
        Assert.Contains("too few others could", preview.Affected.Single(one => one.Subject == "group idp:developers").Path, StringComparison.Ordinal);
    }

    // The bindings are in the state as well, as they are in a cluster.
    private static JustInTimePreview With(string[] lines, ReviewedBinding[] bindings)
    {
        var state = Sketch.State(lines);
        return JustInTimePreview.Of(new(state with { Bindings = [.. state.Bindings, .. bindings.Select(one => one.ToState())] }), bindings, Samples.WorkflowOf(Samples.Peers), People, "");
    }

    private static JustInTimePreview Of(string[] lines, ReviewedBinding[] bindings, WorkflowVersion? workflow = null)
    {
        var state = Sketch.State(lines);
        return JustInTimePreview.Of(new(state with { Bindings = [.. state.Bindings, .. bindings.Select(one => one.ToState())] }), bindings, workflow ?? Samples.WorkflowOf(Samples.Peers), People, "");
    }
}
