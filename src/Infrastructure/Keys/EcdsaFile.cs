using System.Security.Cryptography;
using System.Text;

namespace Lapse.Infrastructure.Keys;

/// <summary>An ECDSA key on P-256 in a PEM file (PKCS #8).</summary>
internal static class EcdsaFile
{
    private const string P256 = "1.2.840.10045.3.1.7";

    public static void Create(string folder, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        KeyFile.Create(folder, name, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    public static ECDsa Open(string folder, string name)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.ASCII.GetString(KeyFile.Read(folder, name)));
            var curve = key.ExportParameters(includePrivateParameters: true).Curve.Oid;
            if ((curve.Value ?? Oid.FromFriendlyName(curve.FriendlyName!, OidGroup.PublicKeyAlgorithm).Value) == P256) return key;
        }
        catch (Exception broken) when (broken is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new KeyFolderException($"{Path.Combine(folder, name)} holds no private key. Bring it back from your backup.");
        }
        key.Dispose();
        throw new KeyFolderException($"{Path.Combine(folder, name)} is not a key on the curve P-256.");
    }
}
