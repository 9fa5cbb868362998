using System.Net;
using k8s;
using k8s.Models;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Reading the RBAC of a real cluster: whole, in parts that Lapse may read, and past an API server in trouble.</summary>
public sealed class RbacReadingTests(ControlPlaneFixture controlPlane) : IAsyncLifetime
{
    private static readonly RbacReadingAsk Whole = new(Workloads: true, PageSize: 500, MostObjects: 100_000);
    private static readonly RbacReadingAsk Quick = Whole with { Workloads = false };

    private TestNamespace _place = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _place = await controlPlane.NamespaceAsync(Cancellation);

    public ValueTask DisposeAsync() => _place.DisposeAsync();

    [Fact]
    public async Task Read_WholeCluster_HasEveryKindAsTheServerHasIt()
    {
        await SeedAsync();

        var read = (await _place.Api.ReadRbacAsync(Whole, Cancellation)).Value;

        var state = RbacStates.Of(read.Objects.Where(one => one.Namespace == _place.Name), read.Served!.Value, read.Gaps);
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
        for (var i = 0; i < 5; i++) await _place.Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = $"more-{i}" } }, _place.Name, cancellationToken: Cancellation);

        var small = Mine((await _place.Api.ReadRbacAsync(Whole with { PageSize = 3 }, Cancellation)).Value);

        Assert.Equal(Mine((await _place.Api.ReadRbacAsync(Whole, Cancellation)).Value), small);
        Assert.Contains(small, one => one.Contains("more-4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_LeastRights_EverythingButTokens()
    {
        await using var rights = await LeastRights.GiveAsync(_place, Cancellation);
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
        using var api = _place.Connect(await _place.ServiceAccountAsync("nobody", Cancellation));

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Empty(read.Objects);
        Assert.Equal(RbacKind.Core.Concat(RbacKind.Workloads).Select(kind => kind.Kind).Order(), read.UnreadKinds.Order());
        Assert.All(RbacState.Parts, part => Assert.Contains(read.Gaps, gap => gap.What == part));
        Assert.Contains(read.Gaps, gap => gap.What == "workloads" && gap.Why.Contains("{apiGroups: [\"apps\"], resources: [\"deployments\"], verbs: [\"list\"]}", StringComparison.Ordinal));
        Assert.NotEmpty(read.Served!.Value);
    }

    [Theory]
    [InlineData("/rolebindings", "RoleBinding", "rolebindings")]
    [InlineData("/clusterroles", "ClusterRole", "clusterroles")]
    [InlineData("/serviceaccounts", "ServiceAccount", "serviceaccounts")]
    [InlineData("/namespaces", "Namespace", "namespaces")]
    [InlineData("/jobs", "Job", "workloads")]
    public async Task Read_OnePartForbidden_IsThatGapAndTheRestGoesOn(string path, string kind, string part)
    {
        await using var relay = await RelayAsync(context => context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal) ? StatusAsync(context, 403, "Forbidden") : Pass);
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Equal([kind], read.UnreadKinds);
        Assert.Equal(part, Assert.Single(read.Gaps).What);
        Assert.Contains(read.Objects, one => one.Kind != kind);
        Assert.DoesNotContain(read.Objects, one => one.Kind == kind);
    }

    [Fact]
    public async Task Read_ControllersForbidden_PodsStandForThemselves()
    {
        await SeedAsync();
        await Wait.UntilAsync(async () => (await _place.Client.CoreV1.ListNamespacedPodAsync(_place.Name, labelSelector: "app=web", cancellationToken: Cancellation)).Items.Count == 1, "the Deployment has its Pod", Cancellation);
        await using var relay = await RelayAsync(context => context.Request.Path.Value!.EndsWith("/replicasets", StringComparison.Ordinal) ? StatusAsync(context, 403, "Forbidden") : Pass);
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Contains(read.Objects, one => one is WorkloadObject { WorkloadKind: "Pod", ServiceAccount: "runner" } && one.Namespace == _place.Name);
    }

    [Fact]
    public async Task Read_GroupThatIsNotServed_IsAGapWithoutACall()
    {
        var asked = 0;
        await using var relay = await RelayAsync(async context =>
        {
            if (context.Request.Path.Value!.StartsWith("/apis/batch", StringComparison.Ordinal)) Interlocked.Increment(ref asked);
            if (context.Request.Path != "/apis/" && context.Request.Path != "/apis") return false;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps","versions":[]},{"name":"rbac.authorization.k8s.io","versions":[]}]}""");
            return true;
        });
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Equal(["CronJob", "Job"], read.UnreadKinds.Order());
        Assert.All(read.Gaps, gap => Assert.Contains("does not serve the API group batch", gap.Why, StringComparison.Ordinal));
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Read_ContinueTokenExpired_BeginsThatListAnew()
    {
        await SeedAsync();
        var expired = 0;
        await using var relay = await RelayAsync(context => context.Request.Path.Value!.EndsWith("/clusterroles", StringComparison.Ordinal) && context.Request.Query.ContainsKey("continue") && Interlocked.Increment(ref expired) == 1
            ? ClusterFault.Expired.MeetAsync(context) : Pass);
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Quick with { PageSize = 20 }, Cancellation)).Value;

        Assert.True(expired > 1);
        Assert.Empty(read.UnreadKinds);
        Assert.Equal(read.Objects.Count, read.Objects.DistinctBy(one => one.Reference).Count());
        Assert.Contains(read.Objects, one => one.Reference == "ClusterRole view");
    }

    [Fact]
    public async Task Read_AlwaysExpired_IsAFailureAndNoHalfState()
    {
        await using var relay = await RelayAsync(context => context.Request.Query.ContainsKey("continue") ? ClusterFault.Expired.MeetAsync(context) : Pass);
        using var api = Connect(relay);

        Assert.Equal(ClusterFailureKind.Conflict, (await api.ReadRbacAsync(Quick with { PageSize = 20 }, Cancellation)).Failure!.Kind);
    }

    [Fact]
    public async Task Read_TooManyRequests_WaitsAsLongAsTheServerSays()
    {
        var (refused, first, second) = (0, DateTimeOffset.MinValue, DateTimeOffset.MinValue);
        await using var relay = await RelayAsync(context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/rolebindings", StringComparison.Ordinal)) return Pass;
            if (Interlocked.Increment(ref refused) == 1)
            {
                first = DateTimeOffset.UtcNow;
                return ClusterFault.TooManyRequests.MeetAsync(context);
            }
            second = DateTimeOffset.UtcNow;
            return Pass;
        });
        using var api = Connect(relay);

        Assert.True((await api.ReadRbacAsync(Quick, Cancellation)).Succeeded);
        Assert.Equal(2, refused);
        Assert.True(second - first > TimeSpan.FromMilliseconds(950));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"kind":"ClusterRoleList","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{},"items":[]}""")]
    [InlineData("""<html>hello</html>""")]
    [InlineData("""{"kind":"RoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{},"items":[{"metadata":{"name":"x","namespace":"y"}}]}""")]
    public async Task Read_AnswerThatIsNone_IsAFailureAndNoEmptyState(string body)
    {
        await using var relay = await RelayAsync(async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/rolebindings", StringComparison.Ordinal)) return false;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body);
            return true;
        });
        using var api = Connect(relay);

        Assert.Equal(ClusterFailureKind.Unreachable, (await api.ReadRbacAsync(Quick, Cancellation)).Failure!.Kind);
    }

    [Theory]
    [InlineData(nameof(ClusterFault.Hangs))]
    [InlineData(nameof(ClusterFault.Down))]
    [InlineData(nameof(ClusterFault.ForeignNotFound))]
    public async Task Read_ServerGoesInTheMiddle_IsAFailure(string fault)
    {
        await using var relay = await RelayAsync(context => context.Request.Path.Value!.EndsWith("/serviceaccounts", StringComparison.Ordinal) ? Enum.Parse<ClusterFault>(fault).MeetAsync(context) : Pass);
        using var api = new ClusterApi(new(relay.Address, ControlPlaneFixture.Outbound with { RequestTimeout = TimeSpan.FromSeconds(1) }), TimeProvider.System);

        Assert.Equal(ClusterFailureKind.Unreachable, (await api.ReadRbacAsync(Quick, Cancellation)).Failure!.Kind);
    }

    [Fact]
    public async Task Read_AnswerOrListTooLong_IsNotRead()
    {
        var few = (await _place.Api.ReadRbacAsync(Quick with { MostObjects = 10 }, Cancellation)).Value;
        Assert.Contains("ClusterRole", few.UnreadKinds);
        Assert.Contains(few.Gaps, gap => gap.What == "clusterroles" && gap.Why.Contains("more than 10", StringComparison.Ordinal));

        using var api = new ClusterApi(new(_place.Address, ControlPlaneFixture.Outbound with { LargestResponse = 8 * 1024 }), TimeProvider.System);
        Assert.Equal(ClusterFailureKind.AddressRefused, (await api.ReadRbacAsync(Quick, Cancellation)).Failure!.Kind);
    }

    [Fact]
    public async Task Read_TokenSecrets_NeverAsksForTheirContent()
    {
        var accepts = new System.Collections.Concurrent.ConcurrentBag<(string Accept, string Query)>();
        await using var relay = await RelayAsync(context =>
        {
            if (context.Request.Path.Value!.EndsWith("/secrets", StringComparison.Ordinal)) accepts.Add((context.Request.Headers.Accept.ToString(), WebUtility.UrlDecode(context.Request.QueryString.Value)!));
            return Pass;
        });
        using var api = Connect(relay);

        Assert.True((await api.ReadRbacAsync(Quick, Cancellation)).Succeeded);
        Assert.NotEmpty(accepts);
        Assert.All(accepts, asked =>
        {
            Assert.Contains("as=PartialObjectMetadataList", asked.Accept, StringComparison.Ordinal);
            Assert.Contains("type=kubernetes.io/service-account-token", asked.Query, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Watch_ChangeAndClosedAndExpiredWatch_Wakes()
    {
        var (watches, cut) = (0, 0);
        await using var relay = await RelayAsync(context =>
        {
            if (!context.Request.Query.ContainsKey("watch") || !context.Request.Path.Value!.EndsWith("/roles", StringComparison.Ordinal)) return Pass;
            // The first is cut, the second is told that its place is too old.
            var fault = Interlocked.Increment(ref watches) switch { 1 => ClusterFault.Down, 2 => ClusterFault.Expired, _ => (ClusterFault?)null };
            if (fault is null) return Pass;
            Interlocked.Increment(ref cut);
            return fault.Value.MeetAsync(context);
        });
        using var api = Connect(relay);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var wakes = 0;
        var watching = Task.Run(async () =>
        {
            await foreach (var _ in api.WatchRbacAsync(stop.Token)) Interlocked.Increment(ref wakes);
        }, Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(watches >= 3 && cut == 2), "the watch of roles is there again", Cancellation);

        // Others change the same cluster; that a wake comes is what is waited for.
        var before = Volatile.Read(ref wakes);
        await _place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new() { Metadata = new() { Name = "made" } }, _place.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref wakes) > before), "a wake", Cancellation);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private static readonly Task<bool> Pass = Task.FromResult(false);

    private static ClusterApi Connect(DenyingRelay relay) => new(new(relay.Address, ControlPlaneFixture.Outbound), TimeProvider.System);

    private async Task<DenyingRelay> RelayAsync(Func<HttpContext, Task<bool>> instead)
    {
        var relay = await DenyingRelay.StartAsync(_place.Address);
        relay.Denies = false;
        relay.Instead = instead;
        return relay;
    }

    private static async Task<bool> StatusAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"{{reason}}","message":"no","code":{{code}}}""");
        return true;
    }

    private List<string> Mine(RbacReading read) => [.. read.Objects.Where(one => one.Namespace == _place.Name).Select(RbacObjectJson.Write).Order(StringComparer.Ordinal)];

    private async Task SeedAsync()
    {
        var (core, rbac, apps, name) = (_place.Client.CoreV1, _place.Client.RbacAuthorizationV1, _place.Client.AppsV1, _place.Name);
        await core.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "runner" }, AutomountServiceAccountToken = false }, name, cancellationToken: Cancellation);
        await core.CreateNamespacedSecretAsync(
            new() { Metadata = new() { Name = "runner-token", Annotations = new Dictionary<string, string> { ["kubernetes.io/service-account.name"] = "runner" } }, Type = "kubernetes.io/service-account-token" }, name, cancellationToken: Cancellation);
        await core.CreateNamespacedSecretAsync(new() { Metadata = new() { Name = "other" }, StringData = new Dictionary<string, string> { ["password"] = "hunter2" } }, name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleAsync(
            new()
            {
                Metadata = new() { Name = "odd role?#", Annotations = new Dictionary<string, string> { ["note"] = "keep", ["kubectl.kubernetes.io/last-applied-configuration"] = "{}", ["long"] = new string('x', 2000) } },
                Rules = [new() { Verbs = ["get"], ApiGroups = [""], Resources = ["pods/log"], ResourceNames = ["a"] }],
            }, name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleBindingAsync(
            new()
            {
                Metadata = new() { Name = "gives" },
                RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "view" },
                Subjects = [new() { Kind = "ServiceAccount", Name = "runner" }, new() { Kind = "User", Name = "anna", ApiGroup = "rbac.authorization.k8s.io" }],
            }, name, cancellationToken: Cancellation);
        var template = new V1PodTemplateSpec
        {
            Metadata = new() { Labels = new Dictionary<string, string> { ["app"] = "web" } },
            Spec = Spec("runner", reachesNode: true),
        };
        var selector = new V1LabelSelector { MatchLabels = template.Metadata.Labels };
        await apps.CreateNamespacedDeploymentAsync(new() { Metadata = new() { Name = "web", Annotations = new Dictionary<string, string> { ["a"] = "secret" } }, Spec = new() { Selector = selector, Template = template, Replicas = 1 } }, name, cancellationToken: Cancellation);
        foreach (var metadata in new[] { new V1ObjectMeta { Name = "bare" }, Owned("other-1", "argoproj.io/v1", "Rollout", "web"), Owned("other-2", "argoproj.io/v1", "Rollout", "web") })
            await core.CreateNamespacedPodAsync(new() { Metadata = metadata, Spec = Spec(null) }, name, cancellationToken: Cancellation);
    }

    private static V1PodSpec Spec(string? account, bool reachesNode = false) => new()
    {
        ServiceAccountName = account,
        AutomountServiceAccountToken = false,
        Containers = [new() { Name = "c", Image = "i" }],
        Volumes = reachesNode ? [new() { Name = "root", HostPath = new() { Path = "/" } }] : null,
    };

    private static V1ObjectMeta Owned(string name, string version, string kind, string owner) =>
        new() { Name = name, OwnerReferences = [new() { ApiVersion = version, Kind = kind, Name = owner, Uid = Guid.NewGuid().ToString(), Controller = true }] };
}
