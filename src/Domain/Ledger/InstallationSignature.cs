using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Lapse.Domain.Ledger;

/// <summary>What exactly an installation signs, so that whoever has the public key alone can verify it. The format is in docs/ledger.md.</summary>
public static class InstallationSignature
{
    /// <summary>The bytes that are signed: a mark, the purpose with its length in front, so that no purpose and message can be read as another pair, and the message.</summary>
    /// <param name="purpose">The purpose, such as <c>lapse/checkpoint/v1</c>. No signature of one purpose is good for another.</param>
    /// <param name="message">What is signed.</param>
    public static byte[] Input(string purpose, ReadOnlySpan<byte> message)
    {
        var name = Encoding.UTF8.GetBytes(purpose);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, name.Length);
        return [.. "lapse/installation/v1"u8, .. length, .. name, .. message];
    }

    /// <summary>Whether the key signed the message for this purpose.</summary>
    /// <param name="key">The installation's public key.</param>
    /// <param name="purpose">The purpose.</param>
    /// <param name="message">What is signed.</param>
    /// <param name="signature">64 bytes, r and s (IEEE P1363); anything else is no signature.</param>
    public static bool Verify(ECDsa key, string purpose, ReadOnlySpan<byte> message, byte[]? signature) =>
        signature is { Length: 64 } && key.VerifyData(Input(purpose, message), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>By what an installation is known: SHA-256 of its public key (SubjectPublicKeyInfo, DER), lower hex.</summary>
    public static string Fingerprint(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
