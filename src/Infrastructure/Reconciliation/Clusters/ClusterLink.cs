using System.Security.Cryptography;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The way to one API server.</summary>
public sealed class ClusterLink
{
    private readonly byte[] _settings;
    private readonly byte[] _credential;

    internal ClusterLink(Cluster cluster, ClusterApi api, ClusterBreaker breaker, DateTimeOffset? expiresAt)
    {
        ExpiresAt = expiresAt;
        (Id, Name, Api, Breaker) = (cluster.Id, cluster.Name, api, breaker);
        (_settings, _credential) = (cluster.SettingsDigest(), cluster.SealedCredential);
    }

    /// <summary>The cluster.</summary>
    public ClusterId Id { get; }

    /// <summary>Its short name.</summary>
    public string Name { get; }

    /// <summary>The calls. Ending access uses it directly, whatever the breaker says.</summary>
    public ClusterApi Api { get; }

    /// <summary>What stands before calls that begin access.</summary>
    public ClusterBreaker Breaker { get; }

    /// <summary>When the token expires by which Lapse proves itself; <see langword="null"/> if it is none, or one that does not say.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    internal bool IsFor(Cluster cluster) =>
        CryptographicOperations.FixedTimeEquals(_settings, cluster.SettingsDigest()) && CryptographicOperations.FixedTimeEquals(_credential, cluster.SealedCredential);
}
