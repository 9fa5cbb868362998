using System.Security.Cryptography;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// The key that signs bindings. Separate from <see cref="InstallationKey"/>, because its public half is given to the clusters,
/// where <c>lapse reap</c> knows nothing else.
/// </summary>
public sealed class BindingKey : IDisposable
{
    /// <summary>The private key's file.</summary>
    public const string FileName = "binding-key.pem";

    /// <summary>The public key's file, which <c>lapse reap</c> is given.</summary>
    public const string PublicFileName = "binding-key.pub.pem";

    private readonly ECDsa _key;
    private readonly Lock _lock = new();

    private BindingKey(ECDsa key) => _key = key;

    /// <summary>The public half, PEM (SubjectPublicKeyInfo).</summary>
    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Reads the key.</summary>
    /// <exception cref="KeyFolderException">There is none, or it is not a P-256 key.</exception>
    public static BindingKey Open(string folder) => new(EcdsaFile.Open(folder, FileName));

    /// <summary>Makes the key if there is none, and its public half beside it.</summary>
    public static BindingKey Create(string folder)
    {
        EcdsaFile.Create(folder, FileName);
        var key = Open(folder);
        KeyFile.Publish(folder, PublicFileName, key.PublicKeyPem);
        return key;
    }

    /// <summary>Signs a binding (<see cref="BindingSignature.Sign"/>).</summary>
    public string Sign(BindingSpec spec)
    {
        lock (_lock) return BindingSignature.Sign(spec, _key);
    }

    /// <summary>Whether this key signed the binding (<see cref="BindingSignature.Verify"/>).</summary>
    public bool Verify(BindingSpec spec, string? signature)
    {
        lock (_lock) return BindingSignature.Verify(spec, signature, _key);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
