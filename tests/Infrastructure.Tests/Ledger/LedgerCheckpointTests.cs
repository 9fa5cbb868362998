using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>Checkpoints find what the chain alone does not show, and none is signed over entries that are not what they were.</summary>
public sealed class LedgerCheckpointTests(PostgresFixture postgres) : TamperedLedgerTest(postgres)
{
    [Fact]
    public async Task Verify_UntouchedWithCheckpoints_FitsThem()
    {
        await WriteAsync(3);
        var first = await CheckpointAsync();
        await WriteAsync(4);
        var second = await CheckpointAsync();

        var found = await CompareAsync(first, second);

        Assert.Equal((LedgerFault.None, 7L, 4L), (found.Fault, found.Entries, found.Checkpoints));
        // What Lapse gives out is what a whole tree gives.
        var tree = new MerkleFrontier();
        foreach (var entry in await ReadAsync()) tree.Append(entry.Hash);
        Assert.Equal((7L, Hex(tree.Root())), (second.Checkpoint.Sequence, Hex(second.Checkpoint.TreeRoot)));
    }

    [Fact]
    public async Task Verify_WholeChainRewritten_IsFoundByACheckpointFromOutside()
    {
        await WriteAsync(4);
        var outside = await CheckpointAsync();
        await RewriteAsync(2);
        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_checkpoints DISABLE TRIGGER ALL; DELETE FROM ledger_checkpoints", Cancellation);
        Assert.True((await VerifyKeptAsync()).IsIntact);

        var found = await CompareAsync(outside);

        Assert.Equal((LedgerFault.Rewritten, 4L, (long?)4), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Fact]
    public async Task Verify_WholeChainRewritten_IsFoundByTheCheckpointsThatAreKept()
    {
        await WriteAsync(4);
        await CheckpointAsync();
        await RewriteAsync(2);

        Assert.Equal(LedgerFault.Rewritten, (await VerifyKeptAsync()).Fault);
    }

    [Fact]
    public async Task Verify_TailCutAndHeadMovedBack_IsFoundByACheckpoint()
    {
        var entries = await WriteAsync(5);
        var outside = await CheckpointAsync();
        await TamperAsync("DELETE FROM ledger_entries WHERE sequence > 3");
        await SetHeadAsync(3, entries[2].Hash);

        Assert.Equal((LedgerFault.TailCut, (long?)4), ((await VerifyKeptAsync()).Fault, (await VerifyKeptAsync()).BrokenAt));
        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_checkpoints DISABLE TRIGGER ALL; DELETE FROM ledger_checkpoints", Cancellation);
        Assert.True((await VerifyKeptAsync()).IsIntact);
        Assert.Equal((LedgerFault.TailCut, (long?)4), ((await CompareAsync(outside)).Fault, (await CompareAsync(outside)).BrokenAt));
    }

    [Fact]
    public async Task Verify_CheckpointWrittenIntoTheDatabase_IsFound()
    {
        await WriteAsync(2);
        await CheckpointAsync();
        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_checkpoints DISABLE TRIGGER ALL; UPDATE ledger_checkpoints SET text = replace(text, '\"sequence\":2', '\"sequence\":1'), sequence = 1", Cancellation);

        Assert.Equal((LedgerFault.CheckpointForged, (long?)1), ((await VerifyKeptAsync()).Fault, (await VerifyKeptAsync()).BrokenAt));
    }

    [Theory]
    [InlineData("UPDATE ledger_entries SET act = 'request.denied' WHERE sequence = 5", "Entry 5 of the ledger was changed after it was written.")]
    [InlineData("DELETE FROM ledger_entries WHERE sequence = 5", "Entry 5 of the ledger is missing.")]
    [InlineData("DELETE FROM ledger_entries WHERE sequence = 6", "The ledger's head says 6 entries, but the chain ends at 5.")]
    [InlineData("DELETE FROM ledger_entries WHERE sequence = 3", "Entry 3 of the ledger is not the one over which a checkpoint was signed.")]
    public async Task Make_EntriesThatAreNotWhatTheyWere_SignsNothing(string change, string words)
    {
        await WriteAsync(3);
        await CheckpointAsync();
        await WriteAsync(3);
        await TamperAsync(change);

        Assert.Equal(words, Assert.IsType<MadeCheckpoint.Broken>(await Maker.MakeAsync(Cancellation)).Words);
        await using var db = Database.CreateDbContext();
        Assert.Equal(1, await db.LedgerCheckpoints.CountAsync(Cancellation));
    }

    [Theory]
    [InlineData("peaks = decode(repeat('00', 32), 'hex')")]
    [InlineData("peaks = ''")]
    [InlineData("text = 'nonsense'")]
    public async Task Make_KeptTreeChangedBehindThePortalsBack_IsComputedAnew(string change)
    {
        await WriteAsync(4);
        await CheckpointAsync();
        await Database.ExecuteAsOwnerAsync($"ALTER TABLE ledger_checkpoints DISABLE TRIGGER ALL; UPDATE ledger_checkpoints SET {change}", Cancellation);
        await WriteAsync(1);

        var made = await CheckpointAsync();

        var tree = new MerkleFrontier();
        foreach (var entry in await ReadAsync()) tree.Append(entry.Hash);
        Assert.Equal(Hex(tree.Root()), Hex(made.Checkpoint.TreeRoot));
    }

    [Fact]
    public async Task Make_NothingNew_SignsNothingTwice()
    {
        await WriteAsync(2);
        var first = Assert.IsType<MadeCheckpoint.Made>(await Maker.MakeAsync(Cancellation));
        var second = Assert.IsType<MadeCheckpoint.Made>(await Maker.MakeAsync(Cancellation));
        Assert.Equal((true, false, first.Checkpoint), (first.IsNew, second.IsNew, second.Checkpoint));

        // The provider's keys are in it, so a new one is a new checkpoint.
        await using (var db = Database.CreateDbContext())
        {
            db.ProviderKeys.Add(TestInstallation.Provider.Pin(TestInstallation.Key, Now));
            await db.CommitAsync(Cancellation);
        }
        var third = Assert.IsType<MadeCheckpoint.Made>(await Maker.MakeAsync(Cancellation));
        Assert.Equal((true, 2L), (third.IsNew, third.Checkpoint.Checkpoint.Sequence));
        Assert.NotEqual(Hex(first.Checkpoint.Checkpoint.ProviderKeys), Hex(third.Checkpoint.Checkpoint.ProviderKeys));
    }
}
