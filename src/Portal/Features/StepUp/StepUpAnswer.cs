using System.Security.Cryptography;
using System.Text;
using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Judges what comes back from the provider, and does the act: proof, act, consumed challenge and ledger in one transaction.</summary>
public sealed class StepUpAnswer(
    IDbContextFactory<PortalDbContext> database, ActorGuard guard, ProviderGate gate, StepUpHandlers handlers, TokenVerifier verifier, ProviderOptions provider, Sealer sealer, TimeProvider clock)
{
    private static readonly Refusal NotHere = new("OtherSession", "This confirmation was started in another browser or sign-in. Nothing was done.");
    private static readonly Refusal Meanwhile = new("ChangedMeanwhile", "Somebody changed this at the same moment. Nothing was done; look at it again.");

    /// <summary>Verifies a token and checks every rule, without doing anything yet.</summary>
    public async Task<Outcome<VerifiedToken>> CheckAsync(Actor? actor, StepUpChallengeId id, string token, CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation);
        if (challenge is null || !IsHere(challenge, actor)) return NotHere;
        using var span = LapseTraces.Start("step-up.check", challenge.Act, challenge.SubjectId);
        var verified = await verifier.VerifyAsync(token, cancellation);
        if (!verified.Succeeded) return verified.Refusal!;
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == challenge.PersonId, cancellation);
        return await RulesAsync(db, challenge, person, verified.Value, cancellation) is { } broken ? broken : verified;
    }

    /// <summary>
    /// Checks every rule again under the challenge's lock and does the act; or, where one last click is wanted, keeps the proof.
    /// </summary>
    /// <returns>The local page to land on.</returns>
    public async Task<Outcome<string>> AnswerAsync(Actor actor, StepUpChallengeId id, string token, VerifiedToken verified, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var challenge = await db.LockAsync(id, cancellation);
        if (challenge is null || !IsHere(challenge, actor)) return NotHere;
        using var span = LapseTraces.Start("step-up.prove", challenge.Act, challenge.SubjectId);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        // The settings may be others than when it was begun, and untested.
        if (await gate.CheckAsync(db, challenge.Act, cancellation) is { } closed) return closed;
        var person = (await db.LockAsync(actor.PersonId, cancellation))!;
        // An admin may have shut this person out since the guard looked; from here on nobody can.
        if (person.IsDisabled) return ActorGuard.Disabled;
        if (await RulesAsync(db, challenge, person, verified, cancellation) is { } broken) return broken;
        var named = await handlers.RebuildAsync(db, challenge, cancellation);
        if (!named.Succeeded) return named.Refusal!;

        var proof = Proof(challenge, token, verified, now);
        db.StepUpProofs.Add(proof);
        if (await SaveProofAsync(db, cancellation) is { } used) return used;
        var (name, userName) = PersonNames.Of(verified);
        person.Seen(name, userName, verified.Claims.Groups, now);
        StepUpLedger.Proved(db, challenge, proof, now);

        if (!challenge.ConfirmAfter) return await ActAsync(db, challenge, proof, now, cancellation);
        await db.StepUpChallenges.Where(c => c.Id == id).ExecuteUpdateAsync(set => set.SetProperty(c => c.ProvedAt, now), cancellation);
        await db.CommitAsync(cancellation);
        return StepUpEngine.Address(id);
    }

    /// <summary>The last click: does the act with the proof that was kept, within two minutes and in the same session.</summary>
    /// <returns>The local page to land on.</returns>
    public async Task<Outcome<string>> ConfirmAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var challenge = await db.LockAsync(id, cancellation);
        if (challenge is null || !IsHere(challenge, actor)) return NotHere;
        using var span = LapseTraces.Start("step-up.confirm", challenge.Act, challenge.SubjectId);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (await gate.CheckAsync(db, challenge.Act, cancellation) is { } closed) return closed;
        if (challenge.ConsumedAt is not null || challenge.AbandonedAt is not null) return new Refusal("ChallengeUsed", "This confirmation has been used already. Nothing more was done.");
        if (challenge.ProvedAt is not { } proved) return new Refusal("NotProved", "The identity provider has not confirmed you for this yet. Nothing was done.");
        if (proved + StepUpChallenge.ConfirmWithin <= now) return new Refusal("ConfirmedTooLate", "The last click came too late. Nothing was done; confirm again.");
        var named = await handlers.RebuildAsync(db, challenge, cancellation);
        if (!named.Succeeded) return named.Refusal!;
        var proof = await db.StepUpProofs.SingleAsync(p => p.ChallengeId == id, cancellation);
        return await ActAsync(db, challenge, proof, now, cancellation);
    }

    private async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, DateTimeOffset now, CancellationToken cancellation)
    {
        try
        {
            var done = await handlers.For(challenge.Act).ActAsync(db, challenge, proof, cancellation);
            if (!done.Succeeded) return done.Refusal!;
            // The lock makes this certain; the condition says so to whoever changes the code around it.
            var consumed = await db.StepUpChallenges.Where(c => c.Id == challenge.Id && c.ConsumedAt == null && c.AbandonedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(c => c.ConsumedAt, now), cancellation);
            if (consumed != 1) throw new InvalidOperationException("A locked challenge was consumed twice.");
            await db.CommitAsync(cancellation);
            return LocalAddress.Of(done.Value);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Meanwhile;
        }
    }

    private static bool IsHere(StepUpChallenge challenge, Actor? actor) => actor is not null && challenge.SessionId == actor.SessionId && challenge.PersonId == actor.PersonId;

    private async Task<Refusal?> RulesAsync(PortalDbContext db, StepUpChallenge challenge, Person person, VerifiedToken verified, CancellationToken cancellation)
    {
        var last = await db.StepUpProofs.Where(p => p.PersonId == person.Id).MaxAsync(p => (DateTimeOffset?)p.AuthenticatedAt, cancellation);
        var (profile, now) = (provider.Effective(), clock.GetUtcNow());
        var expected = new ProofExpectation(person.Issuer, provider.ClientId, person.Subject, last, profile.Requirement);
        var broken = ProofRules.Check(challenge, verified.Claims, expected, now);
        // Whoever tests the provider has to put it right, so they are told which claim came how.
        return broken is not null && challenge.Act == ActKind.TestProvider
            ? broken with { Message = string.Join(' ', [broken.Message, .. ProviderAnswer.Faults(verified, profile, expected, challenge, now)]) }
            : broken;
    }

    private StepUpProof Proof(StepUpChallenge challenge, string token, VerifiedToken verified, DateTimeOffset now)
    {
        var (id, bytes, claims) = (UuidId.New<StepUpProofId>(now), Encoding.UTF8.GetBytes(token), verified.Claims);
        return new StepUpProof
        {
            Id = id,
            ChallengeId = challenge.Id,
            PersonId = challenge.PersonId,
            Issuer = claims.Issuer,
            Subject = claims.Subject,
            Nonce = claims.Nonce!,
            Salt = challenge.Salt,
            ChallengedAt = challenge.CreatedAt,
            AuthenticatedAt = claims.AuthenticatedAt!.Value,
            Acr = claims.Acr,
            Amr = [.. claims.Amr],
            Groups = [.. claims.Groups!.Order(StringComparer.Ordinal)],
            SealedToken = sealer.Seal(SealPurposes.ProofToken(id), bytes),
            TokenHash = SHA256.HashData(bytes),
            KeyId = verified.KeyId,
            VerifiedAt = now,
        };
    }

    // The unique indexes are the backstop of rules that were checked before; any other failure is no refusal.
    private static async Task<Refusal?> SaveProofAsync(PortalDbContext db, CancellationToken cancellation)
    {
        try
        {
            await db.SaveChangesAsync(cancellation);
            return null;
        }
        catch (DbUpdateException failed) when (failed.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "step_up_proofs" } violation)
        {
            return violation.ConstraintName == UniqueIndexes.OncePerAuthentication
                ? new("SameAuthentication", "You confirmed something else with this same sign-in. Nothing was done; confirm again.")
                : new("ChallengeUsed", "This confirmation has been used already. Nothing more was done.");
        }
    }
}
