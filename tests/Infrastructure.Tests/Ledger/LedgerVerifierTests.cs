using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>What was changed behind the portal's back: the verification says where, by the chain itself and by what was noted of it.</summary>
public sealed class LedgerVerifierTests(PostgresFixture postgres) : TamperedLedgerTest(postgres)
{
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
}
