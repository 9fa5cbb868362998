using System.Diagnostics;
using Lapse.Domain;
using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Holds the worker that first ends a step of a grant, as if its process were frozen there.</summary>
internal sealed class StopAfter : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _goOn = new();
    // The pass of whoever runs here; steps are in another trace and do not name it.
    private readonly AsyncLocal<Activity?> _passHere = new();
    private Activity? _pass;
    private int _held;

    public StopAfter(string step, GrantId grant)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (activity.OperationName == ReconciliationSteps.Pass) _passHere.Value = activity;
            },
            ActivityStopped = activity =>
            {
                if (activity == Volatile.Read(ref _pass)) _passed.TrySetResult();
                if (activity.OperationName != step || activity.GetTagItem(ReconciliationSteps.GrantTag) as string != grant.ToString() || Interlocked.Exchange(ref _held, 1) == 1) return;
                Volatile.Write(ref _pass, _passHere.Value);
                _reached.TrySetResult();
                _goOn.Wait(TimeSpan.FromMinutes(1));
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Task Reached => _reached.Task;

    public void GoOn() => _goOn.Set();

    /// <summary>Lets the worker go on, and returns when it has done all that it would do late.</summary>
    public Task GoOnToTheEndAsync()
    {
        GoOn();
        return _passed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Dispose()
    {
        _goOn.Set();
        _listener.Dispose();
    }
}
