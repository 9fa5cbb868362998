using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lapse.Sandbox.IdentityProvider.Keys;

/// <summary>The https certificate, issued by an authority that exists in this data folder only.</summary>
public static class ServerCertificate
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>Reads authority and server certificate from the data folder; makes or renews what is missing or old.</summary>
    /// <param name="folder">The data folder. <c>provider-ca.pem</c> in it is what clients shall trust.</param>
    /// <param name="now">The time.</param>
    public static X509Certificate2 Load(string folder, DateTimeOffset now)
    {
        var caPath = Path.Combine(folder, "provider-ca.pem");
        var caKeyPath = Path.Combine(folder, "provider-ca.key");
        var path = Path.Combine(folder, "provider-server.pem");
        var keyPath = Path.Combine(folder, "provider-server.key");

        var authority = Read(caPath, caKeyPath);
        if (authority is null || Old(authority, now))
        {
            authority?.Dispose();
            authority = MakeAuthority(now);
            Save(authority, caPath, caKeyPath);
            File.Delete(path);
        }

        using (authority)
        {
            var server = Read(path, keyPath);
            if (server is not null && !Old(server, now))
                return server;
            server?.Dispose();
            server = MakeServer(authority, now);
            Save(server, path, keyPath);
            return server;
        }
    }

    private static X509Certificate2 MakeAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Lapse sandbox provider CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now + AuthorityLife);
    }

    private static X509Certificate2 MakeServer(X509Certificate2 authority, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        using var certificate = request.Create(authority, now.AddMinutes(-5), now + ServerLife, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    private static bool Old(X509Certificate2 certificate, DateTimeOffset now) =>
        certificate.NotAfter.ToUniversalTime() < (now + RenewBefore).UtcDateTime;

    private static X509Certificate2? Read(string path, string keyPath) =>
        File.Exists(path) && File.Exists(keyPath) ? X509Certificate2.CreateFromPemFile(path, keyPath) : null;

    private static void Save(X509Certificate2 certificate, string path, string keyPath)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        PrivateFile.Write(keyPath, key.ExportPkcs8PrivateKeyPem());

        // In one step: an API server that waits for the authority's file reads it as soon as it is there.
        File.WriteAllText(path + ".new", certificate.ExportCertificatePem());
        File.Move(path + ".new", path, overwrite: true);
    }
}
