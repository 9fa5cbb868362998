using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lapse.Sandbox;

/// <summary>
/// The sandbox cluster's own certificate authority and what it signs, as PEM files in one folder. What is there is kept,
/// so that a restart does not invalidate a kubeconfig; certificates that end within a month are made anew.
/// </summary>
internal sealed class ClusterCertificates
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);
    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    private ClusterCertificates(string folder, X509Certificate2 authority) => (_folder, _authority) = (folder, authority);

    /// <summary>The certificate of the authority.</summary>
    public string AuthorityFile => Path.Combine(_folder, "ca.pem");

    /// <summary>The key that ServiceAccount tokens are signed with.</summary>
    public string TokenKeyFile => Path.Combine(_folder, "service-accounts.key");

    public static ClusterCertificates Open(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var certificates = new ClusterCertificates(folder, Authority(folder));
        if (!File.Exists(certificates.TokenKeyFile))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            WritePrivate(certificates.TokenKeyFile, key.ExportECPrivateKeyPem());
        }
        return certificates;
    }

    /// <summary>The certificate and key of a server on this machine, or of a client when it has a group.</summary>
    /// <param name="name">The common name; to the API server, the user name.</param>
    /// <param name="group">The organisation; to the API server, the group.</param>
    /// <returns>The PEM files.</returns>
    public (string Certificate, string Key) For(string name, string? group = null)
    {
        var stem = Path.Combine(_folder, name.Replace(':', '-'));
        var files = (Certificate: stem + ".pem", Key: stem + ".key");
        if (IsGood(files.Certificate) && File.Exists(files.Key))
            return files;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        if (group is not null)
            subject.AddOrganizationName(group);
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // etcd's server is a client of itself, so each certificate serves both ends.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        if (group is null)
            request.CertificateExtensions.Add(LocalNames());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(_authority, now.AddHours(-1), _authority.NotAfter.ToUniversalTime(), RandomNumberGenerator.GetBytes(16));
        WritePrivate(files.Key, key.ExportECPrivateKeyPem());
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        return files;
    }

    private static X509Certificate2 Authority(string folder)
    {
        var (file, keyFile) = (Path.Combine(folder, "ca.pem"), Path.Combine(folder, "ca.key"));
        if (IsGood(file) && File.Exists(keyFile))
            return X509Certificate2.CreateFromPemFile(file, keyFile);
        foreach (var old in Directory.EnumerateFiles(folder))
            File.Delete(old);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lapse-sandbox-cluster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        var authority = request.CreateSelfSigned(now.AddHours(-1), now + Life);
        WritePrivate(keyFile, key.ExportECPrivateKeyPem());
        File.WriteAllText(file, authority.ExportCertificatePem());
        return authority;
    }

    private static X509Extension LocalNames()
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in new[] { "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc" })
            names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        return names.Build();
    }

    private static bool IsGood(string file)
    {
        if (!File.Exists(file))
            return false;
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
        return certificate.NotAfter.ToUniversalTime() > DateTime.UtcNow.AddDays(30);
    }

    private static void WritePrivate(string file, string content)
    {
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(content);
    }
}
