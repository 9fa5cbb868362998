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
    /// <summary>The code of the refusal of a credential that was not sealed for the settings of its row.</summary>
    public const string NotForTheseSettings = "CredentialSealed";

    /// <summary>The code of the refusal of a credential that opens and is none.</summary>
    public const string Unreadable = "CredentialUnreadable";

    /// <summary>Seals a credential for the cluster's present settings and puts it into the row.</summary>
    public static void Seal(this Cluster cluster, ClusterCredential credential, Sealer sealer) =>
        cluster.Seal(sealer.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), Write(credential)));

    /// <summary>The cluster's address with its credential; refuses a row that was changed behind Lapse's back or has no credential yet.</summary>
    public static Outcome<ClusterAddress> Open(this Cluster cluster, Sealer sealer)
    {
        if (cluster.SealedCredential.Length == 0) return new Refusal("NoCredential", $"Cluster {cluster.Name} has no credential yet. An admin has to enter it.");
        if (sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential) is not { } bytes)
            return new Refusal(NotForTheseSettings, $"The credential of cluster {cluster.Name} does not open: it was not sealed for these settings, which were changed outside Lapse. An admin has to enter it again.");
        try
        {
            return ClusterAddress.From(cluster.Server, cluster.CertificateAuthority, Read(bytes));
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return new Refusal(Unreadable, $"The credential of cluster {cluster.Name} cannot be read. An admin has to enter it again.");
        }
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
    /// <exception cref="JsonException">They are none.</exception>
    public static ClusterCredential Read(byte[] bytes) => JsonSerializer.Deserialize<ClusterCredential>(bytes) ?? throw new JsonException("No credential.");
}
