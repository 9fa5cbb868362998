using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lapse.Domain;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Where an API server is, how it is trusted, and how Lapse proves itself to it.</summary>
/// <param name="Server">Its https address; may have a path, as behind some managers of many clusters.</param>
/// <param name="CertificateAuthority">The only authorities that may vouch for it, PEM; empty means those that the machine trusts.</param>
/// <param name="Credential">How Lapse proves itself.</param>
public sealed record ClusterAddress(Uri Server, string CertificateAuthority, ClusterCredential Credential)
{
    /// <summary>The most characters of an address, a certificate bundle or a token that are read.</summary>
    public const int LongestField = 64 * 1024;

    /// <summary>Checks what an admin entered.</summary>
    /// <param name="server">The address.</param>
    /// <param name="certificateAuthority">PEM, or empty.</param>
    /// <param name="credential">The credential.</param>
    public static Outcome<ClusterAddress> From(string server, string certificateAuthority, ClusterCredential credential)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || server.Length > 2000)
            return new Refusal("ServerAddress", "The server's address must be a URL, such as https://api.example.org:6443.");
        if (address.Scheme != Uri.UriSchemeHttps)
            return new Refusal("ServerNotHttps", "The server's address must start with https://. Lapse sends no credential over an open connection.");
        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            return new Refusal("ServerAddress", "The server's address must not contain a user name, a password, a query or a fragment.");
        if (CheckAuthority(certificateAuthority) is { } authorityRefusal) return authorityRefusal;
        if (CheckCredential(credential) is { } credentialRefusal) return credentialRefusal;
        return new ClusterAddress(address, certificateAuthority, credential);
    }

    /// <summary>The certificates of <see cref="CertificateAuthority"/>.</summary>
    internal static X509Certificate2Collection ReadAuthorities(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates;
    }

    private static Refusal? CheckAuthority(string pem)
    {
        var refusal = new Refusal("CertificateAuthority", "The certificate authority must be one or more certificates in PEM form, and nothing secret.");
        if (pem.Length == 0) return null;
        if (pem.Length > LongestField || pem.Contains("PRIVATE KEY", StringComparison.Ordinal)) return refusal;
        try
        {
            var certificates = ReadAuthorities(pem);
            var found = certificates.Count;
            foreach (var certificate in certificates) certificate.Dispose();
            return found == 0 ? refusal : null;
        }
        catch (CryptographicException)
        {
            return refusal;
        }
    }

    private static Refusal? CheckCredential(ClusterCredential credential)
    {
        switch (credential)
        {
            case ClusterCredential.Token(var token):
                var isPlain = token.Length is > 0 and <= LongestField && token.All(letter => letter is > ' ' and < '\u007f');
                return isPlain ? null : new("CredentialToken", "The token must be one line of plain text without spaces.");
            case ClusterCredential.ClientCertificate(var certificate, var key):
                try
                {
                    using var both = X509Certificate2.CreateFromPem(certificate, key);
                    return null;
                }
                catch (Exception exception) when (exception is CryptographicException or ArgumentException)
                {
                    return new("CredentialCertificate", "The client certificate and its key must be in PEM form, belong together, and the key must not be encrypted.");
                }
            default:
                return null;
        }
    }
}
