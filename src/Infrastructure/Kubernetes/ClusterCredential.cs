using System.Text.Json.Serialization;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// How Lapse proves itself to an API server. Has a JSON form to be encrypted at rest; its text form never shows a secret.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(InCluster), nameof(InCluster))]
[JsonDerivedType(typeof(Token), nameof(Token))]
[JsonDerivedType(typeof(ClientCertificate), nameof(ClientCertificate))]
public abstract record ClusterCredential
{
    private ClusterCredential() { }

    /// <summary>The kind alone, so that no log can show the secret.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>The ServiceAccount of the pod that Lapse runs in; the kubelet renews its token in a file.</summary>
    public sealed record InCluster : ClusterCredential;

    /// <summary>A bearer token, usually of a ServiceAccount.</summary>
    /// <param name="Value">The token.</param>
    public sealed record Token(string Value) : ClusterCredential;

    /// <summary>A client certificate with its key.</summary>
    /// <param name="CertificatePem">The certificate, and those between it and its authority if there are any; PEM.</param>
    /// <param name="KeyPem">The private key, unencrypted; PEM.</param>
    public sealed record ClientCertificate(string CertificatePem, string KeyPem) : ClusterCredential;
}
