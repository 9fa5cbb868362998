using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Lapse.Sandbox.IdentityProvider.Keys;

/// <summary>The RSA key that signs tokens. It is kept, so that tokens outlive a restart and relying parties may pin it.</summary>
public static class SigningKey
{
    private const int Bits = 2048;

    /// <summary>Reads the key of a data folder, or makes it.</summary>
    /// <param name="folder">The data folder; it exists.</param>
    public static RsaSecurityKey Load(string folder)
    {
        var path = Path.Combine(folder, "signing-key.pem");
        var rsa = RSA.Create(Bits);
        if (File.Exists(path))
            rsa.ImportFromPem(File.ReadAllText(path));
        else
            PrivateFile.Write(path, rsa.ExportPkcs8PrivateKeyPem());

        // RFC 7638: the same key has the same name after every restart.
        var key = new RsaSecurityKey(rsa);
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return key;
    }
}
