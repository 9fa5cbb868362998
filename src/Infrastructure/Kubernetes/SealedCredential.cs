using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Keeps a cluster's credential in its row, sealed for exactly that row's settings: whoever changes the address, the
/// certificate authority or the mapping behind Lapse's back has a row whose credential opens for nobody.
/// </summary>
public static class SealedCredential
{
    /// <summary>Seals a credential for the cluster's present settings and puts it into the row.</summary>
    public static void Seal(this Cluster cluster, ClusterCredential credential, Sealer sealer) =>
        cluster.Seal(sealer.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), Write(credential)));

    /// <summary>The cluster's address with its credential; refuses a row that was changed behind Lapse's back or has no credential yet.</summary>
    public static Outcome<ClusterAddress> Open(this Cluster cluster, Sealer sealer)
    {
        if (cluster.SealedCredential.Length == 0) return new Refusal("NoCredential", "This cluster has no credential yet.");
        if (sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential) is not { } bytes)
            return new Refusal("SettingsTampered", "The settings of this cluster do not fit its sealed credential: they were changed outside Lapse. Register it again.");
        return ClusterAddress.From(cluster.Server, cluster.CertificateAuthority, Read(bytes));
    }

    /// <summary>The kind that the row names.</summary>
    public static CredentialKind Kind(this ClusterCredential credential) => credential switch
    {
        ClusterCredential.InCluster => CredentialKind.InCluster,
        ClusterCredential.Token => CredentialKind.Token,
        ClusterCredential.ClientCertificate => CredentialKind.ClientCertificate,
        _ => throw new InvalidOperationException("An unknown kind of credential."),
    };

    /// <summary>The credential as bytes to seal.</summary>
    public static byte[] Write(ClusterCredential credential) => JsonSerializer.SerializeToUtf8Bytes(credential);

    /// <summary>The credential from bytes that were sealed.</summary>
    public static ClusterCredential Read(byte[] bytes) => JsonSerializer.Deserialize<ClusterCredential>(bytes)!;
}
