using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ends configuration changes that waited too long, so that no credential lies about in one that nobody wants any more.</summary>
internal sealed class ChangeTimeouts(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    /// <summary>Ends all that are over. What somebody else locks just now is left for the next time.</summary>
    /// <returns>How many.</returns>
    public Task<int> RunAsync(CancellationToken cancellation) => LateRows.EndAllAsync(
        contexts, clock,
        (db, now) => db.ConfigurationChanges.FromSql($"""
            SELECT *, xmin FROM configuration_changes WHERE status IN ('Draft', 'AwaitingSecondAdmin') AND expires_at <= {now}
            ORDER BY expires_at LIMIT {LateRows.Batch} FOR UPDATE SKIP LOCKED
            """),
        End, cancellation);

    private static void End(PortalDbContext db, ConfigurationChange change, DateTimeOffset now)
    {
        if (change.Status == ChangeStatus.Draft)
        {
            change.Withdraw(now);
            db.Record(now, LedgerActor.Lapse, LedgerActs.ChangeWithdrawn, LedgerSubject.Of(change.Id), new JsonObject { ["title"] = change.Title, ["reason"] = "a draft that was not confirmed for a day" });
        }
        else
        {
            change.TimeOut(now);
            db.Record(now, LedgerActor.Lapse, LedgerActs.ChangeTimedOut, LedgerSubject.Of(change.Id), new JsonObject { ["title"] = change.Title });
        }
    }
}
