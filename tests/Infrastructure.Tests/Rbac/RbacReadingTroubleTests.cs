using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using k8s;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Reading and watching the RBAC of a real cluster past an API server in trouble, or one that refuses a part.</summary>
public sealed class RbacReadingTroubleTests(ControlPlaneFixture controlPlane) : RbacReadingTest(controlPlane)
{
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
        await Wait.UntilAsync(async () => (await Place.Client.CoreV1.ListNamespacedPodAsync(Place.Name, labelSelector: "app=web", cancellationToken: Cancellation)).Items.Count == 1, "the Deployment has its Pod", Cancellation);
        await using var relay = await RelayAsync(context => context.Request.Path.Value!.EndsWith("/replicasets", StringComparison.Ordinal) ? StatusAsync(context, 403, "Forbidden") : Pass);
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Whole, Cancellation)).Value;

        Assert.Contains(read.Objects, one => one is WorkloadObject { WorkloadKind: "Pod", ServiceAccount: "runner" } && one.Namespace == Place.Name);
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
        var asked = new ConcurrentQueue<long>();
        await using var relay = await RelayAsync(context =>
        {
            // Later pages, of which there are some while other tests fill the cluster, are asked for once it answered.
            if (!context.Request.Path.Value!.EndsWith("/rolebindings", StringComparison.Ordinal) || context.Request.Query.ContainsKey("continue")) return Pass;
            asked.Enqueue(Stopwatch.GetTimestamp());
            return asked.Count == 1 ? ClusterFault.TooManyRequests.MeetAsync(context) : Pass;
        });
        using var api = Connect(relay);

        var read = (await api.ReadRbacAsync(Quick, Cancellation)).Value;

        Assert.Empty(read.UnreadKinds);
        Assert.Contains(read.Objects, one => one.Kind == "RoleBinding");
        // The server itself may be busy too; what counts is when it was asked for the second time.
        var waited = Stopwatch.GetElapsedTime(asked.First(), asked.ElementAt(1));
        Assert.True(waited > TimeSpan.FromMilliseconds(950), $"It was asked again after {waited.TotalMilliseconds} ms.");
    }

    [Fact]
    public async Task Read_SlowServer_IsWholeThoughItTakesLongerThanAnyOneAnswerMay()
    {
        var limit = TimeSpan.FromSeconds(3);
        var began = Stopwatch.GetTimestamp();
        await using var relay = await RelayAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), context.RequestAborted);
            return false;
        });
        using var api = new ClusterApi(new(relay.Address, ControlPlaneFixture.Outbound with { RequestTimeout = limit }), TimeProvider.System);

        var read = (await api.ReadRbacAsync(Quick, Cancellation)).Value;

        Assert.True(Stopwatch.GetElapsedTime(began) > limit);
        Assert.Empty(read.UnreadKinds);
        Assert.Empty(read.Gaps);
        Assert.Contains(read.Objects, one => one.Reference == "ClusterRole view");
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
    public async Task Read_TokenSecrets_NeverAsksForTheirContent()
    {
        var accepts = new ConcurrentBag<(string Accept, string Query)>();
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
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new() { Metadata = new() { Name = "made" } }, Place.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref wakes) > before), "a wake", Cancellation);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task Watch_OneKindForbiddenAndOneBusy_TheOthersWake()
    {
        var (forbidden, busy, roles) = (0, 0, 0);
        await using var relay = await RelayAsync(context =>
        {
            if (!context.Request.Query.ContainsKey("watch")) return Pass;
            var path = context.Request.Path.Value!;
            if (path.EndsWith("/serviceaccounts", StringComparison.Ordinal)) return Interlocked.Increment(ref forbidden) > 0 ? StatusAsync(context, 403, "Forbidden") : Pass;
            if (path.EndsWith("/namespaces", StringComparison.Ordinal) && Interlocked.Increment(ref busy) == 1) return ClusterFault.TooManyRequests.MeetAsync(context);
            if (path.EndsWith("/roles", StringComparison.Ordinal)) Interlocked.Increment(ref roles);
            return Pass;
        });
        using var api = Connect(relay);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var wakes = 0;
        var watching = Task.Run(async () =>
        {
            await foreach (var _ in api.WatchRbacAsync(stop.Token)) Interlocked.Increment(ref wakes);
        }, Cancellation);
        // What was busy is watched again; what is forbidden is not asked for all the time.
        await Wait.UntilAsync(() => Task.FromResult(busy >= 2 && roles >= 1 && forbidden >= 1), "the watches", Cancellation);
        Assert.Equal(1, forbidden);

        var before = Volatile.Read(ref wakes);
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new() { Metadata = new() { Name = "made" } }, Place.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref wakes) > before), "a wake", Cancellation);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private static readonly Task<bool> Pass = Task.FromResult(false);

    private static ClusterApi Connect(DenyingRelay relay) => new(new(relay.Address, ControlPlaneFixture.Outbound), TimeProvider.System);

    private async Task<DenyingRelay> RelayAsync(Func<HttpContext, Task<bool>> instead)
    {
        var relay = await DenyingRelay.StartAsync(Place.Address);
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
}
