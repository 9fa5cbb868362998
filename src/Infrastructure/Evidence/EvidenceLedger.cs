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

/// <summary>What the ledger says about a grant and its request, each entry with the way to a checkpoint that is signed for this bundle.</summary>
internal static class EvidenceLedger
{
    private static readonly Refusal Broken = new("LedgerBroken", "The ledger is not intact, so no evidence is made out of it. lapse verify-ledger says where it breaks.");

    /// <summary>Reads it. The caller has one snapshot of the database.</summary>
    /// <param name="db">A context in that snapshot.</param>
    /// <param name="facts">The grant.</param>
    /// <param name="key">Signs the checkpoint.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>A refusal if the chain does not hold: the installation puts its name under no such checkpoint.</returns>
    public static async Task<Outcome<JsonObject>> ReadAsync(PortalDbContext db, GrantFacts facts, InstallationKey key, DateTimeOffset now, CancellationToken cancellation)
    {
        string[] subjects = [LedgerSubject.Of(facts.Grant.Id), LedgerSubject.Of(facts.Request.Id)];
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject)).OrderBy(e => e.Sequence).ToListAsync(cancellation);
        if (!entries.TrueForAll(entry => entry.IsIntact())) return Broken;

        var builder = new InclusionProofsBuilder(entries.Select(entry => entry.Sequence));
        var (sequence, hash) = (0L, LedgerEntry.Genesis);
        await foreach (var entry in db.LedgerEntries.OrderBy(e => e.Sequence).Select(e => new { e.Sequence, e.PreviousHash, e.Hash }).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Sequence != sequence + 1 || !entry.PreviousHash.AsSpan().SequenceEqual(hash)) return Broken;
            builder.Append(entry.Hash);
            (sequence, hash) = (entry.Sequence, entry.Hash);
        }
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        if (head.Sequence != sequence || !head.Hash.AsSpan().SequenceEqual(hash)) return Broken;

        var (root, proofs) = builder.Build();
        var pinned = await db.ProviderKeys.AsNoTracking().Select(k => new { k.Issuer, k.KeyId, k.Jwk }).ToListAsync(cancellation);
        var checkpoint = key.Sign(new Checkpoint(key.Fingerprint, sequence, hash, root, CanonicalTime.Cut(now), Checkpoint.DigestOf(pinned.Select(k => (k.Issuer, k.KeyId, k.Jwk)))));
        return new JsonObject
        {
            ["checkpoint"] = CanonicalJson.Parse(checkpoint.ToText()),
            ["entries"] = new JsonArray([.. entries.Select(entry => (JsonNode)Json(entry, proofs[entry.Sequence]))]),
        };
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
