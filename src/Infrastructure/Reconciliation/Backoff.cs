using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>When to try a grant again.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);

    /// <summary>Doubles with each attempt up to the longest; the jitter keeps grants that failed together from coming back together.</summary>
    public static DateTimeOffset Next(Grant grant, ReconciliationOptions options, DateTimeOffset now)
    {
        var pause = Shortest * Math.Pow(2, Math.Min(grant.Attempts, 16));
        if (pause > options.LongestBackoff) pause = options.LongestBackoff;
#pragma warning disable CA5394 // Only spreads load.
        return now + pause * (0.5 + Random.Shared.NextDouble() / 2);
#pragma warning restore CA5394
    }
}
