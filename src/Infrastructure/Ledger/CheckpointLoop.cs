using Lapse.Infrastructure.Reconciliation;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Lapse.Infrastructure.Ledger;

/// <summary>Wakes the checkpoints: a grant has begun or ended.</summary>
internal sealed class CheckpointWakes : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);

    /// <summary>Wakes; many at once are one.</summary>
    public void Wake()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake anyway, and the next checkpoint covers this too.
        }
    }

    /// <summary>Waits for a wake.</summary>
    /// <returns>Whether there was one.</returns>
    public Task<bool> WaitAsync(TimeSpan most, CancellationToken cancellation) => _signal.WaitAsync(most, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}

/// <summary>
/// In each replica: looks at the checkpoints outside when it starts and from time to time, and makes one soon after each start and end
/// of access.
/// </summary>
internal sealed partial class CheckpointLoop(CheckpointRound round, CheckpointWakes wakes, ReconciliationOptions options, TimeProvider clock, ILogger<CheckpointLoop> log) : BackgroundService
{
    // Thousands of ends in a second are one checkpoint.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var woken = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (woken) await round.RunAsync(stoppingToken);
                else await round.LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away: it is tried again, and nothing starts without what is read here.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception);
            }
            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            try
            {
                woken = await wakes.WaitAsync(options.CheckpointInterval, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger could not be compared with its checkpoints; it is tried again.")]
    private partial void LogFailed(Exception exception);
}

/// <summary>Makes a checkpoint each minute, on one of the replicas.</summary>
[DisallowConcurrentExecution]
internal sealed class CheckpointJob(CheckpointRound round) : IJob
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await round.RunAsync(cancellationToken);
}
