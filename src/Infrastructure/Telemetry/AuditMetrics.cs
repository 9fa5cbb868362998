using System.Diagnostics.Metrics;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Telemetry;

/// <summary>
/// How the audit of each cluster stands, as numbers read from the database every half minute. Every replica reports the same; while the
/// database does not answer nothing is reported.
/// </summary>
internal sealed partial class AuditMetrics : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly IDbContextFactory<PortalDbContext> _contexts;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuditMetrics> _log;
    private volatile IReadOnlyList<Audited>? _audits = [];

    public AuditMetrics(IDbContextFactory<PortalDbContext> contexts, IMeterFactory meters, TimeProvider clock, ILogger<AuditMetrics> log)
    {
        (_contexts, _clock, _log) = (contexts, clock, log);
        var meter = meters.Create(LapseMetrics.MeterName);
        meter.CreateObservableGauge("lapse.rbac.look_age", () => Each<double>(a => a.LookedAt is { } at ? [new Measurement<double>(Math.Max(0, (_clock.GetUtcNow() - at).TotalSeconds), Of(a))] : []), "s", "How long ago the RBAC of a cluster was last read as a whole.");
        meter.CreateObservableGauge("lapse.rbac.look_failed", () => Each<long>(a => [new Measurement<long>(a.Failed ? 1 : 0, Of(a))]), description: "1 while the last attempt to read the RBAC of a cluster failed.");
        meter.CreateObservableGauge("lapse.rbac.findings", () => Each<long>(a => a.Findings), "{finding}", "Findings that stand, by severity and whether they are accepted.");
        meter.CreateObservableGauge("lapse.rbac.snapshots", () => Each<long>(a => [new Measurement<long>(a.Snapshots, Of(a))]), "{snapshot}", "Snapshots of a cluster's RBAC that are kept.");
        meter.CreateObservableGauge("lapse.rbac.gaps", () => Each<long>(a => [new Measurement<long>(a.Gaps, Of(a))]), "{part}", "Parts of a cluster that could not be read for its newest snapshot.");
    }

    /// <summary>Reads the numbers once.</summary>
    internal async Task ReadAsync(CancellationToken cancellation)
    {
        var now = _clock.GetUtcNow();
        await using var db = await _contexts.CreateDbContextAsync(cancellation);
        var looks = await db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null)
            .Join(db.RbacLooks, c => c.Id, l => l.ClusterId, (c, l) => new { c.Id, c.Name, l.LookedAt, l.Number, Failed = l.Failure != "" }).ToListAsync(cancellation);
        var snapshots = await db.RbacSnapshots.AsNoTracking().GroupBy(s => s.ClusterId).Select(g => new { g.Key, Count = g.LongCount() }).ToDictionaryAsync(s => s.Key, s => s.Count, cancellation);
        var gaps = await db.RbacSnapshots.AsNoTracking().Where(s => db.RbacLooks.Any(l => l.ClusterId == s.ClusterId && l.Number == s.Number)).Select(s => new { s.ClusterId, s.Gaps }).ToDictionaryAsync(s => s.ClusterId, s => s.Gaps.Count, cancellation);
        var findings = await db.RbacFindings.AsNoTracking().Where(f => f.GoneAt == null)
            .GroupBy(f => new { f.ClusterId, f.Gravity, Accepted = f.AcceptedBecause != "" || (f.AcceptedUntil > now && f.Gravity <= f.AcceptedGravity) })
            .Select(g => new { g.Key.ClusterId, g.Key.Gravity, g.Key.Accepted, Count = g.LongCount() }).ToListAsync(cancellation);
        _audits =
        [
            .. looks.Select(look => new Audited(
                look.Name, look.LookedAt, look.Failed, snapshots.GetValueOrDefault(look.Id), gaps.GetValueOrDefault(look.Id),
                [.. from severity in Enum.GetValues<Severity>() from accepted in (bool[])[false, true]
                    // A severity with none is a zero, not a gap.
                    select new Measurement<long>(
                        findings.Where(f => f.ClusterId == look.Id && f.Gravity == (int)severity && f.Accepted == accepted).Sum(f => f.Count),
                        Tag("cluster", look.Name), Tag("severity", severity.ToString()), Tag("standing", accepted ? "Accepted" : "Open"))])),
        ];
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away: nothing that may be out of date is reported, and it is asked again.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (_audits is not null) LogAway(exception);
                _audits = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<Measurement<T>> Each<T>(Func<Audited, IEnumerable<Measurement<T>>> measure) where T : struct => _audits?.SelectMany(measure) ?? [];

    private static KeyValuePair<string, object?> Of(Audited audit) => Tag("cluster", audit.Name);

    private static KeyValuePair<string, object?> Tag(string name, string value) => KeyValuePair.Create<string, object?>(name, value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The numbers of how the audit stands cannot be read; they are not reported until they can.")]
    private partial void LogAway(Exception exception);

    private sealed record Audited(string Name, DateTimeOffset? LookedAt, bool Failed, long Snapshots, long Gaps, IReadOnlyList<Measurement<long>> Findings);
}
