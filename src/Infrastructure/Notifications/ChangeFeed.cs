using System.Collections.Concurrent;
using Lapse.Infrastructure.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lapse.Infrastructure.Notifications;

/// <summary>
/// Tells what changed in the database, in this replica and in all others: one connection listens, everybody in this process
/// subscribes. A notice is a hint with an id; whoever hears it reads for themselves. When the connection was away, notices may be
/// lost, so after each connect everybody hears <see cref="Resync"/>.
/// </summary>
public sealed partial class ChangeFeed(NpgsqlDataSource source, TimeProvider clock, ILogger<ChangeFeed> log) : BackgroundService
{
    /// <summary>What is told when notices may have been lost: read everything anew.</summary>
    public const string Resync = "resync";

    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<ChangeSubscription, bool> _subscriptions = new();
    private volatile bool _isListening;

    /// <summary>Whether changes are heard at this moment.</summary>
    public bool IsListening => _isListening;

    /// <summary>Subscribes until disposed.</summary>
    /// <param name="filter">Which notices are wanted, such as <c>request:ID</c>; <see cref="Resync"/> is told whatever it says.</param>
    /// <param name="handler">
    /// Called with one notice at a time. The same notice that comes several times while the handler is busy is told once.
    /// An error of the handler is logged and ends nothing.
    /// </param>
    public IDisposable Subscribe(Func<string, bool> filter, Func<string, Task> handler)
    {
        var subscription = new ChangeSubscription(filter, handler, gone => _subscriptions.TryRemove(gone, out _), LogHandler);
        _subscriptions[subscription] = true;
        return subscription;
    }

    /// <summary>Tells everybody in this process to read anew, since what they last tried may have failed.</summary>
    public void ReadAnew() => Tell(Resync);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await ListenAsync(() => failures = 0, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever ends the connection, the next one is tried.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _isListening = false;
                LogLost(exception.Message);
                var pause = TimeSpan.FromMilliseconds(Math.Min(5000, 100 << Math.Min(failures++, 6)));
                await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(Action connected, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        connection.Notification += (_, notice) => Tell(notice.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {PortalDbContext.ChangesChannel}", connection)) await listen.ExecuteNonQueryAsync(cancellation);
        connected();
        Tell(Resync);
        _isListening = true;
        while (true)
        {
            // A connection that died unnoticed is noticed by the question.
            if (!await connection.WaitAsync(Ping, cancellation))
            {
                await using var ping = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 5 };
                await ping.ExecuteNonQueryAsync(cancellation);
            }
        }
    }

    private void Tell(string notice)
    {
        foreach (var subscription in _subscriptions.Keys) subscription.Tell(notice);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The change feed lost its connection ({Reason}); it connects again.")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A subscriber of the change feed failed; it stays subscribed.")]
    private partial void LogHandler(Exception exception);
}
