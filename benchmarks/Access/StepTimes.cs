using System.Collections.Concurrent;
using System.Globalization;

namespace Lapse.Benchmarks.Access;

/// <summary>How long each step of the reconciler took on average: where the time goes.</summary>
internal sealed class StepTimes : IDisposable
{
    private readonly ConcurrentDictionary<string, (int Count, TimeSpan Sum)> _steps = new(StringComparer.Ordinal);
    private readonly StepEar _ear;

    /// <summary>Begins to listen.</summary>
    public StepTimes() => _ear = new(step => _steps.AddOrUpdate(step.OperationName, (1, step.Duration), (_, sum) => (sum.Count + 1, sum.Sum + step.Duration)));

    /// <summary>Says it, the longest first.</summary>
    public void Say()
    {
        foreach (var (step, (count, sum)) in _steps.OrderByDescending(step => step.Value.Sum))
            Bench.Say(string.Create(CultureInfo.InvariantCulture, $"    {step}: {count} times, {sum.TotalMilliseconds / count:0.0} ms each"));
    }

    public void Dispose() => _ear.Dispose();
}
