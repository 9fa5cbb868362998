using System.Runtime.CompilerServices;
using System.Threading.Channels;
using k8s;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    private static readonly TimeSpan WatchTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Wakes whenever something happens to a binding that wears the label of Lapse: made, changed, deleted, or its label
    /// taken off. Nothing is remembered: each attempt starts with what is there, and a gap is told as a wake without a name.
    /// Goes on, with growing pauses, until cancelled.
    /// </summary>
    public async IAsyncEnumerable<BindingWake> WatchBindingsAsync(BindingScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var client = _connection.Open();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wakes = Channel.CreateBounded<BindingWake>(new BoundedChannelOptions(256) { SingleReader = true });
        List<Task> followers = [.. scope.Namespaces.Select(place => FollowAsync(client, place, wakes.Writer, stop.Token))];
        if (scope.ClusterWide) followers.Add(FollowAsync(client, null, wakes.Writer, stop.Token));
        try
        {
            await foreach (var wake in wakes.Reader.ReadAllAsync(cancellationToken)) yield return wake;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(followers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(IKubernetes client, string? place, ChannelWriter<BindingWake> wakes, CancellationToken cancellationToken)
    {
        try
        {
            for (var failures = 0; ;)
            {
                var ended = await ClusterCalls.RunAsync(() => WatchOnceAsync(client, place, wakes, cancellationToken), cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                failures = ended.Succeeded ? 0 : Math.Min(failures + 1, 10);
                await Task.Delay(Pause(failures), _time, cancellationToken);
                await wakes.WriteAsync(new(place, null), cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // Cancellation ends the watch quietly; a defect must reach the reader, or it would wait for ever.
            wakes.TryComplete(exception is OperationCanceledException ? null : exception);
        }
    }

    private static async Task<int> WatchOnceAsync(IKubernetes client, string? place, ChannelWriter<BindingWake> wakes, CancellationToken cancellationToken)
    {
        var seconds = Jitter(WatchTime).TotalSeconds;
        // The server ends the watch by then; a connection that died unnoticed does not.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds + 30));
        Exception? error = null;
        var count = 0;
        var names = place is null
            ? Names(client.RbacAuthorizationV1.WatchListClusterRoleBindingAsync(
                labelSelector: BindingKeys.Selector, timeoutSeconds: (int)seconds, onError: exception => error ??= exception, cancellationToken: limit.Token), binding => binding.Metadata?.Name, limit.Token)
            : Names(client.RbacAuthorizationV1.WatchListNamespacedRoleBindingAsync(
                Segment(place), labelSelector: BindingKeys.Selector, timeoutSeconds: (int)seconds, onError: exception => error ??= exception, cancellationToken: limit.Token), binding => binding.Metadata?.Name, limit.Token);
        await foreach (var name in names)
        {
            await wakes.WriteAsync(new(place, name), cancellationToken);
            count++;
        }
        return error is null ? count : throw error;
    }

    private static async IAsyncEnumerable<string?> Names<T>(
        IAsyncEnumerable<(WatchEventType, T)> events, Func<T, string?> name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (type, changed) in events.WithCancellation(cancellationToken))
            if (type is not WatchEventType.Bookmark) yield return name(changed);
    }

    // Jitter only spreads load; nothing secret depends on it.
#pragma warning disable CA5394
    private static TimeSpan Jitter(TimeSpan time) => time * (0.8 + (Random.Shared.NextDouble() * 0.2));
#pragma warning restore CA5394

    private static TimeSpan Pause(int failures) =>
        Jitter(failures == 0 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, failures - 1))));
}
