using System.Diagnostics.Metrics;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Telemetry;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Telemetry;

/// <summary>The numbers of how things stand are those of the database, and none is reported that may be out of date.</summary>
public sealed class StandingMetricsTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private ReconcilerReplica? _replica;
    private readonly ClusterConnections _connections = new(TestInstallation.Sealer, ControlPlaneFixture.Outbound, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        _connections.Dispose();
        await _services.DisposeAsync();
        if (_replica is not null) await _replica.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Read_GrantsInEachState_AreCounted()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);
        var ending = await GrantedAsync(World.ByRule, World.Alice);
        await ActivateAsync(ending, Start.AddMinutes(-40));
        await MoveAsync(ending, grant => grant.End(EndReason.Expired, null, Start.AddMinutes(-10)));
        await GrantedAsync(World.ByRule, World.Bob);
        await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation);
        using var metrics = Make(Database);

        await metrics.ReadAsync(Cancellation);

        var read = Read();
        Assert.Equal((1L, 1L, 1L, 0L), (read["lapse.grants.live Active"], read["lapse.grants.live Revoking"], read["lapse.grants.live Scheduled"], read["lapse.grants.live Provisioning"]));
        Assert.Equal((0L, 1L, 0L), (read["lapse.grants.overdue Active"], read["lapse.grants.overdue Revoking"], read["lapse.grants.overdue Scheduled"]));
        Assert.Equal((1L, 1L), (read["lapse.grants.due Scheduled"], read["lapse.grants.due Revoking"]));
        Assert.Equal((1L, 1L), (read["lapse.requests.waiting "], read["lapse.database.reachable "]));
        await using var db = Database.CreateDbContext();
        Assert.Equal(await db.LedgerHead.Select(h => h.Sequence).SingleAsync(Cancellation), read["lapse.ledger.sequence "]);
    }

    [Fact]
    public async Task Read_OnHold_SaysWhy()
    {
        using var metrics = Make(Database);
        await metrics.ReadAsync(Cancellation);
        Assert.Equal((0L, 0L), (Read()["lapse.hold Admin"], Read()["lapse.hold OlderLedger"]));
        await using (var db = Database.CreateDbContext())
        await using (await db.Database.BeginTransactionAsync(Cancellation))
        {
            await Infrastructure.Holds.Holds.BeginAsync(db, HoldCause.Admin, "Wait", LedgerActor.Operator, Start, Cancellation);
            await db.CommitAsync(Cancellation);
        }

        await metrics.ReadAsync(Cancellation);

        Assert.Equal((1L, 0L), (Read()["lapse.hold Admin"], Read()["lapse.hold OlderLedger"]));
    }

    [Fact]
    public async Task Run_DatabaseAway_ReportsOnlyThat()
    {
        using var metrics = Make(new NoDatabase());

        await metrics.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Read().GetValueOrDefault("lapse.database.reachable ", 1) == 0), "the database is reported away", Cancellation);

        Assert.Equal(["lapse.database.reachable "], Read().Keys);
        await metrics.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData("on", 0)]
    [InlineData("off", 1)]
    public async Task Run_DatabaseReadOnly_IsNotReachableButRead(string readOnly, long reachable)
    {
        await GrantedAsync(World.ByRule, World.Alice);
        using var metrics = Make(Database);
        // Of this database alone, for sessions that begin from now on.
        await Database.ExecuteAsOwnerAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(Database.OwnerConnectionString).Database} SET default_transaction_read_only = {readOnly}", Cancellation);
        Database.Serving.Clear();

        await metrics.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Read().ContainsKey("lapse.grants.live Scheduled")), "the numbers are read", Cancellation);

        Assert.Equal((reachable, 1L), (Read()["lapse.database.reachable "], Read()["lapse.grants.live Scheduled"]));
        await metrics.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Read_BreakerOfAClusterThatDoesNotAnswer_IsOpen()
    {
        var cluster = Cluster.Register(UuidId.New<ClusterId>(Start), new("far", "Far", ClusterEnvironment.Production, "https://far.test", "", CredentialKind.Token, "preferred_username", "oidc:"));
        cluster.Seal(Story.Seal(cluster, new ClusterCredential.Token("token")));
        var link = _connections.To(cluster).Value;
        using var metrics = Make(Database);
        Assert.Equal(0L, Read()["lapse.cluster.breaker_open far"]);
        var away = new ClusterFailure(ClusterFailureKind.Unreachable, "away");

        for (var call = 0; call < 4; call++) await link.Breaker.RunAsync(_ => Task.FromResult<ClusterResult<bool>>(away), Cancellation);

        Assert.Equal(1L, Read()["lapse.cluster.breaker_open far"]);
    }

    private StandingMetrics Make(IDbContextFactory<PortalDbContext> database) =>
        new(database, new(Database.Serving), _connections, _services.GetRequiredService<IMeterFactory>(), (_replica ??= ReconcilerReplica.Create(Database)).Get<HoldCheck>(), Clock, NullLogger<StandingMetrics>.Instance);

    private Dictionary<string, long> Read() => Gauges.Read(_services.GetRequiredService<IMeterFactory>());

    private sealed class NoDatabase : IDbContextFactory<PortalDbContext>
    {
        public PortalDbContext CreateDbContext() => throw new InvalidOperationException("The database is away.");
    }
}
