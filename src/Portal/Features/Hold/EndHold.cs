using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Hold;

/// <summary>Begins the step-up by which an admin ends a hold.</summary>
[UseCase]
public sealed class EndHold(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, HoldCheck holds, StepUpEngine stepUp)
{
    /// <summary>The hold is over, or never was.</summary>
    internal static readonly Refusal NotOpen = new("HoldNotOpen", "This hold is over already.", PortalPaths.AdminHold);

    /// <summary>Begins the step-up.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="id">A hold that is open.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(Actor actor, HoldId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        if ((await holds.ReadAsync(db, cancellation)).All(h => h.Hold.Id != id || !h.IsOpen)) return NotOpen;
        return await stepUp.BeginAsync(actor, ActKind.EndHold, id.Value, 1, "", confirmAfter: false, PortalPaths.AdminHold, cancellation);
    }
}

/// <summary>The act “I end this hold”, done once its step-up is verified.</summary>
[UseCase]
public sealed class EndHoldAct(PortalGroups groups, HoldCheck holds, TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.EndHold;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var open = await FindAsync(db, challenge, cancellation);
        if (open is null) return EndHold.NotOpen;
        var hold = open.Hold;
        List<(string, string)> details = [("Why", hold.Why), ("Since", $"{hold.BegunAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"), ("Then", HoldWords.Then(hold.Cause))];
        return new NamedAct(StepUpActs.EndHold(hold, challenge.PersonId), "End the hold, so that access starts again", null, details);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        if (!groups.IsAdmin(proof.Groups)) return ProposeChange.NotAnAdmin;
        var (cause, now) = ((await FindAsync(db, challenge, cancellation))?.Hold.Cause, clock.GetUtcNow());
        // Rows before the lock, as those who prepare bindings do.
        if (cause?.DoubtsRecords() == true) await db.EndAllThatIsOpenAsync(proof.PersonId, now, cancellation);
        await Holds.LockAsync(db, cancellation);
        // Under the lock: of two admins who end it at once, the second is told that it is over.
        if (await FindAsync(db, challenge, cancellation) is not { } open) return EndHold.NotOpen;
        if (await db.Holds.AllAsync(h => h.Id != open.Hold.Id, cancellation)) db.Holds.Add(open.Hold);
        // A row that pretended to end it stays where it is: nothing there is ever changed. It is the proof that counts, not the row.
        if (open.End is not null) return new Refusal("HoldEndWritten", "Somebody wrote an end of this hold into the database. Remove that row first; docs/operations.md says how.", PortalPaths.AdminHold);
        db.HoldEnds.Add(new() { HoldId = open.Hold.Id, EndedAt = now, EndedBy = proof.PersonId, ProofId = proof.Id });
        db.Record(now, LedgerActor.Of(proof.PersonId), LedgerActs.HoldEnded, LedgerSubject.Of(open.Hold.Id), new JsonObject
        {
            ["cause"] = open.Hold.Cause.ToString(),
            ["proof"] = ProofFacts.Of(proof),
        });
        return PortalPaths.AdminHold;
    }

    private async Task<CheckedHold?> FindAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation) =>
        (await holds.ReadAsync(db, cancellation)).SingleOrDefault(h => h.Hold.Id == HoldId.From(challenge.SubjectId) && h.IsOpen);
}
