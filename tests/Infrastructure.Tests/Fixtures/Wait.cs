using System.Diagnostics;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>Waits for what another process does in its own time.</summary>
internal static class Wait
{
    /// <summary>Asks until the answer is yes, at most half a minute.</summary>
    /// <exception cref="TimeoutException">It never was.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) throw new TimeoutException($"Not within 30 s: {what}.");
            await Task.Delay(20, cancellationToken);
        }
    }
}
