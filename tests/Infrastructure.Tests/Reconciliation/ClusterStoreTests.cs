using System.Text;
using System.Text.Json.Nodes;
using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>
/// A cluster loses what it keeps, in a control plane of the test's own: etcd is killed and comes back, the cluster is replaced by an
/// empty one, and by one of before. One story, since each beginning of a control plane takes seconds.
/// </summary>
public sealed class ClusterStoreTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private const string Place = "default";

    private static readonly ReconciliationOptions Quick = new() { LongestBackoff = TimeSpan.FromSeconds(1), RecoveryInterval = TimeSpan.FromMilliseconds(500), ProbeInterval = TimeSpan.FromMilliseconds(500) };

    [Fact]
    public async Task Cluster_WithoutEtcdThenEmptyThenOfBefore_NothingOutlivesItsEndOrIsMadeAgain()
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
            var entry = await story.EntryAsync([Place], Cancellation);
            await using var replica = ReconcilerReplica.Create(Database, Quick, outbound: ControlPlaneFixture.Outbound with { RequestTimeout = TimeSpan.FromSeconds(3) });
            await using var running = await Running.StartAsync(replica, Cancellation);

            var ending = (await story.ApprovedAsync(entry, rules, Cancellation, TimeSpan.FromSeconds(4))).Grants[0];
            await UntilAsync(ending, GrantStatus.Active);
            await using (var etcd = EtcdProcess.Of(folder.Path))
            {
                await etcd.KillAsync(Cancellation);
                // Its end comes while nothing can be deleted, nor be proved to be gone.
                var overdue = await UntilAsync(ending, g => g is { Status: GrantStatus.Revoking, LastError: not null }, "tried to end");
                Assert.True(overdue.RevokingSince >= overdue.EndsAt);
                // What is asked for meanwhile is neither given nor lost, and nothing was sent for it.
                var waiting = (await story.ApprovedAsync(entry, rules, Cancellation, requester: story.Carol, approvers: [story.Bob])).Grants[0];
                await UntilAsync(waiting, g => g is { Status: GrantStatus.Provisioning, LastError: not null }, "tried to begin");
                Assert.Empty(await ActsAsync(waiting));
                Assert.Equal(GrantStatus.Revoking, (await ReadAsync(ending)).Status);
                Copy(EtcdProcess.DataOf(folder.Path), folder.Path + "/before");

                etcd.Start();
                Assert.Equal(EndReason.Expired, (await UntilAsync(ending, GrantStatus.Ended)).EndReason);
                Assert.IsType<GetBindingResult.NotFound>(await LookAsync(api, ending));
                await UntilAsync(waiting, GrantStatus.Active);
                await LosesItAsync(waiting);
            }

            async Task LosesItAsync(Grant held)
            {
                // Replaced by an empty one with the same name, address and authority.
                await cluster.DisposeAsync();
                Directory.Delete(EtcdProcess.DataOf(folder.Path), recursive: true);
                cluster = await ControlPlane.StartAsync(options, Cancellation);
                // By itself: it is swept as soon as it answers again, and no job of each minute runs here.
                Assert.Equal(EndReason.RemovedOutsideLapse, (await UntilAsync(held, GrantStatus.Ended)).EndReason);
                Assert.Empty(await BindingsAsync(cluster));
                // It works with the new one, and gives nothing of the old one again.
                var later = (await story.ApprovedAsync(entry, rules, Cancellation, requester: story.Bob, approvers: [story.Carol])).Grants[0];
                await UntilAsync(later, GrantStatus.Active);
                Assert.Equal([BindingKeys.NameOf(later.Id)], await BindingsAsync(cluster));

                // Replaced by what it was before the first end: that binding is there again.
                await cluster.DisposeAsync();
                Directory.Delete(EtcdProcess.DataOf(folder.Path), recursive: true);
                Copy(folder.Path + "/before", EtcdProcess.DataOf(folder.Path));
                cluster = await ControlPlane.StartAsync(options, Cancellation);
                await Wait.UntilAsync(async () => (await AlertsAsync(ending)).Contains("LeftOver"), "what came back is found", Cancellation);
                Assert.IsType<GetBindingResult.NotFound>(await LookAsync(api, ending));
                await UntilAsync(later, GrantStatus.Ended);
                Assert.Empty(await BindingsAsync(cluster));

                string[] life = [LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded];
                Assert.Equal([.. life, LedgerActs.Alert], await ActsAsync(ending));
                Assert.Equal(life, await ActsAsync(held));
                Assert.Equal(life, await ActsAsync(later));
                var ledger = await new LedgerVerifier(Database).VerifyAsync(null, Cancellation);
                Assert.True(ledger.IsIntact, ledger.Message);
            }
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(to + folder[from.Length..]);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, to + file[from.Length..]);
    }

    private static async Task<List<string>> BindingsAsync(ControlPlane cluster)
    {
        using var client = cluster.CreateClient();
        return [.. (await client.RbacAuthorizationV1.ListNamespacedRoleBindingAsync(Place, cancellationToken: Cancellation)).Items.Select(binding => binding.Metadata.Name)];
    }

    private static Task<GetBindingResult> LookAsync(ClusterApi api, Grant grant) => api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, Cancellation);

    private Task<Grant> UntilAsync(Grant grant, GrantStatus status) => UntilAsync(grant, g => g.Status == status, status.ToString());

    private async Task<Grant> UntilAsync(Grant grant, Func<Grant, bool> holds, string what)
    {
        var now = grant;
        await Wait.UntilAsync(async () => holds(now = await ReadAsync(grant)), what, Cancellation);
        return now;
    }

    private async Task<Grant> ReadAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation);
    }

    private async Task<List<string>> ActsAsync(Grant grant) => [.. (await EntriesAsync(grant)).Select(e => e.Act)];

    private async Task<List<string?>> AlertsAsync(Grant grant) =>
        [.. (await EntriesAsync(grant)).Where(e => e.Act == LedgerActs.Alert).Select(e => JsonNode.Parse(Encoding.UTF8.GetString(e.Content))![Alerts.Kind]?.GetValue<string>())];

    private async Task<List<LedgerEntry>> EntriesAsync(Grant grant)
    {
        var subject = LedgerSubject.Of(grant.Id);
        await using var db = Database.CreateDbContext();
        return await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
    }

    /// <summary>A replica's services while they run.</summary>
    private sealed class Running(IReadOnlyList<IHostedService> services) : IAsyncDisposable
    {
        public static async Task<Running> StartAsync(ReconcilerReplica replica, CancellationToken cancellation)
        {
            IHostedService[] services = [.. replica.Services.GetServices<IHostedService>()];
            foreach (var service in services) await service.StartAsync(cancellation);
            return new(services);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var service in services.Reverse()) await service.StopAsync(CancellationToken.None);
        }
    }
}
