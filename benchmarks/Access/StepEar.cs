using System.Diagnostics;
using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Benchmarks.Access;

/// <summary>Hears of each step of the reconciler when it ends, by the spans that it writes anyway; nothing is asked for it.</summary>
internal sealed class StepEar : IDisposable
{
    private readonly ActivityListener _listener;

    /// <summary>Begins to listen.</summary>
    public StepEar(Action<Activity> ended)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();
}
