using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>The requester takes a draft or an undecided request back. It takes access away, so it never waits for a step-up.</summary>
[UseCase]
public sealed class WithdrawRequest(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    /// <summary>Withdraws the request.</summary>
    public async Task<Outcome<Done>> WithdrawAsync(Actor actor, AccessRequestId id, CancellationToken cancellation)
    {
        using var span = LapseTraces.Start("request.withdraw", id);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var governed = await GovernedRequest.LockAsync(db, id, cancellation);
        if (governed is null || governed.Request.RequesterId != current.Value.Id) return GovernedRequest.NotFound;
        var request = governed.Request;
        if (request.Status == RequestStatus.Withdrawn) return new Done();
        if (request.Status is not (RequestStatus.Draft or RequestStatus.AwaitingApproval)) return DecisionRules.NotWaiting(request);

        request.Withdraw(now);
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.RequestWithdrawn, LedgerSubject.Of(request.Id), []);
        await db.CommitAsync(cancellation);
        return new Done();
    }
}
