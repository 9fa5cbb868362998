using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Evidence;

/// <summary>
/// What the ledger says about a grant and its request, each entry with the way to a checkpoint: the first one that left the database after
/// the newest of them, so that it can be compared with what is kept outside; where there is none yet, one that is signed for this bundle.
/// </summary>
internal static class EvidenceLedger
{
    private static readonly Refusal Broken = new("LedgerBroken", "The ledger is not intact, so no evidence is made out of it. lapse verify-ledger says where it breaks.");

    /// <summary>Reads it. The caller has one snapshot of the database.</summary>
    /// <param name="db">A context in that snapshot.</param>
    /// <param name="facts">The grant.</param>
    /// <param name="key">Signs, and verifies, the checkpoint.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>A refusal if the chain does not hold, or is not the one that a checkpoint was signed over: the installation puts its name under no such ledger.</returns>
    public static async Task<Outcome<JsonObject>> ReadAsync(PortalDbContext db, GrantFacts facts, InstallationKey key, DateTimeOffset now, CancellationToken cancellation)
    {
        string[] subjects = [LedgerSubject.Of(facts.Grant.Id), LedgerSubject.Of(facts.Request.Id)];
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject)).OrderBy(e => e.Sequence).ToListAsync(cancellation);
        if (!entries.TrueForAll(entry => entry.IsIntact())) return Broken;

        var covering = await CoveringAsync(db, entries.Count > 0 ? entries[^1].Sequence : 0, key, cancellation);
        var builder = new InclusionProofsBuilder(entries.Select(entry => entry.Sequence));
        var (sequence, hash) = (0L, LedgerEntry.Genesis);
        await foreach (var entry in db.LedgerEntries.OrderBy(e => e.Sequence).Select(e => new { e.Sequence, e.PreviousHash, e.Hash }).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Sequence != sequence + 1 || !entry.PreviousHash.AsSpan().SequenceEqual(hash)) return Broken;
            if (covering is null || entry.Sequence <= covering.Checkpoint.Sequence) builder.Append(entry.Hash);
            (sequence, hash) = (entry.Sequence, entry.Hash);
        }
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        if (head.Sequence != sequence || !head.Hash.AsSpan().SequenceEqual(hash)) return Broken;

        if (covering is not null && covering.Checkpoint.Sequence > sequence) return Broken;
        var (root, proofs) = builder.Build();
        // Rewritten since it was signed, however consistently.
        if (covering is not null && !covering.Checkpoint.TreeRoot.AsSpan().SequenceEqual(root)) return Broken;
        var checkpoint = covering ?? await SignAsync(db, key, sequence, hash, root, now, cancellation);
        return new JsonObject
        {
            ["checkpoint"] = CanonicalJson.Parse(checkpoint.ToText()),
            ["entries"] = new JsonArray([.. entries.Select(entry => (JsonNode)Json(entry, proofs[entry.Sequence]))]),
        };
    }

    // A row that this installation did not sign shows nothing, and is passed over.
    private static async Task<SignedCheckpoint?> CoveringAsync(PortalDbContext db, long newest, InstallationKey key, CancellationToken cancellation)
    {
        await foreach (var text in db.LedgerCheckpoints.AsNoTracking().Where(c => c.Sequence >= newest).OrderBy(c => c.Sequence).ThenBy(c => c.Id).Select(c => c.Text).AsAsyncEnumerable().WithCancellation(cancellation))
            if (SignedCheckpoint.Read(text) is { } kept && kept.Checkpoint.Sequence >= newest && key.Verify(kept)) return kept;
        return null;
    }

    private static async Task<SignedCheckpoint> SignAsync(PortalDbContext db, InstallationKey key, long sequence, byte[] hash, byte[] root, DateTimeOffset now, CancellationToken cancellation)
    {
        var pinned = await db.ProviderKeys.AsNoTracking().Select(k => new { k.Issuer, k.KeyId, k.Jwk }).ToListAsync(cancellation);
        return key.Sign(new Checkpoint(key.Fingerprint, sequence, hash, root, CanonicalTime.Cut(now), Checkpoint.DigestOf(pinned.Select(k => (k.Issuer, k.KeyId, k.Jwk)))));
    }

    private static JsonObject Json(LedgerEntry entry, InclusionProof proof) => new()
    {
        ["sequence"] = entry.Sequence,
        ["time"] = CanonicalTime.Text(entry.Time),
        ["actor"] = entry.Actor,
        ["act"] = entry.Act,
        ["subject"] = entry.Subject,
        // The text whose bytes were hashed.
        ["content"] = Encoding.UTF8.GetString(entry.Content),
        ["previousHash"] = Convert.ToHexStringLower(entry.PreviousHash),
        ["hash"] = Convert.ToHexStringLower(entry.Hash),
        ["path"] = new JsonArray([.. proof.Path.Select(neighbour => (JsonNode)Convert.ToHexStringLower(neighbour))]),
    };
}
