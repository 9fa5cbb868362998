using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// Encrypts the key ring's elements with the certificate that is in the folder now, and opens them with any that is there. The folder is
/// looked at each time, so that a replica that runs while the certificate is exchanged goes on.
/// </summary>
internal sealed class KeyRingEncryption(string folder) : IXmlEncryptor
{
    // As ASP.NET Core writes it around what is encrypted.
    private static readonly XName Secret = XName.Get("encryptedSecret", "http://schemas.asp.net/2015/03/dataProtection");

    /// <inheritdoc/>
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        using var certificate = KeyRingCertificate.Open(folder);
        return new CertificateXmlEncryptor(certificate, NullLoggerFactory.Instance).Encrypt(plaintextElement);
    }

    /// <summary>The element in the clear; what no certificate of the folder opens stays as it is.</summary>
    public XElement Open(XElement element) => With(KeyRingCertificate.OpenAll(folder), certificates =>
    {
        var opened = new XElement(element);
        foreach (var secret in opened.DescendantsAndSelf(Secret).ToList())
            if (Decrypt(secret, certificates) is { } clear) secret.ReplaceWith(clear);
        return opened;
    });

    /// <summary>The element under the certificate that is in the folder now; <see langword="null"/> if it is already.</summary>
    /// <exception cref="KeyFolderException">No certificate of the folder opens it.</exception>
    public XElement? Renew(XElement element) => With(KeyRingCertificate.OpenAll(folder), certificates =>
    {
        var renewed = new XElement(element);
        var old = renewed.DescendantsAndSelf(Secret).Where(secret => Decrypt(secret, certificates[..1]) is null).ToList();
        foreach (var secret in old)
        {
            var clear = Decrypt(secret, certificates)
                ?? throw new KeyFolderException($"An element of the key ring opens with no certificate in {folder}. Bring the missing one back from your backup, beside the others, as data-protection.old-NAME.pfx.");
            secret.ReplaceNodes(Encrypt(clear).EncryptedElement);
        }
        return old.Count > 0 ? renewed : null;
    });

    private static T With<T>(X509Certificate2[] certificates, Func<X509Certificate2[], T> use)
    {
        try
        {
            return use(certificates);
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    private static XElement? Decrypt(XElement secret, X509Certificate2[] certificates)
    {
        // The decryptor takes its certificates from services only.
        var services = new ServiceCollection();
        services.AddDataProtection().UnprotectKeysWithAnyCertificate(certificates);
        using var provider = services.BuildServiceProvider();
        try
        {
            return new EncryptedXmlDecryptor(provider).Decrypt(secret.Elements().Single());
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
