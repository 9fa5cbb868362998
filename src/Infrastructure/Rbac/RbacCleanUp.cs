using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Quartz;

namespace Lapse.Infrastructure.Rbac;

/// <summary>
/// Takes away snapshots that are older than they are kept, with the objects and contents that no snapshot has any more, and findings that
/// have been gone for as long and that nobody ever accepted. Some at a time, each part by itself: what stops it in the middle is gone on
/// with the next time. PostgreSQL itself refuses to take away a content that is still referenced.
/// </summary>
internal sealed class RbacCleanUp(IDbContextFactory<PortalDbContext> contexts, RbacOptions options, TimeProvider clock)
{
    private const int Batch = 2000;

    /// <summary>Cleans.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var before = clock.GetUtcNow() - options.KeepSnapshots;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var clusters = await db.RbacLooks.Select(l => l.ClusterId).ToListAsync(cancellation);
        foreach (var cluster in clusters)
        {
            // The one that stood at that moment stays: what was since then begins with it.
            var first = await db.RbacSnapshots.Where(s => s.ClusterId == cluster && s.TakenAt < before).MaxAsync(s => (int?)s.Number, cancellation);
            if (first is not { } number) continue;
            await InBatchesAsync(() => db.Database.ExecuteSqlAsync($"DELETE FROM rbac_snapshots WHERE id IN (SELECT id FROM rbac_snapshots WHERE cluster_id = {cluster.Value} AND number < {number} LIMIT {Batch})", cancellation));
            await InBatchesAsync(() => db.Database.ExecuteSqlAsync($"DELETE FROM rbac_objects WHERE id IN (SELECT id FROM rbac_objects WHERE cluster_id = {cluster.Value} AND until <= {number} LIMIT {Batch})", cancellation));
        }
        await InBatchesAsync(() => db.Database.ExecuteSqlAsync($"""
            DELETE FROM rbac_findings f WHERE (f.cluster_id, f.fingerprint) IN (
                SELECT g.cluster_id, g.fingerprint FROM rbac_findings g
                WHERE g.gone_at < {before} AND NOT EXISTS (SELECT 1 FROM rbac_acceptances a WHERE a.cluster_id = g.cluster_id AND a.fingerprint = g.fingerprint)
                LIMIT {Batch})
            """, cancellation));
        await CleanContentsAsync(db, cancellation);
    }

    private static async Task CleanContentsAsync(PortalDbContext db, CancellationToken cancellation)
    {
        try
        {
            await InBatchesAsync(() => db.Database.ExecuteSqlAsync($"""
                DELETE FROM rbac_contents WHERE digest IN (
                    SELECT c.digest FROM rbac_contents c
                    WHERE NOT EXISTS (SELECT 1 FROM rbac_objects o WHERE o.digest = c.digest)
                      AND NOT EXISTS (SELECT 1 FROM rbac_snapshots s WHERE s.served_digest = c.digest)
                    LIMIT {Batch})
                """, cancellation));
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            // A snapshot that is written at this moment has one of them again; the others go the next time.
        }
    }

    private static async Task InBatchesAsync(Func<Task<int>> delete)
    {
        while (await delete() == Batch)
        {
        }
    }
}

/// <summary>Cleans old snapshots away, on one of the replicas.</summary>
[DisallowConcurrentExecution]
internal sealed class RbacCleanUpJob(RbacCleanUp cleanUp) : IJob
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await cleanUp.RunAsync(cancellationToken);
}
