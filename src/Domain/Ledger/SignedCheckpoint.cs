using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Ledger;

/// <summary>A checkpoint with the installation's signature. Written as one line of canonical JSON.</summary>
/// <param name="Checkpoint">What it says.</param>
/// <param name="Signature">ECDSA on P-256 with SHA-256 by the installation's key; 64 bytes, r and s.</param>
public sealed record SignedCheckpoint(Checkpoint Checkpoint, byte[] Signature)
{
    /// <summary>The purpose of the signature (<see cref="InstallationSignature.Input"/>).</summary>
    public const string Purpose = "lapse/checkpoint/v1";

    /// <summary>The longest text that is read as one; what is longer comes from somebody else.</summary>
    public const int LongestText = 4_000;

    /// <summary>Signs a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="sign">Signs bytes for a purpose with the installation's key.</param>
    public static SignedCheckpoint Sign(Checkpoint checkpoint, Func<string, byte[], byte[]> sign) => new(checkpoint, sign(Purpose, checkpoint.Canonical()));

    /// <summary>Whether the installation with this key signed it, and it is about that installation's ledger.</summary>
    public bool IsBy(ECDsa key) => Checkpoint.Installation == InstallationSignature.Fingerprint(key) && InstallationSignature.Verify(key, Purpose, Checkpoint.Canonical(), Signature);

    /// <summary>The text that leaves the database: <c>{"checkpoint":{…},"signature":"…"}</c>, without a line end.</summary>
    public string ToText() => CanonicalJson.ToText(new JsonObject { ["checkpoint"] = Checkpoint.ToJson(), ["signature"] = Convert.ToBase64String(Signature) });

    /// <summary>Reads the text, in canonical form or not; <see langword="null"/> if it is no checkpoint. Says nothing about the signature.</summary>
    public static SignedCheckpoint? Read(string text)
    {
        if (text.Length > LongestText) return null;
        try
        {
            if (CanonicalJson.Parse(text) is not JsonObject { Count: 2 } json || Checkpoint.Read(json["checkpoint"]) is not { } checkpoint) return null;
            var signature = json["signature"] is JsonValue value && value.TryGetValue<string>(out var written) ? Convert.FromBase64String(written) : null;
            return signature is { Length: 64 } ? new(checkpoint, signature) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public bool Equals(SignedCheckpoint? other) => other is not null && Checkpoint.Equals(other.Checkpoint) && Signature.AsSpan().SequenceEqual(other.Signature);

    /// <inheritdoc/>
    public override int GetHashCode() => Checkpoint.GetHashCode();
}
