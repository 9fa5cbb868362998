using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Ledger;

/// <summary>Shows that entries are under a signed checkpoint, without showing any other entry.</summary>
public static class LedgerProofs
{
    /// <summary>
    /// The oldest checkpoint that covers an entry, and the proof that the entry is under it; <see langword="null"/> while there is none
    /// (one is made within a minute). Reads the hashes of all entries under it, 32 bytes each.
    /// </summary>
    /// <param name="db">A context.</param>
    /// <param name="sequence">The entry.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async Task<(SignedCheckpoint Checkpoint, InclusionProof Proof)?> ProveAsync(PortalDbContext db, long sequence, CancellationToken cancellation)
    {
        var text = await db.LedgerCheckpoints.AsNoTracking().Where(c => c.Sequence >= sequence).OrderBy(c => c.Sequence).ThenBy(c => c.Id).Select(c => c.Text).FirstOrDefaultAsync(cancellation);
        if (text is null || SignedCheckpoint.Read(text) is not { } checkpoint) return null;
        var builder = new InclusionProofBuilder(sequence);
        var size = checkpoint.Checkpoint.Sequence;
        await foreach (var hash in db.LedgerEntries.AsNoTracking().Where(e => e.Sequence <= size).OrderBy(e => e.Sequence).Select(e => e.Hash).AsAsyncEnumerable().WithCancellation(cancellation))
            builder.Append(hash);
        return (checkpoint, builder.Build());
    }
}
