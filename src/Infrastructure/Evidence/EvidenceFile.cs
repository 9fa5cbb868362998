using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Evidence;

/// <summary>
/// A bundle of evidence as it is handed out: what it says, the installation's public key, and its signature. The format is in
/// docs/evidence.md.
/// </summary>
/// <param name="Bundle">What it says.</param>
/// <param name="PublicKey">The installation's public key as the file has it, PEM; whose it is, the file alone does not show.</param>
/// <param name="Signature">Over the canonical form of <paramref name="Bundle"/>; 64 bytes, r and s.</param>
public sealed record EvidenceFile(JsonObject Bundle, string PublicKey, byte[] Signature)
{
    /// <summary>The name of the format, and the purpose of the signature (<see cref="InstallationSignature.Input"/>).</summary>
    public const string Format = "lapse/evidence/v1";

    /// <summary>The longest file that is read.</summary>
    public const int LongestText = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file's text: JSON, written for people to read. What is signed is the canonical form.</summary>
    public string ToText() => new JsonObject
    {
        ["format"] = Format,
        ["bundle"] = Bundle.DeepClone(),
        ["publicKey"] = PublicKey,
        ["signature"] = Convert.ToBase64String(Signature),
    }.ToJsonString(Readable) + "\n";

    /// <summary>Reads the text.</summary>
    /// <exception cref="FormatException">It is no bundle of this format.</exception>
    public static EvidenceFile Read(string text)
    {
        if (text.Length > LongestText) throw new FormatException("The file is longer than a bundle can be.");
        if (CanonicalJson.Parse(text) is not JsonObject { Count: 4 } file || file["format"]?.GetValue<string>() != Format) throw new FormatException($"The file is not of the format {Format}.");
        if (file["bundle"] is not JsonObject bundle || file["publicKey"] is not JsonValue key || file["signature"] is not JsonValue signature) throw new FormatException("The file has no bundle, key or signature.");
        file.Remove("bundle");
        return new(bundle, key.GetValue<string>(), Convert.FromBase64String(signature.GetValue<string>()));
    }

    /// <summary>The file's own key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public ECDsa OpenKey()
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(PublicKey);
            return key;
        }
        catch (Exception broken) when (broken is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new FormatException("The file's public key cannot be read.", broken);
        }
    }
}
