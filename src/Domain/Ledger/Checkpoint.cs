using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Ledger;

/// <summary>
/// What the ledger was at a moment. Signed, and kept where the database's owner cannot change it, it shows later whether the
/// entries up to there are still the same.
/// </summary>
/// <param name="Installation">Whose ledger: the fingerprint of the installation's key (<see cref="InstallationSignature.Fingerprint"/>).</param>
/// <param name="Sequence">How many entries there were.</param>
/// <param name="HeadHash">The hash of the newest entry, which covers all before it.</param>
/// <param name="TreeRoot">The root of the Merkle tree over the hashes of the entries (<see cref="MerkleTree"/>), under which a single one can be shown.</param>
/// <param name="Time">When it was made, to the microsecond.</param>
/// <param name="ProviderKeys">The digest of the provider's pinned keys (<see cref="DigestOf"/>).</param>
public sealed record Checkpoint(string Installation, long Sequence, byte[] HeadHash, byte[] TreeRoot, DateTimeOffset Time, byte[] ProviderKeys)
{
    /// <summary>The version of the format.</summary>
    public const long Version = 1;

    private const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>The bytes that are signed: canonical JSON (RFC 8785).</summary>
    public byte[] Canonical() => CanonicalJson.Serialize(ToJson());

    /// <summary>The checkpoint as JSON; its canonical form is <see cref="Canonical"/>.</summary>
    public JsonObject ToJson() => new()
    {
        ["version"] = Version,
        ["installation"] = Installation,
        ["sequence"] = Sequence,
        ["headHash"] = Convert.ToHexStringLower(HeadHash),
        ["treeRoot"] = Convert.ToHexStringLower(TreeRoot),
        ["time"] = CanonicalTime.Text(Time),
        ["providerKeys"] = Convert.ToHexStringLower(ProviderKeys),
    };

    /// <summary>Reads what <see cref="ToJson"/> writes; <see langword="null"/> for anything that says more, less or otherwise.</summary>
    public static Checkpoint? Read(JsonNode? node)
    {
        if (node is not JsonObject json || Number(json, "version") != Version || Number(json, "sequence") is not (>= 0 and var sequence)) return null;
        if (Text(json, "time") is not { } written || CanonicalTime.Read(written) is not { } time) return null;
        if (Hash(json, "headHash") is not { } head || Hash(json, "treeRoot") is not { } root || Hash(json, "providerKeys") is not { } keys || Hash(json, "installation") is not { } installation) return null;
        var read = new Checkpoint(Convert.ToHexStringLower(installation), sequence, head, root, time, keys);
        return CanonicalJson.Serialize(json).AsSpan().SequenceEqual(read.Canonical()) ? read : null;
    }

    /// <summary>
    /// The digest of pinned keys: SHA-256 over the canonical JSON of a list that has an object with <c>issuer</c>, <c>kid</c> and
    /// <c>jwk</c> for each, sorted by issuer and kid.
    /// </summary>
    public static byte[] DigestOf(IEnumerable<(string Issuer, string KeyId, string Jwk)> keys) => CanonicalJson.Digest(new JsonArray(
        [.. keys.OrderBy(key => key.Issuer, StringComparer.Ordinal).ThenBy(key => key.KeyId, StringComparer.Ordinal)
            .Select(key => (JsonNode)new JsonObject { ["issuer"] = key.Issuer, ["kid"] = key.KeyId, ["jwk"] = key.Jwk })]));

    /// <inheritdoc/>
    public bool Equals(Checkpoint? other) => other is not null && Canonical().AsSpan().SequenceEqual(other.Canonical());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Installation, Sequence, Time);

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Number(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static byte[]? Hash(JsonObject json, string name) =>
        Text(json, name) is { Length: HashSize * 2 } text && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
}
