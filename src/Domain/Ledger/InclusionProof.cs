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

/// <summary>Makes an <see cref="InclusionProof"/> from the hashes of all entries of a tree, read once from the first to the last; it keeps no more than the frontier.</summary>
/// <param name="sequence">The entry that the proof is about, from 1.</param>
public sealed class InclusionProofBuilder(long sequence)
{
    // A subtree that is complete so far: its root, how many entries it has, and whether ours is among them.
    private sealed record Subtree(byte[] Hash, long Size, bool HasOurs);

    private readonly List<Subtree> _subtrees = [];
    private readonly List<byte[]> _path = [];
    private long _count;

    /// <summary>Adds the entry that follows.</summary>
    public void Append(ReadOnlySpan<byte> entryHash)
    {
        var subtree = new Subtree(MerkleTree.HashLeaf(entryHash), 1, ++_count == sequence);
        while (_subtrees.Count > 0 && _subtrees[^1].Size == subtree.Size)
        {
            subtree = Join(_subtrees[^1], subtree);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }
        _subtrees.Add(subtree);
    }

    /// <summary>The proof over what was added. Call it once, at the end.</summary>
    /// <exception cref="InvalidOperationException">The entry was not among those that were added.</exception>
    public InclusionProof Build()
    {
        if (sequence < 1 || sequence > _count) throw new InvalidOperationException($"Entry {sequence} is not among the {_count} entries of the tree.");
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--) root = Join(_subtrees[i], root);
        return new(sequence, _count, _path);
    }

    private Subtree Join(Subtree left, Subtree right)
    {
        if (left.HasOurs) _path.Add(right.Hash);
        if (right.HasOurs) _path.Add(left.Hash);
        return new(MerkleTree.HashNode(left.Hash, right.Hash), left.Size + right.Size, left.HasOurs || right.HasOurs);
    }
}
