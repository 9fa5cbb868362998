using System.Numerics;
using System.Security.Cryptography;

namespace Lapse.Domain.Ledger;

/// <summary>
/// The right edge of the tree over the entries so far: the root of each complete subtree, from the largest to the smallest. It is all
/// that is needed to go on, so a checkpoint costs what the entries since the last one cost, however long the ledger is.
/// </summary>
public sealed class MerkleFrontier
{
    private readonly List<byte[]> _peaks = [];

    /// <summary>How many entries are under it.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the entry that follows.</summary>
    /// <param name="entryHash">The entry's hash.</param>
    public void Append(ReadOnlySpan<byte> entryHash)
    {
        var peak = MerkleTree.HashLeaf(entryHash);
        // As in a binary counter: each carry makes one subtree out of two that are equally large.
        for (var carried = Count++; (carried & 1) == 1; carried >>= 1)
        {
            peak = MerkleTree.HashNode(_peaks[^1], peak);
            _peaks.RemoveAt(_peaks.Count - 1);
        }
        _peaks.Add(peak);
    }

    /// <summary>The root over all entries so far.</summary>
    public byte[] Root()
    {
        if (_peaks.Count == 0) return MerkleTree.EmptyRoot;
        var root = _peaks[^1];
        for (var i = _peaks.Count - 2; i >= 0; i--) root = MerkleTree.HashNode(_peaks[i], root);
        return root;
    }

    /// <summary>The peaks one after the other, 32 bytes each, to be kept with <see cref="Count"/>.</summary>
    public byte[] ToBytes() => [.. _peaks.SelectMany(peak => peak)];

    /// <summary>Goes on from what was kept.</summary>
    /// <param name="count">How many entries were under it.</param>
    /// <param name="peaks">What <see cref="ToBytes"/> gave.</param>
    /// <exception cref="FormatException">These are not the peaks of so many entries.</exception>
    public static MerkleFrontier From(long count, ReadOnlySpan<byte> peaks)
    {
        const int Size = SHA256.HashSizeInBytes;
        if (count < 0 || peaks.Length != BitOperations.PopCount((ulong)count) * Size) throw new FormatException($"These are not the peaks of a tree over {count} entries.");
        var frontier = new MerkleFrontier { Count = count };
        for (var i = 0; i < peaks.Length; i += Size) frontier._peaks.Add(peaks.Slice(i, Size).ToArray());
        return frontier;
    }
}
