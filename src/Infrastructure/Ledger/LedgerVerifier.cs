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
}

/// <summary>What a verification found.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Entries">How many entries are intact from the first on.</param>
/// <param name="BrokenAt">The first sequence that is wrong; <see langword="null"/> when nothing is.</param>
/// <param name="HeadHash">The hash of the last intact entry, lower hex; keep it, and give it back with <c>--expect</c>.</param>
/// <param name="Message">In words.</param>
public sealed record LedgerVerification(LedgerFault Fault, long Entries, long? BrokenAt, string HeadHash, string Message)
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

/// <summary>Recomputes the whole chain, entry by entry, and names the first that is wrong.</summary>
public sealed class LedgerVerifier(IDbContextFactory<PortalDbContext> contexts)
{
    /// <summary>Verifies everything that is committed at this moment.</summary>
    /// <param name="expected">What was noted earlier; <see langword="null"/> if nothing was.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public async Task<LedgerVerification> VerifyAsync(LedgerExpectation? expected, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // One snapshot, so that head and entries belong together while others write.
        await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        var (sequence, hash, expectationMet) = (0L, LedgerEntry.Genesis, expected is null || expected.Sequence == 0);

        LedgerVerification Broken(LedgerFault fault, long at, string message) => new(fault, sequence, at, Convert.ToHexStringLower(hash), message);

        await foreach (var entry in db.LedgerEntries.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Sequence != sequence + 1) return Broken(LedgerFault.EntryMissing, sequence + 1, $"Entry {sequence + 1} is missing.");
            if (!entry.IsIntact()) return Broken(LedgerFault.EntryChanged, entry.Sequence, $"Entry {entry.Sequence} was changed after it was written.");
            if (!CryptographicOperations.FixedTimeEquals(entry.PreviousHash, hash)) return Broken(LedgerFault.ChainBroken, entry.Sequence, $"Entry {entry.Sequence} does not follow entry {sequence}.");
            (sequence, hash) = (entry.Sequence, entry.Hash);
            if (expected?.Sequence != sequence) continue;
            if (!CryptographicOperations.FixedTimeEquals(expected.Hash, hash)) return Broken(LedgerFault.ChainBroken, sequence, $"Entry {sequence} is not the one that was noted earlier: the chain was rewritten.");
            expectationMet = true;
        }
        if (!expectationMet) return Broken(LedgerFault.TailCut, sequence + 1, $"The ledger ends at entry {sequence}, but entry {expected!.Sequence} was noted earlier: the tail was cut.");
        if (head.Sequence != sequence || !CryptographicOperations.FixedTimeEquals(head.Hash, hash)) return Broken(LedgerFault.HeadDiffers, sequence + 1, $"The head says {head.Sequence} entries, but the chain ends at {sequence}.");
        return new(LedgerFault.None, sequence, null, Convert.ToHexStringLower(hash), $"All {sequence} entries are intact. Head {sequence}:{Convert.ToHexStringLower(hash)}");
    }
}
