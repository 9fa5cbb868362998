using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Holds;

/// <summary>
/// Begins holds. From the moment that the caller's transaction is committed, no binding is prepared or sent any more by any replica:
/// whoever prepares one holds the same lock, shared, until its own commit (<see cref="HoldCheck.FindLockedAsync"/>).
/// </summary>
public static class Holds
{
    /// <summary>The lock between those who begin or end a hold and those who prepare a binding.</summary>
    internal const long Lock = 0x4C41_5053_4548_4F4C; // “LAPSEHOL”

    /// <summary>Begins a hold in the caller's transaction, unless one for the same cause and witness is open; the caller commits.</summary>
    /// <remarks>Rows of grants and requests that the transaction locks have to be locked before this, as those who prepare bindings do.</remarks>
    /// <param name="db">A context with an open transaction.</param>
    /// <param name="cause">Why, for code.</param>
    /// <param name="why">Why, in words; shown to everybody who is signed in.</param>
    /// <param name="actor">Who (<see cref="LedgerActor"/>).</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    /// <param name="witness">The signed checkpoint that the ledger does not fit; empty where there is none.</param>
    /// <returns>The hold that is open now, and whether it is new.</returns>
    public static async Task<(Hold Hold, bool IsNew)> BeginAsync(
        PortalDbContext db, HoldCause cause, string why, string actor, DateTimeOffset now, CancellationToken cancellation, string witness = "")
    {
        await LockAsync(db, cancellation);
        var open = await Open(db).FirstOrDefaultAsync(h => h.Cause == cause && h.Witness == witness, cancellation);
        if (open is not null) return (open, false);
        var hold = new Hold
        {
            Id = UuidId.New<HoldId>(now),
            Cause = cause,
            Why = why.Length <= Hold.LongestWhy ? why : why[..Hold.LongestWhy],
            BegunAt = CanonicalTime.Cut(now),
            BegunBy = actor,
            Witness = witness,
        };
        db.Holds.Add(hold);
        db.Record(now, actor, LedgerActs.HoldBegun, LedgerSubject.Of(hold.Id), new JsonObject { ["cause"] = cause.ToString(), ["why"] = hold.Why, ["witness"] = witness.Length == 0 ? null : witness });
        return (hold, true);
    }

    /// <summary>Keeps everybody else from beginning or ending a hold, and from preparing a binding, until the transaction ends.</summary>
    public static Task LockAsync(PortalDbContext db, CancellationToken cancellation)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("A hold is begun and ended in a transaction.");
        return db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Lock})", cancellation);
    }

    /// <summary>The holds that nothing ends, by what the rows say.</summary>
    internal static IQueryable<Hold> Open(PortalDbContext db) => db.Holds.AsNoTracking().Where(h => !db.HoldEnds.Any(e => e.HoldId == h.Id));
}
