using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>Begins the step-up by which an admin has a removed standing binding made again.</summary>
[UseCase]
public sealed class RestoreStanding(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, StepUpEngine stepUp)
{
    /// <summary>It was not removed, or is back already.</summary>
    internal static readonly Refusal NotRemoved = new("NotRemoved", "This binding is not removed, or somebody restores it already.");

    /// <summary>Begins the step-up.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="id">A removal that is done.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(Actor actor, StandingRemovalId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var removal = await db.StandingRemovals.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellation);
        if (removal is not { Status: RemovalStatus.Removed }) return NotRemoved;
        return await stepUp.BeginAsync(actor, ActKind.RestoreBinding, id.Value, 1, "", confirmAfter: false, JustInTimeWords.Address(removal.ChangeId), cancellation);
    }
}

/// <summary>
/// The act “I make this standing binding again”, done once its step-up is verified. No second admin: it gives back what was reviewed and
/// nothing else, and whoever needs it needs it now. The catalogue entry stays.
/// </summary>
[UseCase]
public sealed class RestoreStandingAct(PortalGroups groups, TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.RestoreBinding;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var removal = await db.LockAsync(StandingRemovalId.From(challenge.SubjectId), cancellation);
        if (removal is not { Status: RemovalStatus.Removed }) return RestoreStanding.NotRemoved;
        var change = await db.ConfigurationChanges.AsNoTracking().SingleAsync(c => c.Id == removal.ChangeId, cancellation);
        var said = JustInTimeChange.FromCanonical(change.After);
        // What is said here is what the step-up commits to by its digest; a row that says something else is not restored.
        if (removal.Position >= said.Bindings.Count || !removal.IsFor(said.ClusterId, said.Bindings[removal.Position])) return RestoreStanding.NotRemoved;
        var reviewed = said.Bindings[removal.Position];
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == removal.ClusterId, cancellation);
        return new NamedAct(StepUpActs.Restore(removal, challenge.PersonId), $"Restore standing access: {removal.Reference}", cluster.Title,
        [
            ("Role", $"{reviewed.Role}"),
            ("Where", reviewed.Binding.Namespace ?? "the whole cluster"),
            ("For", string.Join(", ", reviewed.Binding.Subjects.Select(subject => subject.ToString()))),
            ("Until", "somebody removes it: it is standing access again"),
        ]);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!groups.IsAdmin(proof.Groups)) return ProposeChange.NotAnAdmin;
        var removal = await db.LockAsync(StandingRemovalId.From(challenge.SubjectId), cancellation);
        if (removal is not { Status: RemovalStatus.Removed }) return RestoreStanding.NotRemoved;
        removal.Restore(proof.PersonId, proof.Id, now);
        db.Record(now, LedgerActor.Of(proof.PersonId), LedgerActs.BindingRestoring, LedgerSubject.Of(removal.Id), new JsonObject
        {
            ["cluster"] = removal.ClusterId.ToString(),
            ["change"] = removal.ChangeId.ToString(),
            ["binding"] = removal.Reference,
            ["digest"] = removal.Digest,
            ["proof"] = ProofFacts.Of(proof),
        });
        return JustInTimeWords.Address(removal.ChangeId);
    }
}
