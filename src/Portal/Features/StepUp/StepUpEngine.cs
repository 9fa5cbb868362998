using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Begins, starts and cancels step-ups. What comes back from the provider is for <see cref="StepUpAnswer"/>.</summary>
public sealed class StepUpEngine(IDbContextFactory<PortalDbContext> database, ActorGuard guard, ProviderGate gate, StepUpHandlers handlers, PersonLimits limits, TimeProvider clock)
{
    private static readonly Refusal NotOpen = new("ChallengeNotOpen", "This confirmation is not open any more, or not yours. Nothing was done; start again from the page of what you want to confirm.");

    /// <summary>The page that names a challenge's act and leads to the provider.</summary>
    public static string Address(StepUpChallengeId id) => $"/step-up/{id}";

    /// <summary>
    /// Makes a challenge for an act by this person in this sign-in session, bound to the act as the rows have it now. Called over the
    /// circuit by use cases; the caller then navigates to <see cref="Address"/> with a page load (<c>forceLoad</c>).
    /// </summary>
    /// <param name="actor">Who acts.</param>
    /// <param name="kind">What kind of act.</param>
    /// <param name="subjectId">The id of the request, change or test.</param>
    /// <param name="subjectVersion">Its version, as the person saw it.</param>
    /// <param name="comment">What the person typed for it.</param>
    /// <param name="confirmAfter">Whether one last click is wanted after the proof.</param>
    /// <param name="returnTo">The local page to land on; anything else becomes the start page.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(
        Actor actor, ActKind kind, Guid subjectId, int subjectVersion, string comment, bool confirmAfter, string returnTo, CancellationToken cancellation)
    {
        if (comment.Length > DecisionRules.LongestComment) return new Refusal("CommentLength", $"Write at most {DecisionRules.LongestComment} characters.");
        using var span = LapseTraces.Start("step-up.begin", kind, subjectId);
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var person = await guard.FindAsync(db, actor, cancellation);
        if (!person.Succeeded) return person.Refusal!;
        if (await gate.CheckAsync(db, kind, cancellation) is { } closed) return ProviderRefusals.For(closed, person.Value);
        if (await limits.CheckStepUpAsync(db, actor.PersonId, cancellation) is { } tooMany) return tooMany;

        // Never left for the provider, so nothing can come of it; a started one stays, its person is shown it.
        await db.StepUpChallenges
            .Where(c => c.PersonId == actor.PersonId && c.SessionId == actor.SessionId && c.Act == kind && c.SubjectId == subjectId && c.StartedAt == null && c.AbandonedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.AbandonedAt, now), cancellation);

        var challenge = StepUpChallenge.Draft(new(kind, subjectId, subjectVersion, comment, confirmAfter, LocalAddress.Of(returnTo)), actor.PersonId, actor.SessionId, now);
        var named = await handlers.For(kind).RebuildAsync(db, challenge, cancellation);
        if (!named.Succeeded) return named.Refusal!;
        if (!challenge.Bind(named.Value.Act)) return new Refusal("VersionChanged", "This has changed since you looked at it. Nothing was done; look at it again.", challenge.ReturnTo);
        db.StepUpChallenges.Add(challenge);
        await db.CommitAsync(cancellation);
        return challenge.Id;
    }

    /// <summary>
    /// Marks a challenge as started: once, in the session that made it, while it is open. Only then may the browser leave for the provider.
    /// </summary>
    public async Task<Outcome<StepUpChallenge>> StartAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        var person = await guard.FindAsync(db, actor, cancellation);
        if (!person.Succeeded) return person.Refusal!;
        var started = await Open(db, actor, id).Where(c => c.StartedAt == null && c.ExpiresAt > now).ExecuteUpdateAsync(set => set.SetProperty(c => c.StartedAt, now), cancellation);
        if (started != 1) return NotOpen;
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleAsync(c => c.Id == id, cancellation);
        using var span = LapseTraces.Start("step-up.leave", challenge.Act, challenge.SubjectId);
        return challenge;
    }

    /// <summary>Gives a challenge up; returns the page to land on. Nothing happens to one that is not this session's.</summary>
    public async Task<string> CancelAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await Open(db, actor, id).ExecuteUpdateAsync(set => set.SetProperty(c => c.AbandonedAt, now), cancellation);
        return await db.StepUpChallenges.Where(c => c.Id == id && c.SessionId == actor.SessionId && c.PersonId == actor.PersonId).Select(c => c.ReturnTo).SingleOrDefaultAsync(cancellation) ?? "/";
    }

    private static IQueryable<StepUpChallenge> Open(PortalDbContext db, Actor actor, StepUpChallengeId id) => db.StepUpChallenges.Where(c =>
        c.Id == id && c.PersonId == actor.PersonId && c.SessionId == actor.SessionId && c.ConsumedAt == null && c.AbandonedAt == null);
}
