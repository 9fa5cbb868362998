using System.Diagnostics;

namespace Lapse.Benchmarks.Access;

/// <summary>How long the database worked for what was asked, by Npgsql's own spans; one thing is asked at a time.</summary>
internal sealed class SqlClock : IDisposable
{
    private readonly ActivityListener _listener;
    private long _ticks;

    /// <summary>Listens to Npgsql.</summary>
    public SqlClock()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Interlocked.Add(ref _ticks, activity.Duration.Ticks),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>How long all statements took that ran meanwhile, in milliseconds.</summary>
    public async Task<double> MeasureAsync(Func<Task> ask)
    {
        Interlocked.Exchange(ref _ticks, 0);
        await ask();
        return TimeSpan.FromTicks(Interlocked.Read(ref _ticks)).TotalMilliseconds;
    }

    public void Dispose() => _listener.Dispose();
}
