using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Authentication;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Makes clients of one API server. Each client has connections of its own.</summary>
public sealed class ClusterConnection(ClusterAddress address, OutboundOptions options)
{
    // Read once: opening a key costs more than a whole call, and fresh connections are opened for every proof.
    private readonly Lazy<X509Certificate2Collection> _authorities = new(() => ClusterAddress.ReadAuthorities(address.CertificateAuthority));
    private readonly Lazy<X509Certificate2?> _certificate = new(() => address.Credential is ClusterCredential.ClientCertificate pair ? Read(pair) : null);

    /// <summary>What Lapse calls itself in the audit log of a cluster.</summary>
    public const string UserAgent = "lapse/0.1";

    /// <summary>The API server.</summary>
    public ClusterAddress Address => address;

    /// <summary>What holds for every call.</summary>
    public OutboundOptions Options => options;

    /// <summary>A client with fresh connections, which its owner disposes.</summary>
    /// <exception cref="InvalidOperationException">The address was not checked by <see cref="ClusterAddress.From"/>.</exception>
    public IKubernetes Open() => Open(address.Credential);

    /// <summary>A client that proves itself with another token, and with nothing else.</summary>
    public IKubernetes OpenWithToken(string token) => Open(new ClusterCredential.Token(token));

    private k8s.Kubernetes Open(ClusterCredential credential)
    {
        if (address.Server.Scheme != Uri.UriSchemeHttps) throw new InvalidOperationException("API servers are called over https only.");
        var configuration = new KubernetesClientConfiguration
        {
            Host = address.Server.AbsoluteUri,
            UserAgent = UserAgent,
            HttpClientTimeout = options.RequestTimeout,
            FirstMessageHandlerSetup = handler =>
            {
                OutboundHandler.Configure(handler, options);
                Trust(handler.SslOptions);
                if (credential is ClusterCredential.ClientCertificate) ProveBy(_certificate.Value!, handler.SslOptions);
            },
        };
        switch (credential)
        {
            case ClusterCredential.Token token:
                configuration.AccessToken = token.Value;
                break;
            case ClusterCredential.InCluster:
                configuration.TokenProvider = new TokenFileAuth(InClusterAddress.TokenFile);
                break;
        }
        return new k8s.Kubernetes(configuration, new OutboundGuard(options));
    }

    // Not the client library's own SslCaCerts: that also takes whatever the machine trusts. The name in the certificate
    // is checked by SslStream, because no validation callback is set.
    private void Trust(SslClientAuthenticationOptions ssl)
    {
        if (address.CertificateAuthority.Length == 0) return;
        ssl.CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        ssl.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities.Value);
    }

    private static X509Certificate2 Read(ClusterCredential.ClientCertificate pair)
    {
        using var fromPem = X509Certificate2.CreateFromPem(pair.CertificatePem, pair.KeyPem);
        // A key that was never stored cannot be used for TLS on Windows; the way through PKCS #12 works everywhere.
        return X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), null);
    }

    private static void ProveBy(X509Certificate2 certificate, SslClientAuthenticationOptions ssl)
    {
        ssl.ClientCertificates = [certificate];
        ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
    }
}
