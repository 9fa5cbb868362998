using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ends requests that waited too long: drafts that nobody submitted, and questions that nobody decided.</summary>
internal sealed class RequestTimeouts(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    private const int Batch = 100;

    /// <summary>Ends all that are over. What somebody else locks just now is left for the next time.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        for (var ended = 0; ;)
        {
            var now = clock.GetUtcNow();
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            var late = await db.AccessRequests.FromSql($"""
                SELECT *, xmin FROM access_requests WHERE status IN ('Draft', 'AwaitingApproval') AND expires_at <= {now}
                ORDER BY expires_at LIMIT {Batch} FOR UPDATE SKIP LOCKED
                """).ToListAsync(cancellation);
            foreach (var request in late) End(db, request, now);
            await db.CommitAsync(cancellation);
            ended += late.Count;
            if (late.Count < Batch) return ended;
        }
    }

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
