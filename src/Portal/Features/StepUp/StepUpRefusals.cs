using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Ends a challenge by a refusal, after everything else of it was rolled back.</summary>
public sealed partial class StepUpRefusals(IDbContextFactory<PortalDbContext> database, StepUpHandlers handlers, TimeProvider clock, ILogger<StepUpRefusals> log)
{
    /// <summary>The query parameter by which a page is told which refusal to show.</summary>
    public const string Notice = "notice";

    /// <summary>
    /// Notes the refusal on the challenge and in the ledger. A challenge that is not this session's, was used or has ended stays as it is.
    /// </summary>
    /// <param name="actor">Who came back; <see langword="null"/> if nobody is signed in.</param>
    /// <param name="id">The challenge.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="token">The token, if every rule held and the act itself was refused: its groups are the newest that are known.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    /// <returns>The page to land on, which shows the refusal.</returns>
    public async Task<string> RefuseAsync(Actor? actor, StepUpChallengeId id, Refusal refusal, VerifiedToken? token, CancellationToken cancellation)
    {
        LogRefused(refusal.Code, id);
        if (actor is null) return "/";
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var challenge = await db.LockAsync(id, cancellation);
        if (challenge is null || challenge.SessionId != actor.SessionId || challenge.PersonId != actor.PersonId) return "/";
        // A replay of what was done, or of a proof that waits for its last click, takes nothing away.
        var over = challenge.ConsumedAt is not null || challenge.AbandonedAt is not null || (challenge.ProvedAt is not null && refusal.Code == "ChallengeUsed");
        if (over) return challenge.RefusalCode is null ? challenge.ReturnTo : LocalAddress.With(challenge.ReturnTo, Notice, id.ToString());

        await db.StepUpChallenges.Where(c => c.Id == id).ExecuteUpdateAsync(set => set
            .SetProperty(c => c.AbandonedAt, now).SetProperty(c => c.RefusalCode, refusal.Code).SetProperty(c => c.RefusalMessage, Cut(refusal.Message)), cancellation);
        if (token is not null)
        {
            var person = await db.People.SingleAsync(p => p.Id == actor.PersonId, cancellation);
            var (name, userName) = PersonNames.Of(token);
            person.Seen(name, userName, token.Claims.Groups, now);
        }
        StepUpLedger.Refused(db, challenge, refusal, now);
        handlers.For(challenge.Act).Refused(db, challenge, refusal);
        await db.CommitAsync(cancellation);
        return LocalAddress.With(challenge.ReturnTo, Notice, id.ToString());
    }

    /// <summary>Where to go when nothing is to be noted: the page that the person came from, if the challenge is this session's.</summary>
    public async Task<string> ReturnAsync(Actor? actor, StepUpChallengeId? id, CancellationToken cancellation)
    {
        if (actor is null || id is not { } known) return "/";
        await using var db = await database.CreateDbContextAsync(cancellation);
        return await db.StepUpChallenges.Where(c => c.Id == known && c.SessionId == actor.SessionId && c.PersonId == actor.PersonId)
            .Select(c => c.ReturnTo).SingleOrDefaultAsync(cancellation) ?? "/";
    }

    private static string Cut(string message) => message.Length <= 1000 ? message : message[..1000];

    [LoggerMessage(Level = LogLevel.Information, Message = "Step-up {Challenge} was refused: {Code}")]
    private partial void LogRefused(string code, StepUpChallengeId challenge);
}
