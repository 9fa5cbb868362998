using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Holds;

/// <summary>
/// What older records say of things that were open: nobody knows what became of them since. Access that they say has not begun may have
/// run its course; a request that waits may have been denied. So all of it ends, and is asked for again.
/// </summary>
public static class DoubtedRecords
{
    private const string Why = "the records were restored, and nobody knows what became of it since";

    /// <summary>Ends all of it, in the caller's transaction; the caller commits.</summary>
    /// <param name="db">A context with an open transaction.</param>
    /// <param name="by">The admin who accepts the records.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    public static async Task EndAllThatIsOpenAsync(this PortalDbContext db, PersonId by, DateTimeOffset now, CancellationToken cancellation)
    {
        var actor = LedgerActor.Of(by);
        // Newer grants before older ones, and grants before requests, as everywhere.
        var grants = await db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE status IN ('Scheduled', 'Provisioning') ORDER BY id DESC FOR UPDATE").ToListAsync(cancellation);
        foreach (var grant in grants) db.End(grant, EndReason.Revoked, by, Why, now);
        var requests = await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE status IN ('Draft', 'AwaitingApproval') ORDER BY id FOR UPDATE").ToListAsync(cancellation);
        foreach (var request in requests)
        {
            request.Withdraw(now);
            db.Record(now, actor, LedgerActs.RequestWithdrawn, LedgerSubject.Of(request.Id), new JsonObject { ["reason"] = Why });
        }
        var changes = await db.ConfigurationChanges.FromSql($"SELECT *, xmin FROM configuration_changes WHERE status IN ('Draft', 'AwaitingSecondAdmin') ORDER BY id FOR UPDATE").ToListAsync(cancellation);
        foreach (var change in changes)
        {
            change.Withdraw(now);
            db.Record(now, actor, LedgerActs.ChangeWithdrawn, LedgerSubject.Of(change.Id), new JsonObject { ["title"] = change.Title, ["reason"] = Why });
        }
        await db.CloseIfOverAsync([.. grants.Where(g => g.IsOver)], cancellation);
    }
}
