using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>An admin gives a change up that is not in force yet, their own or another's.</summary>
[UseCase]
public sealed class WithdrawChange(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    /// <summary>Gives the change up.</summary>
    public async Task<Outcome<Done>> WithdrawAsync(Actor actor, ConfigurationChangeId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var change = await db.LockAsync(id, cancellation);
        if (change is null || change.Status is not (ChangeStatus.Draft or ChangeStatus.AwaitingSecondAdmin)) return ChangeRows.NotWaiting;
        change.Withdraw(now);
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.ChangeWithdrawn, LedgerSubject.Of(change.Id), new() { ["title"] = change.Title });
        await db.CommitAsync(cancellation);
        return new Done();
    }
}
