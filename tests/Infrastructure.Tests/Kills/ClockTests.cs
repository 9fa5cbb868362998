using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kubernetes;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>What docs/security.md says of clocks that are wrong by minutes.</summary>
public sealed class ClockTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Portal_WrongByAConstant_GrantIsAsLongAsApproved(int minutes)
    {
        var clock = new ShiftedClock(TimeSpan.FromMinutes(minutes));
        await using var sight = new BindingSight(Place.Client, Place.Name);
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, Duration)).Grants[0];
        // Approved by the same wrong clock.
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET due_at = due_at + interval '{minutes} minutes', starts_at = starts_at + interval '{minutes} minutes', provision_until = provision_until + interval '{minutes} minutes'", Cancellation);
        await StartAsync(clock: clock);

        var ended = await UntilAsync(grant, GrantStatus.Ended);

        Assert.Equal((EndReason.Expired, ended.UsableAt + Duration), (ended.EndReason, ended.EndsAt));
        await Wait.UntilAsync(() => Task.FromResult(sight.Seen is [{ GoneAt: not null }]), "gone", Cancellation);
        // By a clock that is right; the binding appears before it is verified usable.
        Assert.True(sight.Seen[0].GoneAt - sight.Seen[0].AppearedAt >= Duration - TimeSpan.FromMilliseconds(500), $"{sight.Seen[0]}");
    }

    [Fact]
    public async Task Portal_JumpsAhead_EndsAtOnceAndLeavesNothing()
    {
        var clock = new ShiftedClock();
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(5));
        await StartAsync(clock: clock);
        await UntilAsync(grant, GrantStatus.Active);

        clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
    }

    [Fact]
    public async Task Portal_JumpsBack_ReaperStillEndsAtNotAfterByTheClustersClock()
    {
        var clock = new ShiftedClock();
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(1));
        await StartAsync(clock: clock);
        var active = await UntilAsync(grant, GrantStatus.Active);
        clock.Advance(TimeSpan.FromMinutes(-10));

        // Just before its signed end, by the cluster's clock, nothing; at it, it goes.
        Assert.Equal(BindingVerdict.Keep, await ReapAsync(grant, active.NotAfter!.Value.AddSeconds(-1)));
        Assert.Equal(BindingVerdict.Expired, await ReapAsync(grant, active.NotAfter!.Value.AddSeconds(1)));

        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.Equal(EndReason.RemovedOutsideLapse, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.True(active.NotAfter <= active.EndsAt + Grant.UsableWithin);
    }

    [Fact]
    public async Task Cluster_MinutesAhead_ReaperEndsEarlyAndThePortalSeesIt()
    {
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(3));
        await StartAsync();
        var active = await UntilAsync(grant, GrantStatus.Active);

        // Less ahead than duration and margin together: it stays. More: the first run takes it.
        Assert.Equal(BindingVerdict.Keep, await ReapAsync(grant, active.UsableAt!.Value.AddMinutes(3)));
        Assert.Equal(BindingVerdict.Expired, await ReapAsync(grant, active.UsableAt!.Value.AddMinutes(5)));

        Assert.Equal(EndReason.RemovedOutsideLapse, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
    }

    [Fact]
    public async Task Cluster_MinutesBehind_PortalEndsInTimeByItsOwnClock()
    {
        await using var relay = await DenyingRelay.StartAsync(Place.Address);
        relay.Denies = false;
        relay.Date = () => DateTimeOffset.UtcNow.AddMinutes(-5);
        await using (var db = Database.CreateDbContext())
        {
            var cluster = await db.Clusters.SingleAsync(Cancellation);
            cluster.Change(new(cluster.Name, cluster.Title, cluster.Environment, relay.Address.Server.AbsoluteUri, relay.Address.CertificateAuthority, CredentialKind.Token, cluster.UserNameClaim, cluster.UserNamePrefix));
            cluster.Seal(Story.Seal(cluster, relay.Address.Credential));
            await db.CommitAsync(Cancellation);
        }
        var grant = await ApprovedAsync(Duration);
        await StartAsync();

        var ended = await UntilAsync(grant, GrantStatus.Ended);

        Assert.Equal((EndReason.Expired, ended.UsableAt + Duration), (ended.EndReason, ended.EndsAt));
        await Wait.UntilAsync(
            async () =>
            {
                await using var db = Database.CreateDbContext();
                return (await db.ClusterHealth.AsNoTracking().SingleAsync(Cancellation)) is { State: ClusterState.Degraded } health && health.Message.Contains("behind", StringComparison.Ordinal);
            },
            "shown as degraded", Cancellation);
    }

    [Fact]
    public async Task Replicas_MinutesApart_MakeAndEndOnce()
    {
        var ahead = new ShiftedClock(TimeSpan.FromMinutes(2));
        await StartAsync();
        await StartAsync(clock: ahead);
        await using var sight = new BindingSight(Place.Client, Place.Name);
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(4));

        // Whoever made it, the one that is ahead ends it, once; the jump brings its end near.
        await UntilAsync(grant, GrantStatus.Active);
        ahead.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        await Wait.UntilAsync(() => Task.FromResult(sight.Seen.All(binding => binding.GoneAt is not null)), "gone", Cancellation);
        Assert.Single(sight.Seen);
        Assert.Single(await ActsAsync(grant), act => act == Domain.Ledger.LedgerActs.GrantActive);
        Assert.Single(await ActsAsync(grant), act => act == Domain.Ledger.LedgerActs.GrantEnded);
    }

    // The reaper of a cluster whose clock says this; it sees this namespace only, since others' bindings are in the cluster too.
    private async Task<BindingVerdict> ReapAsync(Grant grant, DateTimeOffset clusterTime)
    {
        await using var relay = await DenyingRelay.StartAsync(Place.Address);
        relay.Denies = false;
        relay.Date = () => clusterTime;
        relay.Instead = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/clusterrolebindings", StringComparison.Ordinal))
            {
                context.Response.Headers.Date = clusterTime.ToString("R");
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"kind":"ClusterRoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","items":[]}""");
                return true;
            }
            if (context.Request.Path.Value == "/apis/rbac.authorization.k8s.io/v1/rolebindings") context.Request.Path = $"/apis/rbac.authorization.k8s.io/v1/namespaces/{Place.Name}/rolebindings";
            return false;
        };
        using var api = new ClusterApi(new(relay.Address, ControlPlaneFixture.Outbound), TimeProvider.System);
        var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportFromPem(TestInstallation.BindingKey.PublicKeyPem);
        var report = await new Reaper(api, [key], TimeSpan.FromDays(1)).RunAsync(Cancellation);
        Assert.Null(report.Failure);
        return report.Reaped.SingleOrDefault(reaped => reaped.Name == BindingKeys.NameOf(grant.Id))?.Verdict ?? BindingVerdict.Keep;
    }
}
