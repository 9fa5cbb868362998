using System.Security.Cryptography;
using CsCheck;
using Lapse.Domain.Ledger;
using Xunit;

namespace Lapse.Domain.Tests.Ledger;

/// <summary>The tree against RFC 6962 as it is written there, for any number of entries.</summary>
public class MerkleTreeTests
{
    // Sizes around powers of two are where the tree changes its shape.
    private static readonly Gen<int> Sizes = Gen.Frequency((3, Gen.Int[1, 70]), (1, Gen.Int[120, 300]));
    private static readonly Gen<(int Size, int Sequence)> Places = Sizes.SelectMany(size => Gen.Int[1, size].Select(sequence => (size, sequence)));

    [Fact]
    public void Root_OfTheWellKnownLeaves_IsWhatOthersComputeToo()
    {
        // The leaves and roots by which the implementations of Certificate Transparency are tested.
        string[] leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        string[] roots =
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        var frontier = new MerkleFrontier();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(frontier.Root()));
        for (var i = 0; i < leaves.Length; i++)
        {
            frontier.Append(Convert.FromHexString(leaves[i]));
            Assert.Equal(roots[i], Convert.ToHexStringLower(frontier.Root()));
        }
    }

    [Fact]
    public void Root_AnyNumberOfEntries_IsTheOneOfTheDefinition() =>
        Sizes.Sample(size => Frontier(size).Root().AsSpan().SequenceEqual(Definition(Entries(size))), iter: 200);

    [Fact]
    public void From_AFrontierThatWasKept_GoesOnAsIfNothingHadBeen() =>
        Places.Sample(place =>
        {
            var before = Frontier(place.Sequence);
            var kept = MerkleFrontier.From(before.Count, before.ToBytes());
            foreach (var entry in Entries(place.Size).Skip(place.Sequence)) kept.Append(entry);
            return kept.Count == place.Size && kept.Root().AsSpan().SequenceEqual(Frontier(place.Size).Root());
        }, iter: 200);

    [Fact]
    public void From_PeaksOfAnotherNumberOfEntries_IsRefused()
    {
        var peaks = Frontier(6).ToBytes();

        Assert.Equal(6, MerkleFrontier.From(6, peaks).Count);
        foreach (var (count, bytes) in (IEnumerable<(long, byte[])>)[(7, peaks), (4, peaks), (-1, peaks), (6, peaks[..^1]), (6, []), (0, peaks)])
            Assert.Throws<FormatException>(() => MerkleFrontier.From(count, bytes));
    }

    [Fact]
    public void InclusionProof_OfAnyEntry_VerifiesAndIsShort() =>
        Places.Sample(place =>
        {
            var proof = Proof(place.Sequence, place.Size);
            return proof.Verify(Entry(place.Sequence), Frontier(place.Size).Root())
                && proof.Path.Count <= Math.Ceiling(Math.Log2(place.Size)) && proof.Path.Zip(DefinitionPath(place.Sequence - 1, Entries(place.Size))).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        }, iter: 200);

    [Fact]
    public void InclusionProof_AnythingElse_DoesNotVerify() =>
        Gen.Select(Places, Gen.Int[0, int.MaxValue]).Sample((place, chance) =>
        {
            var (size, sequence) = place;
            var (proof, root, entry) = (Proof(sequence, size), Frontier(size).Root(), Entry(sequence));
            Assert.False(proof.Verify(Entry(sequence + 1), root), "another entry");
            Assert.False(proof.Verify(MerkleTree.HashLeaf(entry), root), "a node for a leaf");
            Assert.False(proof.Verify(entry, Frontier(size + 1).Root()), "the root of a longer ledger");
            Assert.False((proof with { Sequence = 0 }).Verify(entry, root), "no place");
            Assert.False((proof with { Sequence = size + 1 }).Verify(entry, root), "a place behind the end");
            Assert.False((proof with { Path = [.. proof.Path, entry] }).Verify(entry, root), "a longer path");
            Assert.False((proof with { Path = [.. proof.Path, []] }).Verify(entry, root), "an empty hash");
            if (size > 1)
            {
                var at = chance % proof.Path.Count;
                Assert.False((proof with { Path = [.. proof.Path.Take(at), .. proof.Path.Skip(at + 1)] }).Verify(entry, root), "a shorter path");
                Assert.False((proof with { Path = [.. proof.Path.Select((hash, i) => i == at ? Flip(hash, chance) : hash)] }).Verify(entry, root), "another neighbour");
                Assert.False((proof with { Sequence = sequence == size ? sequence - 1 : sequence + 1 }).Verify(entry, root), "another place");
            }
        }, iter: 200);

    [Fact]
    public void Build_AnEntryThatIsNotThere_Throws()
    {
        Assert.Throws<InvalidOperationException>(() => Proof(0, 3));
        Assert.Throws<InvalidOperationException>(() => Proof(4, 3));
    }

    [Fact]
    public void Frontier_OfAMillionEntries_IsTwentyHashesAtMost()
    {
        var frontier = MerkleFrontier.From(1_048_575, new byte[20 * 32]);
        Assert.Equal(20 * 32, frontier.ToBytes().Length);
        frontier.Append(Entry(1));
        Assert.Equal((1_048_576L, 32), (frontier.Count, frontier.ToBytes().Length));
    }

    private static byte[] Entry(int sequence) => SHA256.HashData(BitConverter.GetBytes(sequence));

    private static byte[][] Entries(int size) => [.. Enumerable.Range(1, size).Select(Entry)];

    private static MerkleFrontier Frontier(int size)
    {
        var frontier = new MerkleFrontier();
        foreach (var entry in Entries(size)) frontier.Append(entry);
        return frontier;
    }

    private static InclusionProof Proof(int sequence, int size)
    {
        var builder = new InclusionProofsBuilder([sequence]);
        foreach (var entry in Entries(size)) builder.Append(entry);
        return builder.Build().Proofs[sequence];
    }

    // RFC 6962, section 2.1, word for word: the left side has the largest power of two that is smaller than all.
    private static byte[] Definition(byte[][] entries)
    {
        if (entries.Length == 1) return SHA256.HashData([0, .. entries[0]]);
        var left = LargestPowerBelow(entries.Length);
        return SHA256.HashData([1, .. Definition(entries[..left]), .. Definition(entries[left..])]);
    }

    private static byte[][] DefinitionPath(int index, byte[][] entries)
    {
        if (entries.Length == 1) return [];
        var left = LargestPowerBelow(entries.Length);
        return index < left
            ? [.. DefinitionPath(index, entries[..left]), Definition(entries[left..])]
            : [.. DefinitionPath(index - left, entries[left..]), Definition(entries[..left])];
    }

    private static int LargestPowerBelow(int size)
    {
        var power = 1;
        while (power * 2 < size) power *= 2;
        return power;
    }

    private static byte[] Flip(byte[] hash, int chance)
    {
        var copy = hash.ToArray();
        copy[chance % copy.Length] ^= (byte)(1 << (chance % 8));
        return copy;
    }
}
