using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A control plane of its own that is stopped and started again.</summary>
public sealed class OutageTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    [Fact]
    public async Task Cluster_StoppedBeforeTheEnd_IsOverdueAndThenGone()
    {
        using var folder = new ScratchFolder();
        var options = new ControlPlaneOptions { DataFolder = folder.Path, Port = Ports.Free() };
        var cluster = await ControlPlane.StartAsync(options, Cancellation);
        try
        {
            var address = KubeconfigReader.Read(await File.ReadAllTextAsync(cluster.KubeconfigFile, Cancellation)).Value;
            using var api = new ClusterApi(new(address, ControlPlaneFixture.Outbound), TimeProvider.System);
            var story = await Story.BeginAsync(Database, address, Cancellation);
            var rules = (await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Value;
            var entry = await story.EntryAsync(["default"], Cancellation);
            var grant = (await story.ApprovedAsync(entry, rules, Cancellation, TimeSpan.FromSeconds(6))).Grants[0];
            await using var replica = await ReconcilerReplica.StartAsync(Database, new ReconciliationOptions { LongestBackoff = TimeSpan.FromSeconds(1), RecoveryInterval = TimeSpan.FromMilliseconds(500), ProbeInterval = TimeSpan.FromMilliseconds(500) });
            await UntilAsync(grant.Id, g => g.Status == GrantStatus.Active);

            await cluster.DisposeAsync();
            var overdue = await UntilAsync(grant.Id, g => g is { Status: GrantStatus.Revoking, Attempts: > 2 });
            Assert.True(overdue.EndsAt < DateTimeOffset.UtcNow);
            Assert.NotNull(overdue.LastError);
            await UntilHealthAsync(ClusterState.Unreachable);
            // What is asked for meanwhile waits; it is neither given nor lost.
            await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET open_key = NULL", Cancellation);
            var waiting = (await story.ApprovedAsync(entry, rules, Cancellation)).Grants[0];
            await UntilAsync(waiting.Id, g => g is { Status: GrantStatus.Provisioning, Attempts: > 1 });

            cluster = await ControlPlane.StartAsync(options, Cancellation);
            var ended = await UntilAsync(grant.Id, g => g.Status == GrantStatus.Ended);
            Assert.Equal(EndReason.Expired, ended.EndReason);
            Assert.IsType<GetBindingResult.NotFound>(await api.GetBindingAsync(BindingKeys.NameOf(grant.Id), "default", Cancellation));
            await UntilAsync(waiting.Id, g => g.Status == GrantStatus.Active);
            await UntilHealthAsync(ClusterState.Healthy);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private async Task<Grant> UntilAsync(Domain.GrantId id, Func<Grant, bool> holds)
    {
        Grant? now = null;
        await Wait.UntilAsync(
            async () =>
            {
                await using var db = Database.CreateDbContext();
                return holds(now = await db.Grants.AsNoTracking().SingleAsync(g => g.Id == id, Cancellation));
            },
            "the grant is as wanted", Cancellation);
        return now!;
    }

    private Task UntilHealthAsync(ClusterState state) => Wait.UntilAsync(
        async () =>
        {
            await using var db = Database.CreateDbContext();
            return (await db.ClusterHealth.AsNoTracking().SingleAsync(Cancellation)).State == state;
        },
        state.ToString(), Cancellation);
}
