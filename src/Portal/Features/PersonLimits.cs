using System.Globalization;
using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features;

/// <summary>How often one person may begin what is written down, counted in the database and so over all replicas.</summary>
public sealed class PersonLimits(LimitOptions limits, TimeProvider clock)
{
    /// <summary>Whether this person may begin one more step-up.</summary>
    /// <param name="db">Inside the transaction that writes it down.</param>
    /// <param name="person">Who.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Refusal?> CheckStepUpAsync(PortalDbContext db, PersonId person, CancellationToken cancellation)
    {
        await TakeTurnAsync(db, "step-up", person, cancellation);
        var oldest = await db.StepUpChallenges.Where(c => c.PersonId == person).OrderByDescending(c => c.CreatedAt).Skip(limits.StepUpsPerPerson - 1)
            .Select(c => (DateTimeOffset?)c.CreatedAt).FirstOrDefaultAsync(cancellation);
        return Check("step-up-begin", oldest, LimitOptions.StepUpWindow, $"You began {Count(limits.StepUpsPerPerson, "confirmation")} in the last five minutes, which is as many as Lapse allows.");
    }

    /// <summary>Whether this person may write down one more request.</summary>
    /// <param name="db">Inside the transaction that writes it down.</param>
    /// <param name="person">Who.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Refusal?> CheckDraftAsync(PortalDbContext db, PersonId person, CancellationToken cancellation)
    {
        await TakeTurnAsync(db, "draft", person, cancellation);
        var oldest = await db.AccessRequests.Where(r => r.RequesterId == person).OrderByDescending(r => r.CreatedAt).Skip(limits.DraftsPerPerson - 1)
            .Select(r => (DateTimeOffset?)r.CreatedAt).FirstOrDefaultAsync(cancellation);
        return Check("request", oldest, LimitOptions.DraftWindow, $"You wrote {Count(limits.DraftsPerPerson, "request")} in the last ten minutes, which is as many as Lapse allows.");
    }

    private Refusal? Check(string limit, DateTimeOffset? oldest, TimeSpan window, string much)
    {
        if (oldest is not { } at || at + window - clock.GetUtcNow() is not { Ticks: > 0 } wait) return null;
        LapseMetrics.RateLimited(limit, "person");
        return new Refusal("TooMany", $"{much} Nothing was done and nothing you wrote is lost; try again in {TimeWords.Wait(wait)}.");
    }

    // Two clicks at once would each count without the other. A lock of its own, held to the commit, so that it is in nobody else's way.
    private static async Task TakeTurnAsync(PortalDbContext db, string limit, PersonId person, CancellationToken cancellation)
    {
        var turn = $"lapse/limit/{limit}/{person}";
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({turn}, 0))", cancellation);
    }

    private static string Count(int count, string thing) => count == 1 ? $"1 {thing}" : string.Create(CultureInfo.InvariantCulture, $"{count} {thing}s");
}
