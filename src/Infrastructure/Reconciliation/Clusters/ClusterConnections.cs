using System.Collections.Concurrent;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// The way to each registered API server: one <see cref="ClusterApi"/> for each cluster, made anew when the cluster's row changed.
/// A row whose address, authority or mapping was changed behind Lapse's back opens no credential, and so leads nowhere.
/// </summary>
public sealed class ClusterConnections(Sealer sealer, OutboundOptions outbound, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Retirement = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<ClusterId, ClusterLink> _links = new();
    private readonly Lock _gate = new();

    /// <summary>The ways that are known at this moment.</summary>
    public IEnumerable<ClusterLink> All => _links.Values;

    /// <summary>The way to a cluster.</summary>
    /// <param name="cluster">The cluster's row as it is now.</param>
    /// <returns>A refusal when its credential cannot be opened or its address is none.</returns>
    public Outcome<ClusterLink> To(Cluster cluster)
    {
        if (_links.TryGetValue(cluster.Id, out var known) && known.IsFor(cluster)) return known;
        lock (_gate)
        {
            if (_links.TryGetValue(cluster.Id, out known) && known.IsFor(cluster)) return known;
            var address = cluster.Open(sealer);
            if (!address.Succeeded) return address.Refusal!;
            var link = new ClusterLink(cluster, new ClusterApi(new(address.Value, outbound), clock), known?.Breaker ?? new ClusterBreaker(clock), ExpiryOf(address.Value.Credential));
            _links[cluster.Id] = link;
            // Calls may still be on their way over the old one.
            if (known is not null) _ = Task.Delay(Retirement, clock).ContinueWith(_ => known.Api.Dispose(), TaskScheduler.Default);
            return link;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var link in _links.Values) link.Api.Dispose();
        _links.Clear();
    }

    private static DateTimeOffset? ExpiryOf(ClusterCredential credential) => credential is ClusterCredential.Token token ? ServiceAccountToken.Read(token.Value)?.ExpiresAt : null;
}
