using Lapse.Infrastructure.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Notifications;

/// <summary>
/// Knows how the database is, for pages that say so. When it is well again everybody reads anew: what failed meanwhile is tried
/// again, and nobody has to reload.
/// </summary>
public sealed partial class DatabaseWatch(DatabaseProbe probe, ChangeFeed feed, TimeProvider clock, ILogger<DatabaseWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private volatile DatabaseCondition _condition = DatabaseCondition.Well;

    /// <summary>How it was found last; taken for well before the first look.</summary>
    public DatabaseCondition Condition => _condition;

    /// <summary>Raised after each change of <see cref="Condition"/>, on any thread.</summary>
    public event Action? Changed;

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var found = await probe.AskAsync(cancellation);
        if (found == _condition) return;
        LogChanged(_condition, found);
        _condition = found;
        if (found == DatabaseCondition.Well) feed.ReadAnew();
        Changed?.Invoke();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A subscriber's defect must not end the watch.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception);
            }
            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was {Before} and is {Now}.")]
    private partial void LogChanged(DatabaseCondition before, DatabaseCondition now);

    [LoggerMessage(Level = LogLevel.Error, Message = "Somebody who was told how the database is failed.")]
    private partial void LogFailed(Exception exception);
}
