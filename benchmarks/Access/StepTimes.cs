using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Benchmarks.Access;

/// <summary>How long each step of the reconciler took on average, by the spans that it writes anyway: where the time goes.</summary>
internal sealed class StepTimes : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentDictionary<string, (int Count, TimeSpan Sum)> _steps = new(StringComparer.Ordinal);

    /// <summary>Begins to listen.</summary>
    public StepTimes()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = step => _steps.AddOrUpdate(step.OperationName, (1, step.Duration), (_, sum) => (sum.Count + 1, sum.Sum + step.Duration)),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Says it, the longest first.</summary>
    public void Say()
    {
        foreach (var (step, (count, sum)) in _steps.OrderByDescending(step => step.Value.Sum))
            Bench.Say(string.Create(CultureInfo.InvariantCulture, $"    {step}: {count} times, {sum.TotalMilliseconds / count:0.0} ms each"));
    }

    public void Dispose() => _listener.Dispose();
}
