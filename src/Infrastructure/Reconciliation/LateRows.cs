using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ends what waited too long, in small transactions.</summary>
internal static class LateRows
{
    /// <summary>The most that one transaction ends.</summary>
    public const int Batch = 100;

    /// <summary>Ends all that are over. What somebody else locks just now is left for the next time.</summary>
    /// <typeparam name="T">What waits.</typeparam>
    /// <param name="contexts">Where the rows are.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="late">Locks at most <see cref="Batch"/> rows that are over at a moment (<c>FOR UPDATE SKIP LOCKED</c>).</param>
    /// <param name="end">Ends one, and notes its ledger entry.</param>
    /// <param name="cancellation">Stops it between two transactions.</param>
    /// <returns>How many.</returns>
    public static async Task<int> EndAllAsync<T>(
        IDbContextFactory<PortalDbContext> contexts, TimeProvider clock, Func<PortalDbContext, DateTimeOffset, IQueryable<T>> late, Action<PortalDbContext, T, DateTimeOffset> end, CancellationToken cancellation)
    {
        for (var ended = 0; ;)
        {
            var now = clock.GetUtcNow();
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            var rows = await late(db, now).ToListAsync(cancellation);
            foreach (var row in rows) end(db, row, now);
            await db.CommitAsync(cancellation);
            ended += rows.Count;
            if (rows.Count < Batch) return ended;
        }
    }
}
