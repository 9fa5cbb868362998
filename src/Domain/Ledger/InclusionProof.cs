using System.Security.Cryptography;

namespace Lapse.Domain.Ledger;

/// <summary>
/// Shows that one entry is under a checkpoint without showing any other: the hashes beside the way from its leaf up to the root
/// (RFC 6962, section 2.1.1), about log n of them.
/// </summary>
/// <param name="Sequence">The entry's sequence, from 1.</param>
/// <param name="TreeSize">How many entries the tree covers: the checkpoint's sequence.</param>
/// <param name="Path">The hashes, from the leaf's neighbour up.</param>
public sealed record InclusionProof(long Sequence, long TreeSize, IReadOnlyList<byte[]> Path)
{
    /// <summary>Whether the entry is under the root in this place.</summary>
    /// <param name="entryHash">The entry's hash.</param>
    /// <param name="root">The checkpoint's <see cref="Checkpoint.TreeRoot"/>.</param>
    public bool Verify(ReadOnlySpan<byte> entryHash, ReadOnlySpan<byte> root)
    {
        if (Sequence < 1 || Sequence > TreeSize) return false;
        // RFC 9162, section 2.1.3.2: the bits of the place say on which side each neighbour stands.
        var (place, last) = (Sequence - 1, TreeSize - 1);
        var hash = MerkleTree.HashLeaf(entryHash);
        foreach (var neighbour in Path)
        {
            if (last == 0 || neighbour is not { Length: SHA256.HashSizeInBytes }) return false;
            if ((place & 1) == 1 || place == last)
            {
                hash = MerkleTree.HashNode(neighbour, hash);
                // On the ragged right edge there are levels on which it has no neighbour.
                while ((place & 1) == 0 && place != 0) (place, last) = (place >> 1, last >> 1);
            }
            else
            {
                hash = MerkleTree.HashNode(hash, neighbour);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        return last == 0 && CryptographicOperations.FixedTimeEquals(hash, root);
    }
}
