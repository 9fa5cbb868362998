using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ends requests that waited too long: drafts that nobody submitted, and questions that nobody decided.</summary>
internal sealed class RequestTimeouts(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    /// <summary>Ends all that are over. What somebody else locks just now is left for the next time.</summary>
    /// <returns>How many.</returns>
    public Task<int> RunAsync(CancellationToken cancellation) => LateRows.EndAllAsync(
        contexts, clock,
        (db, now) => db.AccessRequests.FromSql($"""
            SELECT *, xmin FROM access_requests WHERE status IN ('Draft', 'AwaitingApproval') AND expires_at <= {now}
            ORDER BY expires_at LIMIT {LateRows.Batch} FOR UPDATE SKIP LOCKED
            """),
        End, cancellation);

    private static void End(PortalDbContext db, AccessRequest request, DateTimeOffset now)
    {
        if (request.Status == RequestStatus.Draft)
        {
            request.Withdraw(now);
            db.Record(now, LedgerActor.Lapse, LedgerActs.RequestWithdrawn, LedgerSubject.Of(request.Id), new JsonObject { ["reason"] = "a draft that was not submitted for a day" });
        }
        else
        {
            request.TimeOut(now);
            db.Record(now, LedgerActor.Lapse, LedgerActs.RequestTimedOut, LedgerSubject.Of(request.Id), new JsonObject { ["version"] = request.Version });
        }
    }
}
