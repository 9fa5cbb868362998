using Lapse.Infrastructure.Kubernetes;
using Polly;
using Polly.CircuitBreaker;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Stops calls that begin access, and reads for people, for a few seconds while a cluster does not answer, so that they neither
/// wait for it nor press on it. Ending access never goes through it.
/// </summary>
public sealed class ClusterBreaker
{
    private static readonly ClusterFailure Open = new(ClusterFailureKind.Unreachable, "The cluster has not answered lately; the next attempt follows in a few seconds.");

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;

    internal ClusterBreaker(TimeProvider clock) => _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.5,
            MinimumThroughput = 4,
            SamplingDuration = TimeSpan.FromSeconds(10),
            BreakDuration = TimeSpan.FromSeconds(3),
            StateProvider = _state,
            ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is AwayException),
        })
        .Build();

    /// <summary>Whether calls are stopped, or the first one after a break is being tried.</summary>
    public bool IsOpen => _state.CircuitState != CircuitState.Closed;

    /// <summary>Makes a call, unless the cluster has just not answered.</summary>
    /// <param name="call">The call.</param>
    /// <param name="failureOf">What went wrong, if something did; only what is transient counts against the cluster.</param>
    /// <param name="refuse">The outcome for a failure.</param>
    /// <param name="cancellation">The caller's.</param>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, Func<T, ClusterFailure?> failureOf, Func<ClusterFailure, T> refuse, CancellationToken cancellation)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                async token =>
                {
                    var result = await call(token);
                    return failureOf(result) is { IsTransient: true } failure ? throw new AwayException(failure) : result;
                },
                cancellation);
        }
        catch (AwayException away)
        {
            return refuse(away.Failure);
        }
        catch (BrokenCircuitException)
        {
            return refuse(Open);
        }
    }

    /// <summary>The same for a call that answers with a <see cref="ClusterResult{T}"/>.</summary>
    public Task<ClusterResult<T>> RunAsync<T>(Func<CancellationToken, Task<ClusterResult<T>>> call, CancellationToken cancellation) =>
        RunAsync(call, result => result.Failure, failure => failure, cancellation);

#pragma warning disable CA1032, CA1064 // Never leaves this class.
    private sealed class AwayException(ClusterFailure failure) : Exception
    {
        public ClusterFailure Failure => failure;
    }
#pragma warning restore CA1032, CA1064
}
