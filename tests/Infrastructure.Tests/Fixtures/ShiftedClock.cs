namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>A clock that runs as time does, but is ahead by what a test says: timers still fire, and an hour is over at once.</summary>
public sealed class ShiftedClock : TimeProvider
{
    private long _ahead;

    /// <summary>Starts ahead by <paramref name="ahead"/>.</summary>
    public ShiftedClock(TimeSpan ahead = default) => _ahead = ahead.Ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
}
