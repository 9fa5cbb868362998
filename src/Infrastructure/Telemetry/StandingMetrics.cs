using System.Diagnostics.Metrics;
using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Telemetry;

/// <summary>
/// How things stand, as numbers read from the database every few seconds. Every replica reports the same; while the database does not
/// answer only that is reported, never a number that is out of date. A database that answers and takes nothing counts as not reachable,
/// but what can be read in it is reported.
/// </summary>
internal sealed partial class StandingMetrics : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly IDbContextFactory<PortalDbContext> _contexts;
    private static readonly HoldCause[] EveryCause = Enum.GetValues<HoldCause>();

    private readonly DatabaseProbe _probe;
    private readonly HoldCheck _holds;
    private readonly TimeProvider _clock;
    private readonly ILogger<StandingMetrics> _log;
    private volatile Standing? _standing;
    private volatile bool _reads = true;
    private volatile bool _takes = true;

    public StandingMetrics(IDbContextFactory<PortalDbContext> contexts, DatabaseProbe probe, ClusterConnections connections, IMeterFactory meters, HoldCheck holds, TimeProvider clock, ILogger<StandingMetrics> log)
    {
        (_contexts, _probe, _holds, _clock, _log) = (contexts, probe, holds, clock, log);
        var meter = meters.Create(LapseMetrics.MeterName);
        meter.CreateObservableGauge("lapse.database.reachable", () => _reads && _takes ? 1 : 0, description: "1 while the database answers and takes what is written.");
        meter.CreateObservableGauge("lapse.grants.live", () => Each(s => s.Count), "{grant}", "Grants that are not over, by status.");
        meter.CreateObservableGauge("lapse.grants.due", () => Each(s => s.Due), "{grant}", "Grants that wait for a worker, by status.");
        meter.CreateObservableGauge("lapse.grants.overdue", () => Each(s => s.Overdue), "{grant}", "Grants that should have begun or ended and have not, by status.");
        meter.CreateObservableGauge("lapse.requests.waiting", () => One(s => s.Waiting), "{request}", "Requests that wait for a decision.");
        meter.CreateObservableGauge("lapse.ledger.sequence", () => One(s => s.Ledger), "{entry}", "The ledger's newest entry. It only grows.");
        meter.CreateObservableGauge("lapse.hold", () => _standing is { } s ? EveryCause.Select(cause => new Measurement<long>(s.Holds.Contains(cause) ? 1 : 0, KeyValuePair.Create<string, object?>("cause", cause.ToString()))) : [], description: "1 while Lapse is on hold: it ends access and starts none.");
        // This replica's own, whatever the database does.
        meter.CreateObservableGauge(
            "lapse.cluster.breaker_open", () => connections.All.Select(link => new Measurement<long>(link.Breaker.IsOpen ? 1 : 0, KeyValuePair.Create<string, object?>("cluster", link.Name))),
            description: "1 while this replica's circuit breaker for a cluster is open: the cluster has not answered lately.");
        meter.CreateObservableGauge("lapse.clusters", () => _standing is { } s ? s.Clusters.Select(c => new Measurement<long>(1, KeyValuePair.Create<string, object?>("cluster", c.Name), KeyValuePair.Create<string, object?>("state", c.State))) : [], "{cluster}", "Each cluster with the state that it was last seen in.");
        meter.CreateObservableGauge("lapse.reapers", () => _standing is { } s ? s.Clusters.Select(c => new Measurement<long>(1, KeyValuePair.Create<string, object?>("cluster", c.Name), KeyValuePair.Create<string, object?>("state", c.Reaper))) : [], "{cluster}", "Each cluster with the state that its reaper was last seen in.");
    }

    /// <summary>Reads the numbers once.</summary>
    internal async Task ReadAsync(CancellationToken cancellation)
    {
        var now = _clock.GetUtcNow();
        await using var db = await _contexts.CreateDbContextAsync(cancellation);
        var grants = await db.Grants.Where(g => GrantCounts.Statuses.Contains(g.Status)).GroupBy(g => g.Status)
            .Select(g => new { Status = g.Key, Count = g.LongCount(), Due = g.LongCount(x => x.DueAt <= now) }).ToListAsync(cancellation);
        var overdue = await db.Grants.Overdue(now).GroupBy(g => g.Status).Select(g => new { Status = g.Key, Count = g.LongCount() }).ToDictionaryAsync(g => g.Status, g => g.Count, cancellation);
        var waiting = await db.AccessRequests.LongCountAsync(r => r.Status == RequestStatus.AwaitingApproval, cancellation);
        var ledger = await db.LedgerHead.AsNoTracking().Select(h => h.Sequence).SingleAsync(cancellation);
        var clusters = await db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null)
            .Join(db.ClusterHealth, c => c.Id, h => h.ClusterId, (c, h) => new { c.Name, h.State, h.Reaper }).ToListAsync(cancellation);
        var holds = (await _holds.ReadAsync(db, cancellation)).Where(h => h.IsOpen).Select(h => h.Hold.Cause).ToHashSet();
        _standing = new([.. grants.Select(g => new GrantCounts(g.Status, g.Count, g.Due, overdue.GetValueOrDefault(g.Status)))], waiting, ledger, [.. clusters.Select(c => (c.Name, c.State.ToString(), c.Reaper.ToString()))], holds);
        _reads = true;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            try
            {
                _takes = await _probe.AskAsync(stoppingToken) == DatabaseCondition.Well;
                await ReadAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away: that is reported, and it is asked again.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (_reads) LogAway(exception);
                (_standing, _reads) = (null, false);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // A status with none is a zero, not a gap.
    private IEnumerable<Measurement<long>> Each(Func<GrantCounts, long> number) => _standing is { } standing
        ? GrantCounts.Statuses.Select(status => new Measurement<long>(standing.Grants.Where(g => g.Status == status).Sum(number), KeyValuePair.Create<string, object?>("status", status.ToString())))
        : [];

    private IEnumerable<Measurement<long>> One(Func<Standing, long> number) => _standing is { } standing ? [new(number(standing))] : [];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The numbers of how things stand cannot be read; they are not reported until they can.")]
    private partial void LogAway(Exception exception);

    private sealed record GrantCounts(GrantStatus Status, long Count, long Due, long Overdue)
    {
        public static readonly GrantStatus[] Statuses = [GrantStatus.Scheduled, GrantStatus.Provisioning, GrantStatus.Active, GrantStatus.Revoking];
    }

    private sealed record Standing(IReadOnlyList<GrantCounts> Grants, long Waiting, long Ledger, IReadOnlyList<(string Name, string State, string Reaper)> Clusters, HashSet<HoldCause> Holds);
}
