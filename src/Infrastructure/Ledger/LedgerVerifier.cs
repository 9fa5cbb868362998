using System.Security.Cryptography;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Ledger;

/// <summary>What is wrong with a ledger.</summary>
public enum LedgerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An entry does not have the hash that its content gives.</summary>
    EntryChanged,

    /// <summary>An entry does not follow the one before it.</summary>
    ChainBroken,

    /// <summary>A sequence number is missing.</summary>
    EntryMissing,

    /// <summary>The head says that there is more, or something else, than there is.</summary>
    HeadDiffers,

    /// <summary>What was expected from an earlier look is not there.</summary>
    TailCut,

    /// <summary>The chain is consistent, but not the one over which a checkpoint was signed.</summary>
    Rewritten,

    /// <summary>A checkpoint in the database was not signed by this installation.</summary>
    CheckpointForged,
}

/// <summary>What a verification found.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Entries">How many entries are intact from the first on.</param>
/// <param name="BrokenAt">The first sequence that is wrong; <see langword="null"/> when nothing is.</param>
/// <param name="HeadHash">The hash of the last intact entry, lower hex; keep it, and give it back with <c>--expect</c>.</param>
/// <param name="Message">In words.</param>
/// <param name="Checkpoints">How many checkpoints it was compared with and fits.</param>
public sealed record LedgerVerification(LedgerFault Fault, long Entries, long? BrokenAt, string HeadHash, string Message, long Checkpoints = 0)
{
    /// <summary>Whether everything is as it must be.</summary>
    public bool IsIntact => Fault == LedgerFault.None;
}

/// <summary>What somebody noted earlier: that the entry with this sequence had this hash.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Hash">The hash, 32 bytes.</param>
public sealed record LedgerExpectation(long Sequence, byte[] Hash)
{
    /// <summary>Reads <c>SEQUENCE:HASH</c>; <see langword="null"/> if it is not that.</summary>
    public static LedgerExpectation? Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 2 && long.TryParse(parts[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var sequence)
            && parts[1].Length == 64 && parts[1].All(char.IsAsciiHexDigit) ? new(sequence, Convert.FromHexString(parts[1])) : null;
    }
}

/// <summary>Signed checkpoints to compare the ledger with.</summary>
/// <param name="Given">Those from outside; their signatures were verified.</param>
/// <param name="IsOurs">Whether this installation signed one, so that those in the database are compared as well.</param>
public sealed record LedgerCheckpoints(IReadOnlyList<SignedCheckpoint> Given, Func<SignedCheckpoint, bool> IsOurs);

