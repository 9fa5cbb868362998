using System.Data;
using System.Security.Cryptography;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Ledger;

/// <summary>What came of making a checkpoint.</summary>
public abstract record MadeCheckpoint
{
    private MadeCheckpoint() { }

    /// <summary>The ledger as it is now has this checkpoint.</summary>
    /// <param name="Checkpoint">The newest checkpoint.</param>
    /// <param name="IsNew">Whether it was made just now; the same ledger is not signed again and again.</param>
    public sealed record Made(SignedCheckpoint Checkpoint, bool IsNew) : MadeCheckpoint;

    /// <summary>Entries are not what they were; nothing is signed over them.</summary>
    /// <param name="Words">What is wrong, in words.</param>
    public sealed record Broken(string Words) : MadeCheckpoint;
}

/// <summary>
/// Makes checkpoints. Each goes on from the tree of the one before, so it costs what the entries since then cost; those are verified
/// before anything is signed over them.
/// </summary>
public sealed class CheckpointMaker(IDbContextFactory<PortalDbContext> contexts, InstallationKey key, TimeProvider clock)
{
    /// <summary>Makes the checkpoint of the ledger as it is now, if there is none yet.</summary>
    public async Task<MadeCheckpoint> MakeAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // One snapshot, so that head, entries and keys belong together while others write.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        var keys = Checkpoint.DigestOf((await db.ProviderKeys.AsNoTracking().ToListAsync(cancellation)).Select(k => (k.Issuer, k.KeyId, k.Jwk)));
        var (last, frontier) = await LastAsync(db, cancellation);
        if (last is not null && last.Checkpoint.Sequence == head.Sequence && Equal(last.Checkpoint.HeadHash, head.Hash) && Equal(last.Checkpoint.ProviderKeys, keys)) return new MadeCheckpoint.Made(last, IsNew: false);

        var (sequence, hash) = (frontier.Count, last is { Checkpoint.Sequence: > 0 } ? last.Checkpoint.HeadHash : LedgerEntry.Genesis);
        if (sequence > 0 && await HashAtAsync(db, sequence, cancellation) is var kept && (kept is null || !Equal(kept, hash)))
            return new MadeCheckpoint.Broken($"Entry {sequence} of the ledger is not the one over which a checkpoint was signed.");
        await foreach (var entry in db.LedgerEntries.AsNoTracking().Where(e => e.Sequence > sequence).OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Sequence != sequence + 1) return new MadeCheckpoint.Broken($"Entry {sequence + 1} of the ledger is missing.");
            if (!entry.IsIntact()) return new MadeCheckpoint.Broken($"Entry {entry.Sequence} of the ledger was changed after it was written.");
            if (!Equal(entry.PreviousHash, hash)) return new MadeCheckpoint.Broken($"Entry {entry.Sequence} of the ledger does not follow entry {sequence}.");
            (sequence, hash) = (entry.Sequence, entry.Hash);
            frontier.Append(entry.Hash);
        }
        if (head.Sequence != sequence || !Equal(head.Hash, hash)) return new MadeCheckpoint.Broken($"The ledger's head says {head.Sequence} entries, but the chain ends at {sequence}.");

        var checkpoint = key.Sign(new Checkpoint(key.Fingerprint, sequence, hash, frontier.Root(), CanonicalTime.Cut(clock.GetUtcNow()), keys));
        db.LedgerCheckpoints.Add(new() { Sequence = sequence, MadeAt = checkpoint.Checkpoint.Time, Text = checkpoint.ToText(), Peaks = frontier.ToBytes() });
        await db.CommitAsync(cancellation);
        return new MadeCheckpoint.Made(checkpoint, IsNew: true);
    }

    internal static async Task<byte[]?> HashAtAsync(PortalDbContext db, long sequence, CancellationToken cancellation) =>
        await db.LedgerEntries.AsNoTracking().Where(e => e.Sequence == sequence).Select(e => e.Hash).SingleOrDefaultAsync(cancellation);

    // Rows that this installation did not sign, or whose tree is not the signed one, are passed over: then it begins with the first entry.
    private async Task<(SignedCheckpoint? Last, MerkleFrontier Frontier)> LastAsync(PortalDbContext db, CancellationToken cancellation)
    {
        var row = await db.LedgerCheckpoints.AsNoTracking().OrderByDescending(c => c.Id).FirstOrDefaultAsync(cancellation);
        if (row is null || SignedCheckpoint.Read(row.Text) is not { } last || !key.Verify(last)) return (null, new());
        try
        {
            var frontier = MerkleFrontier.From(last.Checkpoint.Sequence, row.Peaks);
            return Equal(frontier.Root(), last.Checkpoint.TreeRoot) ? (last, frontier) : (null, new());
        }
        catch (FormatException)
        {
            return (null, new());
        }
    }

    private static bool Equal(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);
}
