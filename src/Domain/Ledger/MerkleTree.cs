using System.Security.Cryptography;

namespace Lapse.Domain.Ledger;

/// <summary>
/// How the ledger's hashes become one (RFC 6962, section 2.1): leaves and inner nodes are hashed with different marks in front, so
/// that neither can be taken for the other. The leaf of an entry is made of its 32-byte hash, which covers everything that it says.
/// </summary>
public static class MerkleTree
{
    private const byte LeafMark = 0;
    private const byte NodeMark = 1;

    /// <summary>The root over no entries: SHA-256 of nothing.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>The hash of a leaf.</summary>
    /// <param name="entryHash">What the leaf stands for: an entry's hash.</param>
    public static byte[] HashLeaf(ReadOnlySpan<byte> entryHash) => SHA256.HashData([LeafMark, .. entryHash]);

    /// <summary>The hash of an inner node.</summary>
    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([NodeMark, .. left, .. right]);
}
