using System.Collections.Immutable;

namespace Lapse.Domain.Ledger;

/// <summary>
/// Makes the <see cref="InclusionProof"/> of several entries, and the root, in one reading of all hashes from the first to the last. It
/// keeps no more than the frontier and the proofs.
/// </summary>
/// <param name="sequences">The entries that the proofs are about, from 1.</param>
public sealed class InclusionProofsBuilder(IEnumerable<long> sequences)
{
    // A subtree that is complete so far: its root, how many entries it has, and which of ours are among them.
    private sealed record Subtree(byte[] Hash, long Size, ImmutableArray<long> Ours);

    private readonly List<Subtree> _subtrees = [];
    private readonly Dictionary<long, List<byte[]>> _paths = sequences.Distinct().ToDictionary(sequence => sequence, _ => new List<byte[]>());
    private long _count;

    /// <summary>Adds the entry that follows.</summary>
    /// <param name="entryHash">The entry's hash.</param>
    public void Append(ReadOnlySpan<byte> entryHash)
    {
        var subtree = new Subtree(MerkleTree.HashLeaf(entryHash), 1, _paths.ContainsKey(++_count) ? [_count] : []);
        while (_subtrees.Count > 0 && _subtrees[^1].Size == subtree.Size)
        {
            subtree = Join(_subtrees[^1], subtree);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }
        _subtrees.Add(subtree);
    }

    /// <summary>The root over what was added, and the proof of each entry by its sequence. Call it once, at the end.</summary>
    /// <exception cref="InvalidOperationException">An entry was not among those that were added.</exception>
    public (byte[] Root, IReadOnlyDictionary<long, InclusionProof> Proofs) Build()
    {
        if (_paths.Keys.Any(sequence => sequence < 1 || sequence > _count)) throw new InvalidOperationException($"Not all of these are among the {_count} entries of the tree.");
        if (_subtrees.Count == 0) return (MerkleTree.EmptyRoot, new Dictionary<long, InclusionProof>());
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--) root = Join(_subtrees[i], root);
        return (root.Hash, _paths.ToDictionary(path => path.Key, path => new InclusionProof(path.Key, _count, path.Value)));
    }

    private Subtree Join(Subtree left, Subtree right)
    {
        foreach (var ours in left.Ours) _paths[ours].Add(right.Hash);
        foreach (var ours in right.Ours) _paths[ours].Add(left.Hash);
        return new(MerkleTree.HashNode(left.Hash, right.Hash), left.Size + right.Size, left.Ours.AddRange(right.Ours));
    }
}