/// <summary>Recomputes the whole chain, entry by entry, compares it with checkpoints, and names the first that is wrong.</summary>
public sealed class LedgerVerifier(IDbContextFactory<PortalDbContext> contexts)
{
    /// <summary>Verifies everything that is committed at this moment.</summary>
    /// <param name="expected">What was noted earlier; <see langword="null"/> if nothing was.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <param name="checkpoints">Checkpoints to compare with; <see langword="null"/> for none, not even those in the database.</param>
    public async Task<LedgerVerification> VerifyAsync(LedgerExpectation? expected, CancellationToken cancellation, LedgerCheckpoints? checkpoints = null)
    {
        await using var keptDb = await contexts.CreateDbContextAsync(cancellation);
        // Begun before the other, so that each checkpoint in it is about entries that the other sees.
        await using var keptTransaction = await keptDb.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        await using var kept = Kept(keptDb, checkpoints).GetAsyncEnumerator(cancellation);
        var more = await kept.MoveNextAsync();

        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // One snapshot, so that head and entries belong together while others write.
        await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        var given = (checkpoints?.Given ?? []).Where(c => c.Checkpoint.Sequence > 0).ToLookup(c => c.Checkpoint.Sequence);
        var newest = given.Count == 0 ? 0 : given.Max(c => c.Key);
        var (sequence, hash, expectationMet, fitting, tree) = (0L, LedgerEntry.Genesis, expected is null || expected.Sequence == 0, 0L, new MerkleFrontier());

        LedgerVerification Broken(LedgerFault fault, long at, string message) => new(fault, sequence, at, Convert.ToHexStringLower(hash), message, fitting);

        await foreach (var entry in db.LedgerEntries.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Sequence != sequence + 1) return Broken(LedgerFault.EntryMissing, sequence + 1, $"Entry {sequence + 1} is missing.");
            if (!entry.IsIntact()) return Broken(LedgerFault.EntryChanged, entry.Sequence, $"Entry {entry.Sequence} was changed after it was written.");
            if (!CryptographicOperations.FixedTimeEquals(entry.PreviousHash, hash)) return Broken(LedgerFault.ChainBroken, entry.Sequence, $"Entry {entry.Sequence} does not follow entry {sequence}.");
            (sequence, hash) = (entry.Sequence, entry.Hash);
            if (checkpoints is not null) tree.Append(hash);
            if (expected?.Sequence == sequence)
            {
                if (!CryptographicOperations.FixedTimeEquals(expected.Hash, hash)) return Broken(LedgerFault.ChainBroken, sequence, $"Entry {sequence} is not the one that was noted earlier: the chain was rewritten.");
                expectationMet = true;
            }
            var here = given[sequence].ToList();
            for (; more && kept.Current.Sequence <= sequence; more = await kept.MoveNextAsync())
            {
                if (kept.Current.Checkpoint is not { } signed) return Broken(LedgerFault.CheckpointForged, sequence, $"A checkpoint of entry {sequence} in the database was not signed by this installation.");
                here.Add(signed);
            }
            if (here.Count == 0) continue;
            var root = tree.Root();
            if (here.FirstOrDefault(c => !Fits(c.Checkpoint, hash, root)) is { } other)
                return Broken(LedgerFault.Rewritten, sequence, $"Entry {sequence} is not the one over which the checkpoint of {TimeOf(other)} was signed: the chain was rewritten.");
            fitting += here.Count;
        }
        if (more) newest = Math.Max(newest, kept.Current.Sequence);
        if (newest > sequence) return Broken(LedgerFault.TailCut, sequence + 1, $"The ledger ends at entry {sequence}, but a checkpoint was signed over {newest}: the tail was cut.");
        if (!expectationMet) return Broken(LedgerFault.TailCut, sequence + 1, $"The ledger ends at entry {sequence}, but entry {expected!.Sequence} was noted earlier: the tail was cut.");
        if (head.Sequence != sequence || !CryptographicOperations.FixedTimeEquals(head.Hash, hash)) return Broken(LedgerFault.HeadDiffers, sequence + 1, $"The head says {head.Sequence} entries, but the chain ends at {sequence}.");
        var fit = fitting > 0 ? $" and fit {Domain.Words.Count(fitting, "checkpoint")}" : "";
        return new(LedgerFault.None, sequence, null, Convert.ToHexStringLower(hash), $"All {sequence} entries are intact{fit}. Head {sequence}:{Convert.ToHexStringLower(hash)}", fitting);
    }

    private static bool Fits(Checkpoint checkpoint, byte[] head, byte[] root) =>
        CryptographicOperations.FixedTimeEquals(checkpoint.HeadHash, head) && CryptographicOperations.FixedTimeEquals(checkpoint.TreeRoot, root);

    private static async IAsyncEnumerable<(long Sequence, SignedCheckpoint? Checkpoint)> Kept(PortalDbContext db, LedgerCheckpoints? checkpoints)
    {
        if (checkpoints is null) yield break;
        await foreach (var row in db.LedgerCheckpoints.AsNoTracking().Where(c => c.Sequence > 0).OrderBy(c => c.Sequence).ThenBy(c => c.Id).Select(c => new { c.Sequence, c.Text }).AsAsyncEnumerable())
            yield return (row.Sequence, SignedCheckpoint.Read(row.Text) is { } read && read.Checkpoint.Sequence == row.Sequence && checkpoints.IsOurs(read) ? read : null);
    }

    private static string TimeOf(SignedCheckpoint checkpoint) => $"{checkpoint.Checkpoint.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
}
