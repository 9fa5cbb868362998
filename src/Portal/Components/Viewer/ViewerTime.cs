namespace Lapse.Portal.Components.Viewer;

/// <summary>
/// The clock as the viewer sees it: now, their time zone, and a tick each second. One per circuit, so that a page with
/// fifty times on it has one timer, and all of them change together.
/// </summary>
/// <param name="clock">The source of now and of the ticks.</param>
public sealed class ViewerTime(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly List<Action> _subscribers = [];
    private ITimer? _timer;

    /// <summary>Now, in UTC.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The viewer's time zone; UTC until the browser has said which.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>Takes the zone that the browser reported.</summary>
    /// <param name="zone">An IANA name such as <c>Europe/Berlin</c>; UTC is kept for a name that this machine does not know.</param>
    public void UseZone(string? zone) =>
        Zone = zone is { Length: > 0 and <= 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
            ? found
            : TimeZoneInfo.Utc;

    /// <summary>Calls <paramref name="tick"/> each second, on any thread, until the answer is disposed of.</summary>
    public IDisposable EverySecond(Action tick)
    {
        lock (_gate)
        {
            _subscribers.Add(tick);
            _timer ??= clock.CreateTimer(_ => Tick(), null, Second, Second);
        }

        return new Subscription(this, tick);
    }

    /// <summary>Stops the ticks.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _subscribers.Clear();
            StopWhenUnused();
        }
    }

    private void Tick()
    {
        Action[] subscribers;
        lock (_gate)
        {
            subscribers = [.. _subscribers];
        }

        foreach (var subscriber in subscribers)
        {
            subscriber();
        }
    }

    private void Remove(Action tick)
    {
        lock (_gate)
        {
            _subscribers.Remove(tick);
            StopWhenUnused();
        }
    }

    private void StopWhenUnused()
    {
        if (_subscribers.Count == 0)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private sealed class Subscription(ViewerTime owner, Action tick) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                owner.Remove(tick);
            }
        }
    }
}
