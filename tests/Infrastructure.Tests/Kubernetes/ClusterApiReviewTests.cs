using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class ClusterApiReviewTests(ControlPlaneFixture controlPlane)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Probe_PersonWithStandingAccess_TellsOnlyOfItsOwnBinding()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var question = TestBindings.Question(place.Name);
        await place.PutAsync(spec.ToObject("") with { Name = "standing", Labels = new Dictionary<string, string>(), Subjects = [BindingSubject.User(spec.User)] }, Cancellation);
        await Wait.UntilAsync(async () => (await place.Api.ReviewPersonAsync(spec.User, [], question, Cancellation)).Value.Allowed, "the standing binding works", Cancellation);

        Assert.IsType<ProbeResult.AllDenied>(await place.Api.ProbeAsync(spec.Probe, question, 3, Cancellation));
        var created = await place.Api.CreateUsableAsync(spec, Cancellation);
        var allowed = Assert.IsType<ProbeResult.AllAllowed>(await place.Api.ProbeAsync(spec.Probe, question, 3, Cancellation));
        Assert.All(allowed.Answers, answer => Assert.Contains(spec.Name, answer.Reason, StringComparison.Ordinal));
        Assert.Equal(3, allowed.Answers.Count);

        Assert.IsType<DeleteBindingResult.Deleted>(await place.Api.DeleteBindingAsync(spec.Name, place.Name, created.Uid, Cancellation));
        await Wait.UntilAsync(async () => await place.Api.ProbeAsync(spec.Probe, question, 3, Cancellation) is ProbeResult.AllDenied, "the probe is denied", Cancellation);
        var person = (await place.Api.ReviewPersonAsync(spec.User, [], question, Cancellation)).Value;
        Assert.True(person.Allowed);
        Assert.Contains("standing", person.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_TwoGrantsOfOneRole_TheSecondStaysWhenTheFirstEnds()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var (first, second) = (TestBindings.Spec(place.Name), TestBindings.Spec(place.Name));
        var question = TestBindings.Question(place.Name);
        var created = await place.Api.CreateUsableAsync(first, Cancellation);
        await place.Api.CreateUsableAsync(second, Cancellation);

        Assert.IsType<DeleteBindingResult.Deleted>(await place.Api.DeleteBindingAsync(first.Name, place.Name, created.Uid, Cancellation));
        await Wait.UntilAsync(async () => await place.Api.ProbeAsync(first.Probe, question, 3, Cancellation) is ProbeResult.AllDenied, "the first is denied", Cancellation);
        Assert.IsType<ProbeResult.AllAllowed>(await place.Api.ProbeAsync(second.Probe, question, 3, Cancellation));
    }

    [Fact]
    public async Task Probe_OtherNamespace_IsDenied()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        await place.Api.CreateUsableAsync(spec, Cancellation);

        Assert.IsType<ProbeResult.AllDenied>(await place.Api.ProbeAsync(spec.Probe, TestBindings.Question("default"), 3, Cancellation));
    }

    [Fact]
    public async Task Probe_NoConnectionAnswers_IsUnknown()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(new ClusterCredential.Token("nonsense"));

        var unknown = Assert.IsType<ProbeResult.Unknown>(await api.ProbeAsync("lapse:probe:1", TestBindings.Question(place.Name), 3, Cancellation));
        Assert.Equal(ClusterFailureKind.CredentialRefused, unknown.Failure.Kind);
    }

    [Fact]
    public async Task Probe_BuiltInRoles_HaveAQuestionThatTheServerAnswersWithYes()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        foreach (var role in new[] { "view", "edit", "admin", "cluster-admin" })
        {
            var rules = (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, role, null, Cancellation)).Value;
            var question = ProbeQuestion.For(rules, clusterWide: false);
            Assert.NotNull(question);
            var spec = TestBindings.Spec(place.Name, role);
            Assert.IsType<CreateBindingResult.Created>(await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
            await Wait.UntilAsync(
                async () => await place.Api.ProbeAsync(spec.Probe, question with { Namespace = place.Name }, 1, Cancellation) is ProbeResult.AllAllowed, $"{role} is usable", Cancellation);
        }
    }

    [Fact]
    public async Task ReviewPerson_RightThroughAGroup_IsAllowedByIt()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var question = TestBindings.Question(place.Name);
        await place.PutAsync(
            TestBindings.Spec(place.Name).ToObject("") with { Name = "team", Labels = new Dictionary<string, string>(), Subjects = [new("Group", BindingKeys.RbacGroup, "oidc:developers")] }, Cancellation);

        await Wait.UntilAsync(async () => (await place.Api.ReviewPersonAsync("oidc:alice", ["oidc:developers"], question, Cancellation)).Value.Allowed, "the group may", Cancellation);
        Assert.False((await place.Api.ReviewPersonAsync("oidc:alice", ["oidc:others"], question, Cancellation)).Value.Allowed);
    }

    [Fact]
    public async Task ReadRole_RoleOfANamespace_HasItsRules()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new V1Role { Metadata = new() { Name = "restart" }, Rules = [new() { Verbs = ["patch", "get"], ApiGroups = ["apps"], Resources = ["deployments"] }] }, place.Name, cancellationToken: Cancellation);

        var rules = (await place.Api.ReadRoleAsync(RoleKind.Role, "restart", place.Name, Cancellation)).Value;
        Assert.Equal(RoleRules.From([new() { Verbs = ["get", "patch"], ApiGroups = ["apps"], Resources = ["deployments"] }]), rules);
        Assert.Equal(ClusterFailureKind.NotFound, (await place.Api.ReadRoleAsync(RoleKind.Role, "other", place.Name, Cancellation)).Failure?.Kind);
        Assert.Equal(ClusterFailureKind.NotFound, (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "other", null, Cancellation)).Failure?.Kind);
    }

    [Fact]
    public async Task ReadRole_NameWithCharactersOfAddresses_IsTakenLiterally()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        Assert.True((await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Succeeded);
        Assert.Equal(ClusterFailureKind.NotFound, (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit?x=1", null, Cancellation)).Failure?.Kind);
        Assert.Equal(ClusterFailureKind.NotFound, (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit#x", null, Cancellation)).Failure?.Kind);
        Assert.True((await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "system:node", null, Cancellation)).Succeeded);
        Assert.False((await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "x/../edit", null, Cancellation)).Succeeded);
        await Assert.ThrowsAsync<ArgumentException>(() => place.Api.ReadRoleAsync(RoleKind.ClusterRole, "..", null, Cancellation));
    }

    [Fact]
    public async Task ServerInfo_OfTheSandbox_HasVersionAndAlmostNoSkew()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var info = (await place.Api.ServerInfoAsync(Cancellation)).Value;

        Assert.StartsWith("v1.", info.Version, StringComparison.Ordinal);
        Assert.Equal(1, info.Major);
        Assert.True(info.Minor >= 20);
        Assert.NotNull(info.Skew);
        Assert.True(info.Skew.Value.Duration() < TimeSpan.FromSeconds(3));
    }
}
