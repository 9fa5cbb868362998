using System.Security.Cryptography;
using Lapse.Domain.Ledger;
using Xunit;

namespace Lapse.Domain.Tests.Ledger;

public class InclusionProofsBuilderTests
{
    [Fact]
    public void Build_AnySize_GivesTheRootAndTheProofsOfOneAtATime()
    {
        for (var size = 1; size <= 40; size++)
        {
            var frontier = new MerkleFrontier();
            var builder = new InclusionProofsBuilder(Enumerable.Range(1, size).Select(sequence => (long)sequence));
            for (var sequence = 1; sequence <= size; sequence++)
            {
                frontier.Append(Hash(sequence));
                builder.Append(Hash(sequence));
            }
            var (root, proofs) = builder.Build();

            Assert.Equal(frontier.Root(), root);
            Assert.Equal(size, proofs.Count);
            foreach (var (sequence, proof) in proofs)
            {
                Assert.True(proof.Verify(Hash((int)sequence), root));
                var alone = new InclusionProofsBuilder([sequence]);
                for (var i = 1; i <= size; i++) alone.Append(Hash(i));
                Assert.Equal(alone.Build().Proofs[sequence].Path, proof.Path);
            }
        }
    }

    [Fact]
    public void Build_NothingAsked_GivesTheRootAlone()
    {
        Assert.Equal(MerkleTree.EmptyRoot, new InclusionProofsBuilder([]).Build().Root);
        var builder = new InclusionProofsBuilder([]);
        builder.Append(Hash(1));
        var (root, proofs) = builder.Build();
        Assert.Equal(MerkleTree.HashLeaf(Hash(1)), root);
        Assert.Empty(proofs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Build_EntryThatIsNotThere_Throws(long sequence)
    {
        var builder = new InclusionProofsBuilder([1, sequence]);
        builder.Append(Hash(1));
        builder.Append(Hash(2));
        Assert.Throws<InvalidOperationException>(() => builder.Build());
    }

    private static byte[] Hash(int sequence) => SHA256.HashData(BitConverter.GetBytes(sequence));
}
