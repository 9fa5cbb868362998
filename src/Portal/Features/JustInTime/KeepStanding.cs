using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>An admin gives up the removal of a standing binding before it begins: everything stays as it is, so it needs no step-up.</summary>
[UseCase]
public sealed class KeepStanding(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    private static readonly Refusal NotWaiting = new("RemovalNotWaiting", "This removal does not wait any more: it has begun or is over.");

    /// <summary>Gives it up.</summary>
    public async Task<Outcome<Done>> KeepAsync(Actor actor, StandingRemovalId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var removal = await db.LockAsync(id, cancellation);
        if (removal is not { Status: RemovalStatus.Waiting }) return NotWaiting;
        removal.Keep(current.Value.Id, now);
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.BindingKept, LedgerSubject.Of(removal.Id), new JsonObject
        {
            ["cluster"] = removal.ClusterId.ToString(),
            ["change"] = removal.ChangeId.ToString(),
            ["binding"] = removal.Reference,
        });
        await db.CommitAsync(cancellation);
        return new Done();
    }
}
