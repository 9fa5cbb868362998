using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>A test of the provider that an admin has under way in one sign-in.</summary>
/// <param name="First">The challenge of the first round, done.</param>
/// <param name="Seconds">Those of the second round, the newest first.</param>
/// <param name="Stage">How far it is.</param>
internal sealed record ProviderTestRun(StepUpChallenge First, IReadOnlyList<StepUpChallenge> Seconds, ProviderTestStage Stage)
{
    // More than anybody can go through in the time that is looked at.
    private const int Most = 200;

    /// <summary>The test.</summary>
    public Guid Id => First.SubjectId;

    /// <summary>The second round that counts; <see langword="null"/> while none has left.</summary>
    public StepUpChallenge? Second => Seconds.FirstOrDefault(s => s.StartedAt is not null);

    /// <summary>Finds a person's test.</summary>
    /// <param name="db">The context.</param>
    /// <param name="person">Whose.</param>
    /// <param name="session">In which sign-in.</param>
    /// <param name="test">Which; <see langword="null"/> for the newest.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async Task<ProviderTestRun?> FindAsync(PortalDbContext db, PersonId person, SignInSessionId session, Guid? test, DateTimeOffset now, CancellationToken cancellation)
    {
        var since = now - ProviderTest.Lifetime - StepUpChallenge.Lifetime;
        var challenges = await db.StepUpChallenges.AsNoTracking()
            .Where(c => c.PersonId == person && c.CreatedAt > since && c.SessionId == session && c.Act == ActKind.TestProvider)
            .OrderByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id).Take(Most).ToListAsync(cancellation);
        var first = challenges.FirstOrDefault(c => c.SubjectVersion == ProviderTest.FirstRound && c.ConsumedAt is not null && (test is null || c.SubjectId == test));
        if (first is null) return null;
        List<StepUpChallenge> seconds = [.. challenges.Where(c => c.SubjectVersion == ProviderTest.SecondRound && c.SubjectId == first.SubjectId)];
        return new(first, seconds, ProviderTest.StageOf(first, seconds, now));
    }
}
