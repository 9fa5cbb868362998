using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>The ground of tests of the ledger: somebody who owns the database switches the triggers off and changes what is written.</summary>
public abstract class TamperedLedgerTest(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private protected static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private protected Task<LedgerVerification> VerifyAsync(LedgerExpectation? expected = null) => new LedgerVerifier(Database).VerifyAsync(expected, Cancellation);

    private protected Task<LedgerVerification> CompareAsync(SignedCheckpoint first, params SignedCheckpoint[] more) => new LedgerVerifier(Database).VerifyAsync(null, Cancellation, new([first, .. more], TestInstallation.Key.Verify));

    private protected Task<LedgerVerification> VerifyKeptAsync() => new LedgerVerifier(Database).VerifyAsync(null, Cancellation, new([], TestInstallation.Key.Verify));

    private protected CheckpointMaker Maker => new(Database, TestInstallation.Key, TimeProvider.System);

    private protected async Task<SignedCheckpoint> CheckpointAsync() => Assert.IsType<MadeCheckpoint.Made>(await Maker.MakeAsync(Cancellation)).Checkpoint;

    private protected async Task<List<LedgerEntry>> ReadAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.LedgerEntries.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancellation);
    }

    // Another entry in one place, and every hash after it computed anew, as somebody does it who owns the database.
    private protected async Task RewriteAsync(int from)
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

    private protected async Task<List<LedgerEntry>> WriteAsync(int entries)
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

    private protected static LedgerEntry Forged(LedgerEntry before, LedgerEntry entry) =>
        LedgerEntry.After(before.Sequence, before.Hash, entry.Time, entry.Actor, LedgerActs.RequestDenied, entry.Subject, entry.Content);

    private protected Task<int> TamperAsync(string sql) => Database.ExecuteAsOwnerAsync($"ALTER TABLE ledger_entries DISABLE TRIGGER ALL; {sql}; ALTER TABLE ledger_entries ENABLE TRIGGER ALL", Cancellation);

    private protected async Task ReplaceAsync(LedgerEntry entry)
    {
        await TamperAsync($"DELETE FROM ledger_entries WHERE sequence = {entry.Sequence}");
        await InsertAsync(entry);
    }

    private protected async Task InsertAsync(LedgerEntry entry)
    {
        await using var db = Database.CreateOwnerContext();
        db.LedgerEntries.Add(entry);
        await db.SaveChangesAsync(Cancellation);
    }

    private protected async Task SetHeadAsync(long sequence, byte[] hash)
    {
        await using var command = Database.Owner.CreateCommand("UPDATE ledger_head SET sequence = $1, hash = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        command.Parameters.Add(new NpgsqlParameter { Value = hash });
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private protected static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
