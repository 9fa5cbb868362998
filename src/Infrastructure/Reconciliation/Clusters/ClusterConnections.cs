using System.Collections.Concurrent;
using System.Text.Json;
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

    /// <summary>The way to a cluster.</summary>
    /// <param name="cluster">The cluster's row as it is now.</param>
    /// <returns>A refusal when its credential cannot be opened or its address is none.</returns>
    public Outcome<ClusterLink> To(Cluster cluster)
    {
        if (_links.TryGetValue(cluster.Id, out var known) && known.IsFor(cluster)) return known;
        lock (_gate)
        {
            if (_links.TryGetValue(cluster.Id, out known) && known.IsFor(cluster)) return known;
            var address = AddressOf(cluster);
            if (!address.Succeeded) return address.Refusal!;
            var link = new ClusterLink(cluster, new ClusterApi(new(address.Value, outbound), clock), known?.Breaker ?? new ClusterBreaker(clock), ExpiryOf(address.Value.Credential));
            _links[cluster.Id] = link;
            // Calls may still be on their way over the old one.
            if (known is not null) _ = Task.Delay(Retirement, clock).ContinueWith(_ => known.Api.Dispose(), TaskScheduler.Default);
            return link;
        }
    }

    /// <summary>Encrypts a credential for a cluster's row as it is now.</summary>
    public byte[] Seal(Cluster cluster, ClusterCredential credential) =>
        sealer.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), JsonSerializer.SerializeToUtf8Bytes(credential));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var link in _links.Values) link.Api.Dispose();
        _links.Clear();
    }

    private static DateTimeOffset? ExpiryOf(ClusterCredential credential) => credential is ClusterCredential.Token token ? ServiceAccountToken.Read(token.Value)?.ExpiresAt : null;

    private Outcome<ClusterAddress> AddressOf(Cluster cluster)
    {
        var opened = cluster.SealedCredential.Length == 0 ? null : sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential);
        if (opened is null)
            return new Refusal("CredentialSealed", $"The credential of cluster {cluster.Name} does not open: it was not sealed for these settings. An admin has to enter it again.");
        try
        {
            var credential = JsonSerializer.Deserialize<ClusterCredential>(opened);
            return credential is null ? new Refusal("CredentialSealed", $"The credential of cluster {cluster.Name} is empty.") : ClusterAddress.From(cluster.Server, cluster.CertificateAuthority, credential);
        }
        catch (JsonException)
        {
            return new Refusal("CredentialSealed", $"The credential of cluster {cluster.Name} cannot be read. An admin has to enter it again.");
        }
    }
}
