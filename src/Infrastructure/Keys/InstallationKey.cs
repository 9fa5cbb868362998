using System.Security.Cryptography;
using Lapse.Domain.Ledger;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// The key of this installation, ECDSA on P-256, in the key folder and never in the database. It vouches for what Lapse itself
/// wrote there: pinned provider keys, the key ring, checkpoints, versions that an operator applied.
/// </summary>
public sealed class InstallationKey : IDisposable
{
    /// <summary>The private key's file.</summary>
    public const string FileName = "installation-key.pem";

    /// <summary>The public key's file, for those who verify.</summary>
    public const string PublicFileName = "installation-key.pub.pem";

    /// <summary>What an operator's signature over a version of the configuration is for.</summary>
    public const string ConfigurationDomain = "lapse/configuration/v1";

    private readonly ECDsa _key;
    private readonly Lock _lock = new();

    private InstallationKey(ECDsa key) => (_key, Fingerprint) = (key, InstallationSignature.Fingerprint(key));

    /// <summary>The public half, PEM (SubjectPublicKeyInfo).</summary>
    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>By what this installation is known outside (<see cref="InstallationSignature.Fingerprint"/>).</summary>
    public string Fingerprint { get; }

    /// <summary>Reads the key.</summary>
    /// <exception cref="KeyFolderException">There is none, or it is not a P-256 key.</exception>
    public static InstallationKey Open(string folder) => new(EcdsaFile.Open(folder, FileName));

    /// <summary>Makes the key if there is none, and its public half beside it.</summary>
    public static InstallationKey Create(string folder)
    {
        EcdsaFile.Create(folder, FileName);
        var key = Open(folder);
        KeyFile.Publish(folder, PublicFileName, key.PublicKeyPem);
        return key;
    }

    /// <summary>Signs bytes for one purpose; no signature of one purpose is good for another.</summary>
    /// <param name="domain">The purpose, such as <c>lapse/provider-key/v1</c>.</param>
    /// <param name="bytes">What is signed.</param>
    /// <returns>64 bytes, r and s (IEEE P1363).</returns>
    public byte[] Sign(string domain, byte[] bytes)
    {
        lock (_lock) return _key.SignData(InstallationSignature.Input(domain, bytes), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Whether the signature was made by this installation over exactly these bytes for this purpose.</summary>
    public bool Verify(string domain, byte[] bytes, byte[]? signature)
    {
        lock (_lock) return InstallationSignature.Verify(_key, domain, bytes, signature);
    }

    /// <summary>Signs a checkpoint.</summary>
    public SignedCheckpoint Sign(Checkpoint checkpoint) => SignedCheckpoint.Sign(checkpoint, Sign);

    /// <summary>Whether this installation signed the checkpoint, about its own ledger.</summary>
    public bool Verify(SignedCheckpoint checkpoint)
    {
        lock (_lock) return checkpoint.IsBy(_key);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
