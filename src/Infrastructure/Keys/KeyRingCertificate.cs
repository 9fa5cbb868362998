using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lapse.Infrastructure.Keys;

/// <summary>The certificate whose key encrypts the key ring of ASP.NET Core data protection, which itself is kept in the database.</summary>
internal static class KeyRingCertificate
{
    /// <summary>The file: PKCS #12 without a password; the rights of the file protect it.</summary>
    public const string FileName = "data-protection.pfx";

    public static X509Certificate2 Open(string folder)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12(KeyFile.Read(folder, FileName), null, X509KeyStorageFlags.EphemeralKeySet);
            return certificate.GetRSAPrivateKey() is not null ? certificate : throw new KeyFolderException($"{Path.Combine(folder, FileName)} has no RSA private key.");
        }
        catch (CryptographicException)
        {
            throw new KeyFolderException($"{Path.Combine(folder, FileName)} cannot be read. It must be PKCS #12 without a password; bring it back from your backup.");
        }
    }

    public static X509Certificate2 Create(string folder, DateTimeOffset now)
    {
        using var key = RSA.Create(3072);
        var request = new CertificateRequest("CN=Lapse key ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        // Nothing checks how long it is valid: it is only a way to hold a key.
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(50));
        KeyFile.Create(folder, FileName, certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, null));
        return Open(folder);
    }
}
