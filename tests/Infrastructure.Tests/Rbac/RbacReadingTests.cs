using k8s;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Reading the RBAC of a real cluster: whole, and in parts that Lapse may read.</summary>
public sealed class RbacReadingTests(ControlPlaneFixture controlPlane) : RbacReadingTest(controlPlane)
{
    [Fact]
    public async Task Read_WholeCluster_HasEveryKindAsTheServerHasIt()
    {
        await SeedAsync();

        var read = (await Place.Api.ReadRbacAsync(Whole, Cancellation)).Value;

        var state = RbacStates.Of(read.Objects.Where(one => one.Namespace == Place.Name), read.Served!.Value, read.Gaps);
        Assert.Empty(state.Gaps);
        Assert.Empty(read.UnreadKinds);
        var role = Assert.Single(state.Roles, one => one.Name == "odd role?#");
        Assert.Equal(("pods/log", "a"), (role.Rules[0].Resources[0], role.Rules[0].ResourceNames[0]));
        Assert.Equal("keep", role.Annotations["note"]);
        Assert.Equal("note", Assert.Single(role.Annotations.Keys));
        var binding = Assert.Single(state.Bindings);
        Assert.Equal(new BindingSubject("ServiceAccount", "runner"), binding.Subjects[0]);
        Assert.Equal(new BindingSubject("User", "anna", "", "rbac.authorization.k8s.io"), binding.Subjects[1]);
        Assert.NotEmpty(binding.Uid);
        Assert.NotNull(binding.Created);
        Assert.False(Assert.Single(state.ServiceAccounts, one => one.Name == "runner").AutomountsToken);
        // Older servers make more of them by themselves.
        var token = Assert.Single(state.Tokens, one => one.Name == "runner-token");
        Assert.Equal(("runner-token", "runner"), (token.Name, token.ServiceAccount));
        // The Deployment stands for what it makes, a Pod of nobody for itself, and one that some other controller makes for all of its kind.
        Assert.Equal(["Deployment web", "Pod bare", "Pod other-1"], state.Workloads.Select(one => $"{one.WorkloadKind} {one.Name}"));
        Assert.Equal(("runner", true, 0), (state.Workloads[0].ServiceAccount, state.Workloads[0].ReachesItsNode, state.Workloads[0].Annotations.Count));
        Assert.Equal(("default", false), (state.Workloads[1].ServiceAccount, state.Workloads[1].ReachesItsNode));
        Assert.Equal("Rollout web", state.Workloads[2].Owner);
        var admin = read.Objects.OfType<RoleObject>().Single(one => one is { IsClusterRole: true, Name: "admin" });
        Assert.NotEmpty(admin.Aggregates);
        Assert.Contains(state.Served, one => one is { ApiGroup: "", Resource: "pods/exec" });
        Assert.Contains(state.Served, one => one is { ApiGroup: "apps", Resource: "deployments", Namespaced: true, Kind: "Deployment" } && one.Verbs.Contains("deletecollection"));
    }

    [Fact]
    public async Task Read_SmallPages_IsTheSame()
    {
        await SeedAsync();
        for (var i = 0; i < 5; i++) await Place.Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = $"more-{i}" } }, Place.Name, cancellationToken: Cancellation);

        var small = Mine((await Place.Api.ReadRbacAsync(Whole with { PageSize = 3 }, Cancellation)).Value);

        Assert.Equal(Mine((await Place.Api.ReadRbacAsync(Whole, Cancellation)).Value), small);
        Assert.Contains(small, one => one.Contains("more-4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_LeastRights_EverythingButTokens()
    {
        await using var rights = await LeastRights.GiveAsync(Place, Cancellation);
        await Wait.UntilAsync(async () => (await rights.Api.ReadRbacAsync(Whole, Cancellation)).Value.UnreadKinds.Count == 1, "all rights are there", Cancellation);

        var read = (await rights.Api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Equal(["Secret"], read.UnreadKinds);
        var gap = Assert.Single(read.Gaps);
        Assert.Equal("tokens", gap.What);
        Assert.Contains("{apiGroups: [\"\"], resources: [\"secrets\"], verbs: [\"list\"]}", gap.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_NoRightsAtAll_IsAGapForEachKindThatNamesTheRule()
    {
        using var api = Place.Connect(await Place.ServiceAccountAsync("nobody", Cancellation));

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Empty(read.Objects);
        Assert.Equal(RbacKind.Core.Concat(RbacKind.Workloads).Select(kind => kind.Kind).Order(), read.UnreadKinds.Order());
        Assert.All(RbacState.Parts, part => Assert.Contains(read.Gaps, gap => gap.What == part));
        Assert.Contains(read.Gaps, gap => gap.What == "workloads" && gap.Why.Contains("{apiGroups: [\"apps\"], resources: [\"deployments\"], verbs: [\"list\"]}", StringComparison.Ordinal));
        Assert.NotEmpty(read.Served!.Value);
    }

    [Fact]
    public async Task Read_AnswerOrListTooLong_IsNotRead()
    {
        var few = (await Place.Api.ReadRbacAsync(Quick with { MostObjects = 10 }, Cancellation)).Value;
        Assert.Contains("ClusterRole", few.UnreadKinds);
        Assert.Contains(few.Gaps, gap => gap.What == "clusterroles" && gap.Why.Contains("more than 10", StringComparison.Ordinal));

        using var api = new ClusterApi(new(Place.Address, ControlPlaneFixture.Outbound with { LargestResponse = 8 * 1024 }), TimeProvider.System);
        Assert.Equal(ClusterFailureKind.AddressRefused, (await api.ReadRbacAsync(Quick, Cancellation)).Failure!.Kind);
    }

    private List<string> Mine(RbacReading read) => [.. read.Objects.Where(one => one.Namespace == Place.Name).Select(RbacObjectJson.Write).Order(StringComparer.Ordinal)];
}
