using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Telemetry;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lapse.Infrastructure.Rbac;

/// <summary>
/// Looks at a cluster's RBAC when it is due, one replica at a time. When it was looked last stands in the cluster's row, so many wakes on
/// many replicas are one look; an advisory lock, which PostgreSQL lets go of when a replica is killed, keeps a second replica from
/// beginning while one still reads.
/// </summary>
internal sealed partial class RbacLooker(IDbContextFactory<PortalDbContext> contexts, NpgsqlDataSource source, RbacKeeper keeper, RbacOptions options, TimeProvider clock, ILogger<RbacLooker> log)
{
    // Of the same form as the other locks of Lapse: a space, and a number in it.
    private const int LockSpace = 0x4C505241;
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    /// <summary>Looks, if it is due.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="link">The way to it.</param>
    /// <param name="heard">When something was heard of a change; <see langword="null"/> if nothing was.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>How long until it may be due again.</returns>
    public async Task<TimeSpan> LookAsync(Cluster cluster, ClusterLink link, DateTimeOffset? heard, CancellationToken cancellation)
    {
        var due = Due(await RowAsync(cluster.Id, cancellation), heard) - clock.GetUtcNow();
        if (due > TimeSpan.Zero) return due;
        await using var held = await AdvisoryLock.TryTakeAsync(source, LockSpace, cluster.Id.ToString(), cancellation);
        if (held is null) return options.Pause;
        // Somebody may have looked since.
        var row = await RowAsync(cluster.Id, cancellation);
        due = Due(row, heard) - clock.GetUtcNow();
        if (due > TimeSpan.Zero) return due;
        var began = Micro(clock.GetUtcNow());
        if (!await BeginAsync(row, began, cancellation)) return options.Pause;
        await ReadAsync(cluster, link, row.WorkloadsAt is not { } at || began >= at + options.WorkloadsInterval, began, cancellation);
        return options.Pause;
    }

    /// <summary>When the next look is due: soon after something was heard that no look has seen, and from time to time anyway.</summary>
    private DateTimeOffset Due(RbacLook row, DateTimeOffset? heard)
    {
        if (row.TriedAt is not { } tried) return DateTimeOffset.MinValue;
        if (heard >= tried) return tried + options.Pause;
        return tried + (row.Failure.Length > 0 && Retry < options.LookInterval ? Retry : options.LookInterval);
    }

    private async Task ReadAsync(Cluster cluster, ClusterLink link, bool workloads, DateTimeOffset began, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LongestLook);
        string failure;
        var started = clock.GetTimestamp();
        try
        {
            var read = await link.Api.ReadRbacAsync(new(workloads, options.PageSize, options.MostObjects), limit.Token);
            if (read.Succeeded)
            {
                var kept = await keeper.KeepAsync(cluster, read.Value with { Account = link.Api.OwnToken }, began, limit.Token);
                LapseMetrics.Looked(cluster.Name, kept.ToString(), clock.GetElapsedTime(started));
                if (kept == Kept.Snapshot) LogSnapshot(cluster.Name);
                return;
            }
            failure = read.Failure!.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            failure = $"Reading took longer than {LongestLook.TotalMinutes:0} minutes.";
        }
        catch (FormatException exception)
        {
            // What the cluster says cannot be kept, such as a text that is none.
            failure = exception.Message;
        }
        LapseMetrics.Looked(cluster.Name, "Failed", clock.GetElapsedTime(started));
        await FailedAsync(cluster.Id, began, failure, cancellation);
    }

    private async Task<RbacLook> RowAsync(ClusterId cluster, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (await db.RbacLooks.AsNoTracking().SingleOrDefaultAsync(l => l.ClusterId == cluster, cancellation) is { } row) return row;
        await db.Database.ExecuteSqlAsync($"INSERT INTO rbac_looks (cluster_id, failure, number, rbac_digest, workloads_digest, audited_with) VALUES ({cluster.Value}, '', 0, '', '', '') ON CONFLICT DO NOTHING", cancellation);
        return await db.RbacLooks.AsNoTracking().SingleAsync(l => l.ClusterId == cluster, cancellation);
    }

    private async Task<bool> BeginAsync(RbacLook row, DateTimeOffset began, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.RbacLooks.Where(l => l.ClusterId == row.ClusterId && l.TriedAt == row.TriedAt).ExecuteUpdateAsync(set => set.SetProperty(l => l.TriedAt, began), cancellation) == 1;
    }

    private async Task FailedAsync(ClusterId cluster, DateTimeOffset began, string failure, CancellationToken cancellation)
    {
        var text = failure.Replace('\0', ' ');
        if (text.Length > 900) text = text[..900];
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.LockRbacLookAsync(cluster, cancellation) is not { } look || look.TriedAt != began) return;
        look.Failure = text;
        await db.CommitAsync(cancellation);
    }

    // As exactly as PostgreSQL keeps it, since it is compared with what comes back.
    private static DateTimeOffset Micro(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    [LoggerMessage(Level = LogLevel.Information, Message = "The RBAC of {Cluster} is not as it was; a snapshot was kept.")]
    private partial void LogSnapshot(string cluster);
}
