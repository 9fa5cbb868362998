using Lapse.Infrastructure.Notifications;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>In each replica: works on the removals and restorations of standing bindings that are due. Notices only wake it.</summary>
internal sealed partial class StandingLoop(StandingWorker worker, ChangeFeed feed, ILogger<StandingLoop> log) : BackgroundService
{
    private const int Most = 50;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);
    private const int AtOnce = 4;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var wake = new SemaphoreSlim(0, 1);
        using var subscription = feed.Subscribe(notice => notice.StartsWith("removal:", StringComparison.Ordinal), _ =>
        {
            if (wake.CurrentCount == 0) wake.Release();
            return Task.CompletedTask;
        });
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var due = await worker.DueAsync(Most, stoppingToken);
                await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, RunAsync);
                await wake.WaitAsync(LongestSleep, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away: the loop must outlive that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception);
                await Task.Delay(LongestSleep, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask RunAsync(Domain.StandingRemovalId id, CancellationToken cancellation)
    {
        try
        {
            await worker.RunAsync(id, cancellation);
        }
#pragma warning disable CA1031 // One that cannot be worked on holds none of the others up; it is tried again.
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Working on standing bindings met an error; it is tried again.")]
    private partial void LogFailed(Exception exception);
}
