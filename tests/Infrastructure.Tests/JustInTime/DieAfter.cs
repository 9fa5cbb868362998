using System.Diagnostics;
using Lapse.Domain;
using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>Whoever first ends a step about a standing binding gets no further, as if its process had been killed there.</summary>
internal sealed class DieAfter : IDisposable
{
    private readonly ActivityListener _listener;
    private int _died;

    public DieAfter(string step, StandingRemovalId removal)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.OperationName == step && activity.GetTagItem(ReconciliationSteps.RemovalTag) as string == removal.ToString() && Interlocked.Exchange(ref _died, 1) == 0) throw new Died();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    internal sealed class Died : Exception;
}
