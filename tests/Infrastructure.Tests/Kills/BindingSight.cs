using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>A binding that somebody else than Lapse saw come and go.</summary>
internal sealed record SeenBinding(string Uid, string Signature, DateTimeOffset AppearedAt)
{
    /// <summary>When it went; <see langword="null"/> while it is there.</summary>
    public DateTimeOffset? GoneAt { get; set; }
}

/// <summary>Watches all bindings of a namespace with an administrator's eyes, independent of Lapse.</summary>
internal sealed class BindingSight : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SeenBinding> _seen = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watch;

    /// <summary>Begins; a namespace that is new has nothing that could be missed.</summary>
    public BindingSight(IKubernetes client, string place) => _watch = WatchAsync(client, place);

    /// <summary>All that were ever there, in their order.</summary>
    public IReadOnlyList<SeenBinding> Seen => [.. _seen.Values.OrderBy(binding => binding.AppearedAt)];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(IKubernetes client, string place)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var (type, binding) in client.RbacAuthorizationV1.WatchListNamespacedRoleBindingAsync(place, cancellationToken: _stop.Token))
                    See(type, binding);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or k8s.Autorest.HttpOperationException)
            {
                // The API server is away; the next attempt begins with what is there.
                await Task.Delay(100, _stop.Token);
            }
        }
    }

    private void See(WatchEventType type, V1RoleBinding binding)
    {
        if (binding.Metadata?.Uid is not { } uid) return;
        var seen = _seen.GetOrAdd(uid, _ => new(uid, binding.GetAnnotation(BindingKeys.Signature) ?? "", DateTimeOffset.UtcNow));
        if (type == WatchEventType.Deleted) seen.GoneAt ??= DateTimeOffset.UtcNow;
    }
}
