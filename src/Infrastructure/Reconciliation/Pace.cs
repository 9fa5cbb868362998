namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Keeps a loop that is woken by many from going round for each of them. A few turns go at once, a stream of them in even steps.</summary>
/// <param name="step">The time between two turns of a stream.</param>
/// <param name="atOnce">Turns that wait for nothing after a pause.</param>
/// <param name="clock">Measures and waits.</param>
internal sealed class Pace(TimeSpan step, int atOnce, TimeProvider clock)
{
    private TimeSpan _ahead;
    private long _last = clock.GetTimestamp();

    /// <summary>Waits for the next turn.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        var now = clock.GetTimestamp();
        var ahead = _ahead - clock.GetElapsedTime(_last, now);
        (_ahead, _last) = ((ahead > TimeSpan.Zero ? ahead : TimeSpan.Zero) + step, now);
        if (_ahead - step * atOnce is { Ticks: > 0 } early) await Task.Delay(early, clock, cancellation);
    }
}
