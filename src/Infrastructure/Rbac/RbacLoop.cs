using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Rbac;

/// <summary>
/// In each replica: watches the RBAC of each cluster and wakes the look at it. The watch is only a hint; what counts is what the look
/// reads, which is due from time to time whether anything was heard or not.
/// </summary>
internal sealed partial class RbacLoop(RegisteredClusters clusters, RbacLooker looker, TimeProvider clock, ILogger<RbacLoop> log) : BackgroundService
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var followed = new Dictionary<ClusterId, (ClusterLink Link, CancellationTokenSource Stop, Task Task)>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var registered = (await clusters.ReadAsync(stoppingToken)).Where(c => c.Link.Succeeded && c.Cluster.RetiredAt is null).ToDictionary(c => c.Cluster.Id);
                foreach (var (id, one) in followed.Where(f => f.Value.Task.IsCompleted || !registered.TryGetValue(f.Key, out var now) || !ReferenceEquals(now.Link.Value, f.Value.Link)).ToList())
                {
                    followed.Remove(id);
                    await EndAsync(one.Stop, one.Task);
                }
                foreach (var (id, cluster) in registered.Where(c => !followed.ContainsKey(c.Key)))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    followed[id] = (cluster.Link.Value, stop, FollowAsync(cluster.Cluster, cluster.Link.Value, stop.Token));
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The database is away: the loop must outlive that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception, "all clusters");
            }
            await Task.Delay(Refresh, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        foreach (var one in followed.Values) await EndAsync(one.Stop, one.Task);
    }

    private async Task FollowAsync(Cluster cluster, ClusterLink link, CancellationToken cancellation)
    {
        using var wake = new SemaphoreSlim(0, 1);
        var hints = new Hints(wake, clock);
        var watch = WatchAsync(cluster, link, hints, cancellation);
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                TimeSpan pause;
                try
                {
                    pause = await looker.LookAsync(cluster, link, hints.Heard, cancellation);
                }
#pragma warning disable CA1031 // The database is away, or a defect: it is tried again, and the other clusters go on.
                catch (Exception exception) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    LogFailed(exception, cluster.Name);
                    pause = LongestSleep;
                }
                await wake.WaitAsync(pause < LongestSleep ? pause : LongestSleep, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped or replaced.
        }
        finally
        {
            await watch;
        }
    }

    private async Task WatchAsync(Cluster cluster, ClusterLink link, Hints hints, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await foreach (var _ in link.Api.WatchRbacAsync(cancellation)) hints.Hear();
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Without the watch changes are seen with the next look that is due; it is begun anew.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception, cluster.Name);
            }
            await Task.Delay(Refresh, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task EndAsync(CancellationTokenSource stop, Task task)
    {
        await stop.CancelAsync();
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    /// <summary>When the newest hint was heard.</summary>
    private sealed class Hints(SemaphoreSlim wake, TimeProvider clock)
    {
        private long _heard;

        public DateTimeOffset? Heard => Interlocked.Read(ref _heard) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

        public void Hear()
        {
            Interlocked.Exchange(ref _heard, clock.GetUtcNow().UtcTicks);
            try
            {
                wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // It is awake anyway.
            }
            catch (ObjectDisposedException)
            {
                // Nobody looks any more.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the RBAC of {Cluster} met an error; it is tried again.")]
    private partial void LogFailed(Exception exception, string cluster);
}
