using System.Security.Cryptography;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Reads the keys that bindings are signed with from PEM files.</summary>
public static class BindingKeyFiles
{
    /// <summary>The private key of the portal, which must live outside the database.</summary>
    /// <exception cref="CryptographicException">The file holds no private key.</exception>
    public static ECDsa ReadPrivate(string file)
    {
        var key = Read(file);
        try
        {
            key.ExportParameters(includePrivateParameters: true);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The public keys of the reaper: one file, or every <c>*.pem</c> of a folder, as a ConfigMap is mounted.</summary>
    /// <exception cref="InvalidOperationException">There is none: with no key at all, every binding would be deleted.</exception>
    public static IReadOnlyList<ECDsa> ReadPublic(string fileOrFolder)
    {
        string[] files = Directory.Exists(fileOrFolder) ? Directory.GetFiles(fileOrFolder, "*.pem") : [fileOrFolder];
        if (files.Length == 0) throw new InvalidOperationException($"There is no public key (*.pem) in {fileOrFolder}.");
        return [.. files.Order(StringComparer.Ordinal).Select(Read)];
    }

    private static ECDsa Read(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            return key;
        }
        catch (ArgumentException exception)
        {
            key.Dispose();
            throw new CryptographicException($"{file} holds no EC key in PEM form.", exception);
        }
    }
}
