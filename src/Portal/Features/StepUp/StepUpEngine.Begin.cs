using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Binds a fresh strong authentication to one act: begins, answers and confirms challenges.</summary>
public sealed partial class StepUpEngine(
    IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, IEnumerable<IStepUpActHandler> handlers, TimeProvider clock)
{
    private readonly Dictionary<ActKind, IStepUpActHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    /// <summary>The page that names the act of a challenge and starts it.</summary>
    public static string Address(StepUpChallengeId id) => $"/step-up/{id}";

    /// <summary>
    /// Demands a step-up for an act. Called over the circuit by use cases, never by a link: the act is rebuilt from the rows,
    /// and its digest is what the provider's token will have to name.
    /// </summary>
    /// <param name="actor">Who acts, in which sign-in session.</param>
    /// <param name="kind">What kind of act.</param>
    /// <param name="subjectId">The id of the request or change.</param>
    /// <param name="subjectVersion">Its version.</param>
    /// <param name="comment">What the person typed for it.</param>
    /// <param name="confirmAfter">Whether one last click is wanted after the proof.</param>
    /// <param name="returnTo">The local page to land on.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    /// <returns>The challenge; its page is at <see cref="Address"/>.</returns>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(
        Actor actor, ActKind kind, Guid subjectId, int subjectVersion, string comment, bool confirmAfter, string returnTo, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;

        var challenge = StepUpChallenge.Draft(new(kind, subjectId, subjectVersion, comment, confirmAfter, returnTo), actor.PersonId, actor.SessionId, now);
        var named = await _handlers[kind].RebuildAsync(db, challenge, cancellation);
        if (!named.Succeeded) return named.Refusal!;
        if (!challenge.Bind(named.Value.Act)) return new Refusal("VersionChanged", "This has changed since you looked at it. Nothing was done; look at it again.", returnTo);
        db.StepUpChallenges.Add(challenge);
        await db.CommitAsync(cancellation);
        return challenge.Id;
    }
}
