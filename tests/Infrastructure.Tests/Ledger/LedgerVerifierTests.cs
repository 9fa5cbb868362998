using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>Somebody who owns the database switches the triggers off and changes what is written; the verification says where.</summary>
public sealed class LedgerVerifierTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Verify_EmptyLedger_IsIntact()
    {
        var found = await VerifyAsync();

        Assert.Equal((LedgerFault.None, 0L, (long?)null), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Fact]
    public async Task Verify_Untouched_IsIntactAndGivesTheHeadToKeep()
    {
        var entries = await WriteAsync(5);

        var found = await VerifyAsync();

        Assert.True(found.IsIntact);
        Assert.Equal((5L, Hex(entries[^1].Hash)), (found.Entries, found.HeadHash));
        Assert.True((await VerifyAsync(new(5, entries[^1].Hash))).IsIntact);
        Assert.True((await VerifyAsync(new(2, entries[1].Hash))).IsIntact);
    }

    [Theory]
    [InlineData("time = time + interval '1 microsecond'")]
    [InlineData("actor = 'lapse '")]
    [InlineData("act = 'request.denied'")]
    [InlineData("subject = 'test:8'")]
    [InlineData("content = convert_to('{\"entry\":9}', 'UTF8')")]
    [InlineData("content = ''")]
    [InlineData("previous_hash = sha256('x')")]
    [InlineData("previous_hash = ''")]
    [InlineData("hash = sha256('x')")]
    public async Task Verify_OneRowChangedBehindThePortalsBack_NamesIt(string change)
    {
        await WriteAsync(5);
        await TamperAsync($"UPDATE ledger_entries SET {change} WHERE sequence = 3");

        var found = await VerifyAsync();

        Assert.Equal((LedgerFault.EntryChanged, 2L, (long?)3), (found.Fault, found.Entries, found.BrokenAt));
        Assert.Contains("Entry 3 was changed", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_RowChangedTogetherWithItsHash_NamesTheOneThatDoesNotFollow()
    {
        var entries = await WriteAsync(5);
        await ReplaceAsync(Forged(entries[1], entries[2]));

        var found = await VerifyAsync();

        Assert.Equal((LedgerFault.ChainBroken, 3L, (long?)4), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Verify_RowDeleted_NamesTheGap(long sequence)
    {
        await WriteAsync(5);
        await TamperAsync($"DELETE FROM ledger_entries WHERE sequence = {sequence}");

        var found = await VerifyAsync();

        Assert.Equal((LedgerFault.EntryMissing, sequence - 1, (long?)sequence), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Fact]
    public async Task Verify_RowInsertedAfterTheHead_IsFound()
    {
        var entries = await WriteAsync(3);
        await InsertAsync(LedgerEntry.After(3, entries[2].Hash, Now, LedgerActor.Lapse, LedgerActs.Alert, "test:1", CanonicalJson.Serialize(new JsonObject())));

        Assert.Equal(LedgerFault.HeadDiffers, (await VerifyAsync()).Fault);
    }

    [Fact]
    public async Task Verify_TailCut_IsFoundByTheHead()
    {
        await WriteAsync(5);
        await TamperAsync("DELETE FROM ledger_entries WHERE sequence > 3");

        var found = await VerifyAsync();

        Assert.Equal((LedgerFault.HeadDiffers, 3L, (long?)4), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Fact]
    public async Task Verify_TailCutAndHeadMovedBack_IsFoundByWhatWasNoted()
    {
        var entries = await WriteAsync(5);
        await TamperAsync("DELETE FROM ledger_entries WHERE sequence > 3");
        await SetHeadAsync(3, entries[2].Hash);
        Assert.True((await VerifyAsync()).IsIntact);

        var found = await VerifyAsync(new(5, entries[4].Hash));

        Assert.Equal((LedgerFault.TailCut, 3L, (long?)4), (found.Fault, found.Entries, found.BrokenAt));
    }

    [Fact]
    public async Task Verify_EverythingDeleted_IsFoundByWhatWasNoted()
    {
        var entries = await WriteAsync(2);
        await TamperAsync("DELETE FROM ledger_entries");
        await SetHeadAsync(0, LedgerEntry.Genesis);

        Assert.Equal(LedgerFault.TailCut, (await VerifyAsync(new(2, entries[1].Hash))).Fault);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(4, false)]
    public async Task Verify_HeadRewritten_IsFound(long sequence, bool otherHash)
    {
        var entries = await WriteAsync(5);
        await SetHeadAsync(sequence, otherHash ? entries[0].Hash : entries[4].Hash);

        Assert.Equal(LedgerFault.HeadDiffers, (await VerifyAsync()).Fault);
    }

    [Fact]
    public async Task Verify_WholeChainRewritten_IsFoundByWhatWasNoted()
    {
        var entries = await WriteAsync(4);
        var forged = Forged(entries[0], entries[1]);
        await ReplaceAsync(forged);
        var hash = forged.Hash;
        foreach (var entry in entries.Skip(2))
        {
            var next = LedgerEntry.After(entry.Sequence - 1, hash, entry.Time, entry.Actor, entry.Act, entry.Subject, entry.Content);
            await ReplaceAsync(next);
            hash = next.Hash;
        }
        await SetHeadAsync(4, hash);
        // In itself it is a chain like any other; only what left the database tells.
        Assert.True((await VerifyAsync()).IsIntact);

        var found = await VerifyAsync(new(3, entries[2].Hash));

        Assert.Equal((LedgerFault.ChainBroken, (long?)3), (found.Fault, found.BrokenAt));
        Assert.Contains("rewritten", found.Message, StringComparison.Ordinal);
        Assert.True((await VerifyAsync(new(1, entries[0].Hash))).IsIntact);
    }

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

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5:")]
    [InlineData("-5:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("5:000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("5:000000000000000000000000000000000000000000000000000000000000000g")]
    [InlineData("5:0000000000000000000000000000000000000000000000000000000000000000:1")]
    [InlineData("99999999999999999999:0000000000000000000000000000000000000000000000000000000000000000")]
    public void Expectation_ThatIsNone_IsNotRead(string text) => Assert.Null(LedgerExpectation.Parse(text));

    private Task<LedgerVerification> VerifyAsync(LedgerExpectation? expected = null) => new LedgerVerifier(Database).VerifyAsync(expected, Cancellation);

    private Task<LedgerVerification> CompareAsync(SignedCheckpoint first, params SignedCheckpoint[] more) => new LedgerVerifier(Database).VerifyAsync(null, Cancellation, new([first, .. more], TestInstallation.Key.Verify));

    private Task<LedgerVerification> VerifyKeptAsync() => new LedgerVerifier(Database).VerifyAsync(null, Cancellation, new([], TestInstallation.Key.Verify));

    private CheckpointMaker Maker => new(Database, TestInstallation.Key, TimeProvider.System);

    private async Task<SignedCheckpoint> CheckpointAsync() => Assert.IsType<MadeCheckpoint.Made>(await Maker.MakeAsync(Cancellation)).Checkpoint;

    private async Task<List<LedgerEntry>> ReadAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.LedgerEntries.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancellation);
    }

    // Another entry in one place, and every hash after it computed anew, as somebody does it who owns the database.
    private async Task RewriteAsync(int from)
    {
        var entries = await ReadAsync();
        var hash = entries[from - 2].Hash;
        foreach (var entry in entries.Skip(from - 1))
        {
            var next = LedgerEntry.After(entry.Sequence - 1, hash, entry.Time, entry.Actor, entry.Sequence == from ? LedgerActs.RequestDenied : entry.Act, entry.Subject, entry.Content);
            await ReplaceAsync(next);
            hash = next.Hash;
        }
        await SetHeadAsync(entries.Count, hash);
    }

    private async Task<List<LedgerEntry>> WriteAsync(int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            await using var db = Database.CreateDbContext();
            db.Record(Now.AddSeconds(i), LedgerActor.Lapse, LedgerActs.Alert, $"test:{i}", new JsonObject { ["entry"] = i });
            await db.CommitAsync(Cancellation);
        }
        await using var read = Database.CreateDbContext();
        return await read.LedgerEntries.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancellation);
    }

    private static LedgerEntry Forged(LedgerEntry before, LedgerEntry entry) =>
        LedgerEntry.After(before.Sequence, before.Hash, entry.Time, entry.Actor, LedgerActs.RequestDenied, entry.Subject, entry.Content);

    private Task<int> TamperAsync(string sql) => Database.ExecuteAsOwnerAsync($"ALTER TABLE ledger_entries DISABLE TRIGGER ALL; {sql}; ALTER TABLE ledger_entries ENABLE TRIGGER ALL", Cancellation);

    private async Task ReplaceAsync(LedgerEntry entry)
    {
        await TamperAsync($"DELETE FROM ledger_entries WHERE sequence = {entry.Sequence}");
        await InsertAsync(entry);
    }

    private async Task InsertAsync(LedgerEntry entry)
    {
        await using var db = Database.CreateOwnerContext();
        db.LedgerEntries.Add(entry);
        await db.SaveChangesAsync(Cancellation);
    }

    private async Task SetHeadAsync(long sequence, byte[] hash)
    {
        await using var command = Database.Owner.CreateCommand("UPDATE ledger_head SET sequence = $1, hash = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        command.Parameters.Add(new NpgsqlParameter { Value = hash });
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
