using k8s;
using k8s.Models;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>The look at a real cluster's RBAC: soon after a change, on one of several replicas, and again once the cluster is back.</summary>
public sealed class RbacLoopTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : DatabaseTest(postgres)
{
    private static readonly RbacOptions Quick = new() { Pause = TimeSpan.FromMilliseconds(300), LookInterval = TimeSpan.FromHours(1), WorkloadsInterval = TimeSpan.FromHours(1) };

    [Fact]
    public async Task Loop_TwoReplicasChangeFaultAndBack_EachChangeIsInASnapshotOnce()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var relay = await DenyingRelay.StartAsync(place.Address);
        relay.Denies = false;
        var story = await Story.BeginAsync(Database, relay.Address, Cancellation);
        await using var first = await Loop.StartAsync(Database);
        await using var second = await Loop.StartAsync(Database);
        var snapshots = new RbacSnapshots(Database, TestInstallation.BindingKey);
        await UntilAsync(snapshots, story.Cluster, state => state.State.Namespaces.Any(one => one.Name == place.Name));

        // A change, far from the next look that is due anyway.
        await BindAsync(place, "first");
        await UntilAsync(snapshots, story.Cluster, state => state.State.Bindings.Any(one => one.Namespace == place.Name && one.Name == "first"));

        // The cluster is away; what changed meanwhile is seen once it is back, and till then it is said since when not.
        relay.Instead = context => ClusterFault.InternalError.MeetAsync(context);
        await BindAsync(place, "second");
        relay.Instead = null;
        await UntilAsync(snapshots, story.Cluster, state => state.State.Bindings.Any(one => one.Namespace == place.Name && one.Name == "second"));

        await place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync("first", place.Name, cancellationToken: Cancellation);
        await UntilAsync(snapshots, story.Cluster, state => state.State.Bindings.Any(one => one.Namespace == place.Name && one.Name == "second") && !state.State.Bindings.Any(one => one.Namespace == place.Name && one.Name == "first"));

        await using var db = Database.CreateDbContext();
        var numbers = await db.RbacSnapshots.OrderBy(s => s.Number).Select(s => s.Number).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
        var key = RbacObjectVersion.KeyOf("RoleBinding", place.Name, "first");
        Assert.Single(await db.RbacObjects.Where(v => v.Key == key).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Look_ClusterThatFails_SaysWhyAndKeepsWhatItHas()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var relay = await DenyingRelay.StartAsync(place.Address);
        relay.Denies = false;
        var story = await Story.BeginAsync(Database, relay.Address, Cancellation);
        await using var one = Loop.Create(Database);
        await one.LookAsync(story.Cluster, null);
        relay.Instead = context => context.Request.Path.Value!.EndsWith("/roles", StringComparison.Ordinal) ? ClusterFault.Conflict.MeetAsync(context) : Task.FromResult(false);

        await Wait.UntilAsync(
            async () =>
            {
                await one.LookAsync(story.Cluster, DateTimeOffset.UtcNow);
                return (await LookRowAsync()).Failure.Length > 0;
            },
            "the failure is said", Cancellation);
        var failed = await LookRowAsync();
        Assert.True(failed.TriedAt > failed.LookedAt);
        Assert.NotEmpty((await new RbacSnapshots(Database, TestInstallation.BindingKey).StateAsync(story.Cluster.Id, null, Cancellation))!.State.Roles);

        relay.Instead = null;
        await Wait.UntilAsync(
            async () =>
            {
                await one.LookAsync(story.Cluster, DateTimeOffset.UtcNow);
                return (await LookRowAsync()).Failure.Length == 0;
            },
            "it is well again", Cancellation);
    }

    [Fact]
    public async Task Look_SeveralAtOnce_IsOne()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var relay = await DenyingRelay.StartAsync(place.Address);
        relay.Denies = false;
        var lists = 0;
        relay.Instead = context =>
        {
            if (context.Request.Path.Value!.EndsWith("/clusterrolebindings", StringComparison.Ordinal)) Interlocked.Increment(ref lists);
            return Task.FromResult(false);
        };
        var story = await Story.BeginAsync(Database, relay.Address, Cancellation);
        await using var first = Loop.Create(Database, Quick with { Pause = TimeSpan.FromMinutes(1) });
        await using var second = Loop.Create(Database, Quick with { Pause = TimeSpan.FromMinutes(1) });

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).LookAsync(story.Cluster, null)));
        // What is heard within the pause is looked at with the next one.
        Assert.True(await first.LookAsync(story.Cluster, DateTimeOffset.UtcNow) > TimeSpan.FromSeconds(30));

        Assert.Equal(1, lists);
    }

    private static async Task UntilAsync(RbacSnapshots snapshots, Cluster cluster, Func<RbacStateAt, bool> holds) => await Wait.UntilAsync(
        async () => await snapshots.StateAsync(cluster.Id, null, Cancellation) is { } state && holds(state), "a snapshot that has it", Cancellation);

    private async Task<RbacLook> LookRowAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.RbacLooks.SingleAsync(Cancellation);
    }

    private static Task<V1RoleBinding> BindAsync(TestNamespace place, string name) => place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
        new() { Metadata = new() { Name = name }, RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "view" }, Subjects = [new() { Kind = "User", Name = "anna", ApiGroup = "rbac.authorization.k8s.io" }] },
        place.Name, cancellationToken: Cancellation);

    /// <summary>One replica, as far as it looks at RBAC.</summary>
    private sealed class Loop : IAsyncDisposable
    {
        private readonly ClusterConnections _connections;
        private readonly RbacLooker _looker;
        private readonly RbacLoop _loop;

        private Loop(TestDatabase database, RbacOptions options)
        {
            _connections = new(TestInstallation.Sealer, new OutboundOptions { AllowLoopback = true }, TimeProvider.System);
            var snapshots = new RbacSnapshots(database, TestInstallation.BindingKey);
            _looker = new(database, database.Serving, new(database, snapshots, new ClusterAudit(database, TestInstallation.BindingKey, options, TimeProvider.System), options, TimeProvider.System), options, TimeProvider.System, NullLogger<RbacLooker>.Instance);
            _loop = new(new RegisteredClusters(database, _connections), _looker, TimeProvider.System, NullLogger<RbacLoop>.Instance);
        }

        public static Loop Create(TestDatabase database, RbacOptions? options = null) => new(database, options ?? Quick);

        public static async Task<Loop> StartAsync(TestDatabase database)
        {
            var loop = new Loop(database, Quick);
            await loop._loop.StartAsync(CancellationToken.None);
            return loop;
        }

        public Task<TimeSpan> LookAsync(Cluster cluster, DateTimeOffset? heard) => _looker.LookAsync(cluster, _connections.To(cluster).Value, heard, Cancellation);

        public async ValueTask DisposeAsync()
        {
            await _loop.StopAsync(CancellationToken.None);
            _loop.Dispose();
            _connections.Dispose();
        }
    }
}
