using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Ends a grant on purpose, with what the ledger says about it.</summary>
public static class GrantEnding
{
    /// <summary>Call it for a grant that is locked and not over; then <see cref="RequestClosing"/>, and the caller commits.</summary>
    /// <param name="db">A context with an open transaction.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="how">Dropped or revoked.</param>
    /// <param name="by">Who; <see langword="null"/> if nobody knows.</param>
    /// <param name="comment">Why, in words; may be empty.</param>
    /// <param name="now">When.</param>
    public static void End(this PortalDbContext db, Grant grant, EndReason how, PersonId? by, string comment, DateTimeOffset now)
    {
        grant.End(how, by, now);
        db.Record(now, by is { } person ? LedgerActor.Of(person) : LedgerActor.Lapse, grant.IsOver ? LedgerActs.GrantEnded : LedgerActs.GrantRevoking, LedgerSubject.Of(grant.Id),
            new JsonObject { ["reason"] = how.ToString(), ["comment"] = comment });
    }
}
