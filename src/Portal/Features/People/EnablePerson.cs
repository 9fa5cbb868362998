using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.People;

/// <summary>Begins the step-up by which an admin lets somebody in again.</summary>
[UseCase]
public sealed class EnablePerson(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, SecondAdmins seconds, StepUpEngine stepUp)
{
    /// <summary>Begins the step-up.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="id">Somebody who is disabled.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(Actor actor, PersonId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var person = await db.People.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id, cancellation);
        if (await EnablePersonAct.CheckAsync(db, person, current.Value.Id, seconds, cancellation) is { } refusal) return refusal;
        return await stepUp.BeginAsync(actor, ActKind.EnablePerson, id.Value, 1, "", confirmAfter: false, "/admin/people", cancellation);
    }
}

/// <summary>The act “I let this person in again”, done once its step-up is verified. Nothing that ended comes back.</summary>
[UseCase]
public sealed class EnablePersonAct(PortalGroups groups, SecondAdmins seconds, TimeProvider clock) : IStepUpActHandler
{
    private static readonly Refusal NotDisabled = new("NotDisabled", "This person is not disabled.", "/admin/people");
    private static readonly Refusal AnotherAdmin = new("AnotherAdmin", "You disabled this account yourself. Another admin has to let the person in again.", "/admin/people");

    /// <inheritdoc/>
    public ActKind Kind => ActKind.EnablePerson;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var person = await db.LockAsync(PersonId.From(challenge.SubjectId), cancellation);
        if (await CheckAsync(db, person, challenge.PersonId, seconds, cancellation) is { } refusal) return refusal;
        return new NamedAct(StepUpActs.Enable(person!, challenge.PersonId), $"Let {person!.Name} in again", null, [("Person", $"{person.Name} ({person.UserName})"), ("Issuer", person.Issuer)]);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        if (!groups.IsAdmin(proof.Groups)) return ProposeChange.NotAnAdmin;
        var person = await db.LockAsync(PersonId.From(challenge.SubjectId), cancellation);
        if (await CheckAsync(db, person, proof.PersonId, seconds, cancellation) is { } refusal) return refusal;
        person!.Enable();
        db.Record(clock.GetUtcNow(), LedgerActor.Of(proof.PersonId), LedgerActs.PersonEnabled, LedgerSubject.Of(person.Id), new JsonObject { ["proof"] = ProofFacts.Of(proof) });
        return "/admin/people";
    }

    /// <summary>Whether this admin may let this person in again: somebody else than who shut them out, where there is somebody else.</summary>
    internal static async Task<Refusal?> CheckAsync(PortalDbContext db, Person? person, PersonId admin, SecondAdmins seconds, CancellationToken cancellation)
    {
        if (person is null) return DisablePerson.Unknown;
        if (!person.IsDisabled) return NotDisabled;
        return person.DisabledBy == admin && await seconds.ExistAsync(db, admin, cancellation) ? AnotherAdmin : null;
    }
}
