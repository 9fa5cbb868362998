using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Watches the bindings of each cluster. An event only makes the reconciler look: a label can be taken off, an event be lost.</summary>
internal sealed partial class BindingWatcher(RegisteredClusters clusters, BindingSweep sweep, ReconcilerWakes wakes, TimeProvider clock, ILogger<BindingWatcher> log) : BackgroundService
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watches = new Dictionary<ClusterId, (RegisteredCluster Cluster, CancellationTokenSource Stop, Task Task)>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var registered = await clusters.ReadAsync(stoppingToken);
                foreach (var (id, watch) in watches.Where(w => w.Value.Task.IsCompleted || !registered.Any(c => c.Cluster.Id == w.Key && c.IsWatchedLike(w.Value.Cluster))).ToList())
                {
                    watches.Remove(id);
                    await EndAsync(watch.Stop, watch.Task);
                }
                foreach (var cluster in registered.Where(c => c.Link.Succeeded && !watches.ContainsKey(c.Cluster.Id)))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    watches[cluster.Cluster.Id] = (cluster, stop, WatchAsync(cluster, stop.Token));
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
        foreach (var watch in watches.Values) await EndAsync(watch.Stop, watch.Task);
    }

    private async Task WatchAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        try
        {
            await foreach (var wake in cluster.Link.Value.Api.WatchBindingsAsync(cluster.Scope, cancellation))
            {
                if (wake.Name is { } name)
                {
                    if (BindingKeys.IsBindingName(name) && UuidId.TryParse<GrantId>(name[BindingKeys.NamePrefix.Length..], out var grant)) wakes.Look(grant);
                }
                // The watch had a gap: whatever happened in it shows in the whole list.
                else await sweep.RunAsync(cluster with { Scope = wake.Namespace is { } place ? new([place], false) : new([], true) }, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped or replaced.
        }
#pragma warning disable CA1031 // The watch is begun anew with the next refresh.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(exception, cluster.Cluster.Name);
        }
    }

    private static async Task EndAsync(CancellationTokenSource stop, Task task)
    {
        await stop.CancelAsync();
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The watch of {Cluster} met an error; it is begun anew.")]
    private partial void LogFailed(Exception exception, string cluster);
}
