using k8s;
using k8s.Models;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>A ServiceAccount with exactly the generated manifests can do all that Lapse does, and nothing beside it.</summary>
public sealed class ClusterRightsTests(ControlPlaneFixture controlPlane)
{
    private static readonly RoleReference Edit = new(RoleKind.ClusterRole, "edit");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Manifests_OfTheCatalogue_SufficeForTheWholeLifeOfABinding()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);
        var spec = TestBindings.Spec(place.Name);

        Assert.True((await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Succeeded);
        Assert.True((await api.HasNamespaceAsync(place.Name, Cancellation)).Value);
        var created = await api.CreateUsableAsync(spec, Cancellation);
        Assert.IsType<GetBindingResult.Found>(await api.GetBindingAsync(spec.Name, place.Name, Cancellation));
        Assert.Single((await api.ListBindingsAsync(new([place.Name], ClusterWide: false), Cancellation)).Value.Bindings);
        await foreach (var wake in api.WatchBindingsAsync(new([place.Name], ClusterWide: false), Cancellation))
        {
            Assert.Equal(spec.Name, wake.Name);
            break;
        }
        Assert.True((await api.ReviewPersonAsync(spec.User, [], TestBindings.Question(place.Name), Cancellation)).Value.Allowed);
        Assert.IsType<DeleteBindingResult.Deleted>(await api.DeleteBindingAsync(spec.Name, place.Name, created.Uid, Cancellation));
        Assert.IsType<GetBindingResult.NotFound>(await api.GetBindingAsync(spec.Name, place.Name, Cancellation));
        Assert.True((await api.RenewTokenAsync(TimeSpan.FromHours(1), Cancellation)).Succeeded);
        var empty = await api.ReadCheckpointAsync(api.OwnToken!, Cancellation);
        Assert.Equal("", empty.Value.Text);
        Assert.True((await api.WriteCheckpointAsync(api.OwnToken!, empty.Value, "signed", Cancellation)).Succeeded);
        Assert.Equal("signed", (await api.ReadCheckpointAsync(api.OwnToken!, Cancellation)).Value.Text);
        Assert.Empty((await MissingRights.FindAllAsync(api, [new([place.Name], Edit)], Cancellation)).Value);
    }

    [Fact]
    public async Task Manifests_RoleThatIsNotInTheCatalogue_CannotBeBound()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);
        foreach (var role in new[] { "admin", "cluster-admin", "view" })
        {
            var spec = TestBindings.Spec(place.Name, role);
            var forbidden = Assert.IsType<CreateBindingResult.Forbidden>(await api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
            Assert.Contains("not currently held", forbidden.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', forbidden.Message);
        }
    }

    [Fact]
    public async Task Manifests_OtherNamespaceOrTheWholeCluster_CannotBeBound()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var other = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);
        foreach (var target in new[] { other.Name, "kube-system", null })
        {
            var spec = TestBindings.Spec(target);
            Assert.IsType<CreateBindingResult.Forbidden>(await api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        }
    }

    [Fact]
    public async Task Manifests_ClusterWideEntry_CanBeBoundInTheWholeCluster()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([], new(RoleKind.ClusterRole, "cluster-admin"))]);
        var spec = TestBindings.Spec(null, "cluster-admin");

        var created = await api.CreateUsableAsync(spec, Cancellation);
        Assert.IsType<DeleteBindingResult.Deleted>(await api.DeleteBindingAsync(spec.Name, null, created.Uid, Cancellation));
        var other = TestBindings.Spec(null);
        Assert.IsType<CreateBindingResult.Forbidden>(await api.CreateBindingAsync(other, other.Sign(), Cancellation));
    }

    [Fact]
    public async Task Manifests_RoleOfANamespace_CanBeBoundThere()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new V1Role { Metadata = new() { Name = "restart" }, Rules = [new() { Verbs = ["create"], ApiGroups = [""], Resources = ["configmaps"] }] }, place.Name, cancellationToken: Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], new(RoleKind.Role, "restart"))]);

        await api.CreateUsableAsync(TestBindings.Spec(place.Name) with { Role = new(RoleKind.Role, "restart") }, Cancellation);
    }

    [Fact]
    public async Task WriteCheckpoint_SomebodyWroteMeanwhile_IsAConflict()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);
        // The rights are several objects; the last of them counts here.
        await Wait.UntilAsync(async () => (await api.ReadCheckpointAsync(api.OwnToken!, Cancellation)).Succeeded, "Lapse may read its checkpoint", Cancellation);
        var (first, second) = ((await api.ReadCheckpointAsync(api.OwnToken!, Cancellation)).Value, (await api.ReadCheckpointAsync(api.OwnToken!, Cancellation)).Value);

        Assert.True((await api.WriteCheckpointAsync(api.OwnToken!, first, "one", Cancellation)).Succeeded);
        Assert.Equal(ClusterFailureKind.Conflict, (await api.WriteCheckpointAsync(api.OwnToken!, second, "two", Cancellation)).Failure?.Kind);
        Assert.Equal("one", (await api.ReadCheckpointAsync(api.OwnToken!, Cancellation)).Value.Text);
        foreach (var (verb, name) in (IEnumerable<(string, string)>)[("update", "other"), ("get", "other"), ("create", ""), ("list", ""), ("delete", CheckpointObject.Name), ("patch", CheckpointObject.Name)])
            Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For(verb, "", "configmaps", name, place.Name), Cancellation)).Value, $"{verb} {name}");
    }

    [Fact]
    public async Task Manifests_ForOthersTokensSecretsOrImpersonation_GiveNothing()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await place.ServiceAccountAsync("somebody", Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);

        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("create", "", "serviceaccounts/token", "somebody", place.Name), Cancellation)).Value);
        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("get", "", "secrets", "", place.Name), Cancellation)).Value);
        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("impersonate", "", "users", "oidc:dana"), Cancellation)).Value);
        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("update", "rbac.authorization.k8s.io", "rolebindings", "", place.Name), Cancellation)).Value);
        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("patch", "rbac.authorization.k8s.io", "rolebindings", "", place.Name), Cancellation)).Value);
        Assert.False((await api.CanIAsync(Domain.Rbac.AccessQuestion.For("escalate", "rbac.authorization.k8s.io", "clusterroles", "edit"), Cancellation)).Value);
    }

    [Fact]
    public async Task NamespaceGone_LapsesOwnRightsGoneWithIt_IsToldAsSuch()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var doomed = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([doomed.Name], Edit)]);
        var spec = TestBindings.Spec(doomed.Name);
        var created = await api.CreateUsableAsync(spec, Cancellation);
        await doomed.Client.CoreV1.DeleteNamespaceAsync(doomed.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(async () => !(await place.Api.HasNamespaceAsync(doomed.Name, Cancellation)).Value
            && await api.GetBindingAsync(spec.Name, doomed.Name, Cancellation) is GetBindingResult.NotFound, "the namespace is gone", Cancellation);

        Assert.IsType<CreateBindingResult.NamespaceGone>(await api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        Assert.IsType<GetBindingResult.NotFound>(await api.GetBindingAsync(spec.Name, doomed.Name, Cancellation));
        Assert.IsType<DeleteBindingResult.NotFound>(await api.DeleteBindingAsync(spec.Name, doomed.Name, created.Uid, Cancellation));
        // The fixture deletes it once more.
        await place.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = await GoneAsync(place, doomed.Name) } }, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task FindMissing_EntryThatLapseCanBind_FindsNothing()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit), new([], new(RoleKind.ClusterRole, "view"))]);
        Assert.Empty((await MissingRights.FindAsync(api, new([place.Name], Edit), Cancellation)).Value);
        Assert.Empty((await MissingRights.FindAsync(api, new([], new(RoleKind.ClusterRole, "view")), Cancellation)).Value);
        Assert.Null(MissingRights.ToRefusal([]));
    }

    [Fact]
    public async Task FindMissing_OtherRole_SpellsTheRuleThatIsMissing()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);

        var missing = Assert.Single((await MissingRights.FindAsync(api, new([place.Name], new(RoleKind.ClusterRole, "admin")), Cancellation)).Value);
        Assert.Equal(place.Name, missing.Namespace);
        var rule = Assert.Single(KubernetesYaml.Deserialize<List<V1PolicyRule>>(missing.RuleYaml));
        Assert.Equal(["bind"], rule.Verbs);
        Assert.Equal(["clusterroles"], rule.Resources);
        Assert.Equal(["admin"], rule.ResourceNames);
        var refusal = MissingRights.ToRefusal([missing]);
        Assert.Equal("RightsMissing", refusal?.Code);
        Assert.Contains("- admin", refusal?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindMissing_OtherNamespace_SpellsEverythingForThere()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = await PortalAsync(place, [new([place.Name], Edit)]);

        var missing = (await MissingRights.FindAsync(api, new([place.Name, "default"], Edit), Cancellation)).Value;
        Assert.All(missing, right => Assert.Equal("default", right.Namespace));
        var rules = missing.SelectMany(right => KubernetesYaml.Deserialize<List<V1PolicyRule>>(right.RuleYaml)).ToList();
        // To read bindings it has everywhere.
        Assert.Equal(["create", "delete"], rules[0].Verbs);
        Assert.Equal(["rolebindings"], rules[0].Resources);
        Assert.Equal(["bind"], rules[1].Verbs);
        Assert.Equal(2, rules.Count);
    }

    [Fact]
    public async Task FindMissing_ClusterDoesNotAnswer_IsAFailureAndNotNothing()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(new ClusterCredential.Token("nonsense"));
        Assert.False((await MissingRights.FindAsync(api, new([place.Name], Edit), Cancellation)).Succeeded);
    }

    private static async Task<ClusterApi> PortalAsync(TestNamespace place, ClusterRightsEntry[] entries)
    {
        var account = new PortalAccount(place.Name, "portal-" + place.Name);
        await place.ApplyAsync(ClusterRights.Manifests(entries, account), Cancellation);
        var api = place.Connect(await place.TokenAsync(account.Name, Cancellation));
        foreach (var entry in entries)
            await Wait.UntilAsync(async () => await MissingRights.FindAsync(api, entry, Cancellation) is { Succeeded: true, Value.Count: 0 }, "Lapse has its rights", Cancellation);
        return api;
    }

    private static async Task<string> GoneAsync(TestNamespace place, string name)
    {
        await Wait.UntilAsync(async () => (await place.Client.CoreV1.ListNamespaceAsync(cancellationToken: Cancellation)).Items.All(item => item.Metadata.Name != name), "the namespace is gone for good", Cancellation);
        return name;
    }
}
