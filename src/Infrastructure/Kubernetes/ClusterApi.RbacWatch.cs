using System.Runtime.CompilerServices;
using System.Threading.Channels;
using k8s;
using k8s.Models;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    private static readonly RbacKind[] Watched = [RbacKind.ClusterRole, RbacKind.Role, RbacKind.ClusterRoleBinding, RbacKind.RoleBinding, RbacKind.ServiceAccount, RbacKind.Namespace];

    private static readonly TimeSpan ForbiddenPause = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Wakes whenever something happens to a role, binding, ServiceAccount or namespace, and after each gap of the watch. Nothing is told
    /// but that: whoever wakes reads the whole. Goes on, with growing pauses, until cancelled; what Lapse may not watch wakes nobody.
    /// </summary>
    public async IAsyncEnumerable<RbacKind> WatchRbacAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var client = _connection.Open();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Many events are one wake.
        var wakes = Channel.CreateBounded<RbacKind>(new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
        List<Task> followers = [.. Watched.Select(kind => FollowRbacAsync(client, kind, wakes.Writer, stop.Token))];
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

    private async Task FollowRbacAsync(IKubernetes client, RbacKind kind, ChannelWriter<RbacKind> wakes, CancellationToken cancellationToken)
    {
        try
        {
            string? place = null;
            for (var failures = 0; ;)
            {
                var ended = await ClusterCalls.RunAsync(() => WatchRbacOnceAsync(client, kind, place, wakes, cancellationToken), cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                // Where the last one ended the next goes on; after an error, a place that is too old (410) among them, it begins anew.
                place = ended.Succeeded ? ended.Value : null;
                failures = ended.Succeeded ? 0 : Math.Min(failures + 1, 10);
                // What Lapse may not watch is asked for seldom: each time is a line in the cluster's audit log.
                await Task.Delay(ended.Failure?.Kind == ClusterFailureKind.Forbidden ? ForbiddenPause : Pause(failures), _time, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // Cancellation ends the watch quietly; a defect must reach the reader, or it would wait for ever.
            wakes.TryComplete(exception is OperationCanceledException ? null : exception);
        }
    }

    private static async Task<string> WatchRbacOnceAsync(IKubernetes client, RbacKind kind, string? place, ChannelWriter<RbacKind> wakes, CancellationToken cancellationToken)
    {
        if (place is null)
        {
            // From now on: without a place to begin at, the server would first send everything that is there.
            place = await VersionAsync(client, kind, cancellationToken);
            // What happened before the watch stood.
            wakes.TryWrite(kind);
        }
        var seconds = Jitter(WatchTime).TotalSeconds;
        // The server ends the watch by then; a connection that died unnoticed does not.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds + 30));
        Exception? error = null;
        await foreach (var (type, version) in Events(client, kind, place, (int)seconds, exception => error ??= exception, limit.Token))
        {
            place = version ?? place;
            if (type is not WatchEventType.Bookmark) wakes.TryWrite(kind);
        }
        return error is null ? place : throw error;
    }

    private static async Task<string> VersionAsync(IKubernetes client, RbacKind kind, CancellationToken cancellationToken)
    {
        var list = kind == RbacKind.ServiceAccount ? (await client.CoreV1.ListServiceAccountForAllNamespacesAsync(limit: 1, cancellationToken: cancellationToken))?.Metadata
            : kind == RbacKind.Namespace ? (await client.CoreV1.ListNamespaceAsync(limit: 1, cancellationToken: cancellationToken))?.Metadata
            : (await client.CustomObjects.ListClusterCustomObjectAsync<V1ClusterRoleList>(kind.ApiGroup, "v1", kind.Resource, limit: 1, cancellationToken: cancellationToken))?.Metadata;
        return ClusterCalls.Required(list?.ResourceVersion);
    }

    private static IAsyncEnumerable<(WatchEventType Type, string? Version)> Events(IKubernetes client, RbacKind kind, string start, int seconds, Action<Exception> onError, CancellationToken cancellationToken)
    {
        var rbac = client.RbacAuthorizationV1;
        return kind.Kind switch
        {
            "ServiceAccount" => Types(client.CoreV1.WatchListServiceAccountForAllNamespacesAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            "Namespace" => Types(client.CoreV1.WatchListNamespaceAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            "ClusterRole" => Types(rbac.WatchListClusterRoleAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            "Role" => Types(rbac.WatchListRoleForAllNamespacesAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            "ClusterRoleBinding" => Types(rbac.WatchListClusterRoleBindingAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            "RoleBinding" => Types(rbac.WatchListRoleBindingForAllNamespacesAsync(allowWatchBookmarks: true, resourceVersion: start, timeoutSeconds: seconds, onError: onError, cancellationToken: cancellationToken)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static async IAsyncEnumerable<(WatchEventType Type, string? Version)> Types<T>(IAsyncEnumerable<(WatchEventType, T)> events) where T : IMetadata<V1ObjectMeta>
    {
        await foreach (var (type, changed) in events) yield return (type, changed.Metadata?.ResourceVersion);
    }
}
