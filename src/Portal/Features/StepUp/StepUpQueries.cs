using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.StepUp;

/// <summary>How far a challenge is.</summary>
public enum StepUpStage
{
    /// <summary>Made; the browser has not left yet.</summary>
    Ready,

    /// <summary>The browser left for the provider.</summary>
    Away,

    /// <summary>Proved; one last click is wanted.</summary>
    Confirm,

    /// <summary>Over: done, refused, given up or too late.</summary>
    Over,
}

/// <summary>What the page of a challenge shows.</summary>
/// <param name="Challenge">The challenge.</param>
/// <param name="PersonName">Whose.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Act">The act in words; <see langword="null"/> when it can not be done any more.</param>
/// <param name="Refusal">Why not.</param>
public sealed record StepUpView(StepUpChallenge Challenge, string PersonName, StepUpStage Stage, NamedAct? Act, Refusal? Refusal);

/// <summary>A step-up that was started and never finished.</summary>
/// <param name="Id">The challenge.</param>
/// <param name="Act">What kind of act.</param>
/// <param name="StartedAt">When the browser left for the provider.</param>
/// <param name="ReturnTo">The page it was about.</param>
/// <param name="ThisSession">Whether it was this sign-in that started it; if not, somebody else may sit there.</param>
public sealed record AbandonedStepUp(StepUpChallengeId Id, ActKind Act, DateTimeOffset StartedAt, string ReturnTo, bool ThisSession);

/// <summary>What people see of step-ups: only their own.</summary>
public sealed class StepUpQueries(IDbContextFactory<PortalDbContext> database, ActorGuard guard, StepUpHandlers handlers, TimeProvider clock)
{
    private static readonly TimeSpan NoticeLifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AbandonedLifetime = TimeSpan.FromHours(24);

    /// <summary>A challenge of this session with its act in words; <see langword="null"/> if there is none.</summary>
    public async Task<StepUpView?> FindAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        // Rebuilding locks rows; the transaction ends with this method and changes nothing.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return null;
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.PersonId == actor.PersonId && c.SessionId == actor.SessionId, cancellation);
        if (challenge is null) return null;
        var stage = StageOf(challenge);
        if (stage == StepUpStage.Over) return new(challenge, current.Value.Person.Name, stage, null, Stored(challenge));
        var named = await handlers.RebuildAsync(db, challenge, cancellation);
        return new(challenge, current.Value.Person.Name, stage, named.Succeeded ? named.Value : null, named.Refusal);
    }

    /// <summary>The refusal that a return address names with <c>?notice=</c>, for a few minutes and in the session that it happened in.</summary>
    public async Task<Refusal?> NoticeAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        var since = clock.GetUtcNow() - NoticeLifetime;
        await using var db = await database.CreateDbContextAsync(cancellation);
        // The page of the provider's test says itself what came of it, and a refusal can be what was wanted.
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleOrDefaultAsync(
            c => c.Id == id && c.PersonId == actor.PersonId && c.SessionId == actor.SessionId && c.AbandonedAt > since && c.Act != ActKind.TestProvider, cancellation);
        if (challenge is null || Stored(challenge) is not { } refusal) return null;
        var current = await guard.FindAsync(db, actor, cancellation);
        return current.Succeeded ? ProviderRefusals.For(refusal, current.Value) : refusal;
    }

    /// <summary>
    /// The newest step-up of this person in the last day that was started, never came back and was not made up for since;
    /// <see langword="null"/> if there is none.
    /// </summary>
    public async Task<AbandonedStepUp?> AbandonedAsync(Actor actor, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (since, clicked) = (now - AbandonedLifetime, now - StepUpChallenge.ConfirmWithin);
        await using var db = await database.CreateDbContextAsync(cancellation);
        var mine = db.StepUpChallenges.AsNoTracking().Where(c => c.PersonId == actor.PersonId && c.CreatedAt > since);
        var left = await mine
            .Where(c => c.StartedAt != null && c.ConsumedAt == null && c.AbandonedAt == null && (c.ProvedAt == null ? c.ExpiresAt <= now : c.ProvedAt <= clicked))
            .Where(c => !mine.Any(later => later.SubjectId == c.SubjectId && later.Act == c.Act && later.CreatedAt > c.CreatedAt && later.ConsumedAt != null))
            .OrderByDescending(c => c.CreatedAt)
            .FirstOrDefaultAsync(cancellation);
        return left is null ? null : new(left.Id, left.Act, left.StartedAt!.Value, left.ReturnTo, left.SessionId == actor.SessionId);
    }

    /// <summary>Takes an abandoned step-up off the screen.</summary>
    public async Task DismissAsync(Actor actor, StepUpChallengeId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await db.StepUpChallenges.Where(c => c.Id == id && c.PersonId == actor.PersonId && c.ConsumedAt == null && c.AbandonedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.AbandonedAt, now), cancellation);
    }

    private StepUpStage StageOf(StepUpChallenge challenge)
    {
        var now = clock.GetUtcNow();
        if (challenge.ConsumedAt is not null || challenge.AbandonedAt is not null) return StepUpStage.Over;
        if (challenge.ProvedAt is { } proved) return proved + StepUpChallenge.ConfirmWithin > now ? StepUpStage.Confirm : StepUpStage.Over;
        if (challenge.ExpiresAt <= now) return StepUpStage.Over;
        return challenge.StartedAt is null ? StepUpStage.Ready : StepUpStage.Away;
    }

    private static Refusal? Stored(StepUpChallenge challenge) =>
        challenge is { RefusalCode: { } code, RefusalMessage: { } message } ? new(code, message) : null;
}
