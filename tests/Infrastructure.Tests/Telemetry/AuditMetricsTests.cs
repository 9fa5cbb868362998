using System.Diagnostics.Metrics;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Rbac;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Telemetry;

/// <summary>The numbers of the audit are those of its rows, and none is reported that may be out of date.</summary>
public sealed class AuditMetricsTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Read_AfterLooks_SaysHowOldHowManyAndWhatIsMissing()
    {
        var rbac = new RbacWorld(Database, World.Cluster, Clock);
        rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        rbac.Put(RbacWorld.Binding("ci", "", "everything", RbacWorld.Account("ci", "deployer")));
        await rbac.LookAsync();
        rbac.Unread.Add("Secret");
        rbac.Gaps.Add(new Gap("tokens", "Lapse may not list Secrets."));
        await rbac.LookAsync();
        Clock.Now += TimeSpan.FromSeconds(90);
        using var metrics = Make(Database);

        await metrics.ReadAsync(Cancellation);

        var (read, name) = (Read(), World.Cluster.Name);
        Assert.Equal((90.0, 0.0, 2.0, 1.0), (read[$"lapse.rbac.look_age {name}"], read[$"lapse.rbac.look_failed {name}"], read[$"lapse.rbac.snapshots {name}"], read[$"lapse.rbac.gaps {name}"]));
        await using var db = Database.CreateDbContext();
        var critical = await db.RbacFindings.CountAsync(f => f.GoneAt == null && f.Gravity == (int)Domain.Rbac.Findings.Severity.Critical, Cancellation);
        Assert.Equal((critical, 0.0), (read[$"lapse.rbac.findings {name} Critical Open"], read[$"lapse.rbac.findings {name} Critical Accepted"]));
        Assert.True(critical > 0);

        await Database.ExecuteAsOwnerAsync("UPDATE rbac_looks SET failure = 'It does not answer.'", Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE rbac_findings SET accepted_because = 'It is ours.'", Cancellation);
        await metrics.ReadAsync(Cancellation);
        read = Read();
        Assert.Equal((1.0, 0.0, critical), (read[$"lapse.rbac.look_failed {name}"], read[$"lapse.rbac.findings {name} Critical Open"], read[$"lapse.rbac.findings {name} Critical Accepted"]));
    }

    [Fact]
    public async Task Run_DatabaseAway_ReportsNothing()
    {
        var rbac = new RbacWorld(Database, World.Cluster, Clock);
        await rbac.LookAsync();
        var away = new GoingDatabase(Database);
        using var metrics = Make(away);
        await metrics.ReadAsync(Cancellation);
        Assert.NotEmpty(Read());

        away.IsAway = true;
        await metrics.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Read().Count == 0), "nothing is reported any more", Cancellation);
        await metrics.StopAsync(Cancellation);
    }

    private AuditMetrics Make(IDbContextFactory<PortalDbContext> database) => new(database, _services.GetRequiredService<IMeterFactory>(), Clock, NullLogger<AuditMetrics>.Instance);

    // What a collector would read now, by name and labels.
    private Dictionary<string, double> Read()
    {
        Dictionary<string, double> read = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, _services.GetRequiredService<IMeterFactory>())) listener.EnableMeasurementEvents(instrument);
            },
        };
        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => read[$"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}"] = value;
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    private sealed class GoingDatabase(IDbContextFactory<PortalDbContext> there) : IDbContextFactory<PortalDbContext>
    {
        public bool IsAway { get; set; }

        public PortalDbContext CreateDbContext() => IsAway ? throw new InvalidOperationException("The database is away.") : there.CreateDbContext();
    }
}
