using System.Collections.Concurrent;
using System.Diagnostics;
using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Benchmarks.Access;

/// <summary>When each grant last got through a step of the reconciler.</summary>
internal sealed class StepClock : IDisposable
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);
    private readonly StepEar _ear;

    /// <summary>Listens for a step (<see cref="ReconciliationSteps"/>).</summary>
    public StepClock(string step) => _ear = new(activity =>
    {
        if (activity.OperationName == step && activity.GetTagItem(ReconciliationSteps.GrantTag) is string grant) _ends[grant] = DateTimeOffset.UtcNow;
    });

    /// <summary>How many grants got through.</summary>
    public int Count => _ends.Count;

    /// <summary>When, by the grant's id.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Ends => _ends;

    /// <summary>Waits until so many got through.</summary>
    /// <exception cref="TimeoutException">They did not within the limit.</exception>
    public async Task UntilAsync(int count, TimeSpan limit, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (_ends.Count < count)
        {
            if (Stopwatch.GetElapsedTime(started) > limit) throw new TimeoutException($"{_ends.Count} of {count} got through within {limit.TotalSeconds:0} s.");
            await Task.Delay(1, cancellation);
        }
    }

    public void Dispose() => _ear.Dispose();
}
