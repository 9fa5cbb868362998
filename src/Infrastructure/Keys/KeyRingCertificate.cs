using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Keys;

/// <summary>The certificate whose key encrypts the key ring of ASP.NET Core data protection, which itself is kept in the database.</summary>
internal static class KeyRingCertificate
{
    private const string Name = "Lapse key ring of ";

    /// <summary>The file: PKCS #12 without a password; the rights of the file protect it.</summary>
    public const string FileName = "data-protection.pfx";

    // Made, and not in its place yet.
    private const string NextFileName = "data-protection.next.pfx";

    /// <summary>The certificate that encrypts.</summary>
    public static X509Certificate2 Open(string folder) => Open(folder, FileName);

    /// <summary>That one, and those before it, which still open what they encrypted.</summary>
    public static X509Certificate2[] OpenAll(string folder) => [Open(folder), .. OldFiles(folder).Select(file => Open(folder, file))];

    /// <summary>The files of certificates that encrypt no more.</summary>
    public static IReadOnlyList<string> OldFiles(string folder) => [.. Directory.EnumerateFiles(folder, "data-protection.old-*.pfx").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static X509Certificate2 Create(string folder, DateTimeOffset now)
    {
        Make(folder, FileName, now);
        return Open(folder);
    }

    /// <summary>
    /// Puts a new certificate in the place of the one that encrypts, which is kept under another name. Each step is whole by itself, so that
    /// it goes on where it was ended; while an old one is kept, nothing is exchanged.
    /// </summary>
    /// <returns>Whether it did.</returns>
    public static bool Exchange(string folder, DateTimeOffset now)
    {
        var next = Path.Combine(folder, NextFileName);
        if (OldFiles(folder).Count > 0 && !File.Exists(next)) return false;
        Make(folder, NextFileName, now);
        using (Open(folder, NextFileName))
        using (var current = Open(folder))
            KeyFile.Create(folder, $"data-protection.old-{current.Thumbprint[..16].ToLowerInvariant()}.pfx", KeyFile.Read(folder, FileName));
        File.Move(next, Path.Combine(folder, FileName), overwrite: true);
        return true;
    }

    /// <summary>Deletes the certificates that encrypt no more.</summary>
    public static void DeleteOld(string folder)
    {
        foreach (var file in OldFiles(folder)) File.Delete(Path.Combine(folder, file));
    }

    /// <summary>
    /// When a certificate was made. It stands in its name: what X.509 says of its validity counts whole seconds (RFC 5280, section 4.1.2.5),
    /// and a key of the same second may be from before it.
    /// </summary>
    public static DateTimeOffset MadeAt(X509Certificate2 certificate)
    {
        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return name.StartsWith(Name, StringComparison.Ordinal) && CanonicalTime.Read(name[Name.Length..]) is { } at ? at : new DateTimeOffset(certificate.NotBefore).AddDays(1);
    }

    private static X509Certificate2 Open(string folder, string file)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12(KeyFile.Read(folder, file), null, X509KeyStorageFlags.EphemeralKeySet);
            return certificate.GetRSAPrivateKey() is not null ? certificate : throw new KeyFolderException($"{Path.Combine(folder, file)} has no RSA private key.");
        }
        catch (CryptographicException)
        {
            throw new KeyFolderException($"{Path.Combine(folder, file)} cannot be read. It must be PKCS #12 without a password; bring it back from your backup.");
        }
    }

    private static void Make(string folder, string file, DateTimeOffset now)
    {
        // To make one takes most of a second; where it is there already it would be thrown away.
        if (File.Exists(Path.Combine(folder, file))) return;
        using var key = RSA.Create(3072);
        var request = new CertificateRequest($"CN={Name}{CanonicalTime.Text(now)}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        // Nothing checks how long it is valid: it is only a way to hold a key.
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(50));
        KeyFile.Create(folder, file, certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, null));
    }
}
