using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Evidence;

/// <summary>Checks the ledger's part of a bundle.</summary>
internal static class BundleLedger
{
    /// <summary>That the installation signed the checkpoint, about its own ledger, and that it is one of those from elsewhere if there are some.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="installation">The installation's public key.</param>
    /// <param name="outside">Checkpoints that were kept outside of the installation; <see langword="null"/> to compare with none.</param>
    public static string Checkpoint(JsonObject bundle, ECDsa installation, IReadOnlyList<SignedCheckpoint>? outside)
    {
        var signed = Read(bundle);
        BundleFault.Unless(signed.IsBy(installation), "The checkpoint is not as the installation signed it.");
        var madeForIt = CanonicalTime.Text(signed.Checkpoint.Time) == bundle.Text("madeAt");
        if (outside is not null)
            BundleFault.Unless(outside.Any(kept => kept.IsBy(installation) && IsOfTheSame(kept.Checkpoint, signed.Checkpoint)),
                $"None of the checkpoints that were given is the one of entry {signed.Checkpoint.Sequence}.{(madeForIt ? " It was signed for this bundle; a bundle that is made after the next checkpoint has that." : "")}");
        var where = outside is not null ? "It is among those from elsewhere." : madeForIt ? "It was signed for this bundle." : "It was signed before this bundle was made; compare it with those that were kept elsewhere.";
        return $"The ledger had {signed.Checkpoint.Sequence} entries on {CanonicalTime.Text(signed.Checkpoint.Time)}; head {signed.Checkpoint.Sequence}:{Convert.ToHexStringLower(signed.Checkpoint.HeadHash)}. {where}";
    }

    /// <summary>That each entry has the hash that it says, is about the grant or its request, and is under the checkpoint in its place.</summary>
    public static string Entries(JsonObject bundle)
    {
        var checkpoint = Read(bundle).Checkpoint;
        string[] subjects = [$"grant:{bundle.Text("grant", "id")}", $"request:{bundle.Text("request", "id")}"];
        var last = 0L;
        var entries = bundle.List("ledger", "entries");
        foreach (var entry in entries)
        {
            var sequence = entry.Number("sequence");
            BundleFault.Unless(sequence > last, "The entries are not in their order.");
            last = sequence;
            BundleFault.Unless(subjects.Contains(entry.Text("subject"), StringComparer.Ordinal), $"Entry {sequence} is about something else.");
            var time = CanonicalTime.Read(entry.Text("time")) ?? throw new BundleFault($"The time of entry {sequence} cannot be read.");
            var hash = LedgerEntry.ComputeHash(Hash(entry, "previousHash"), sequence, time, entry.Text("actor"), entry.Text("act"), entry.Text("subject"), Encoding.UTF8.GetBytes(entry.Text("content")));
            BundleFault.Unless(hash.AsSpan().SequenceEqual(Hash(entry, "hash")), $"Entry {sequence} is not the one that has this hash.");
            var proof = new InclusionProof(sequence, checkpoint.Sequence, [.. entry.Texts("path").Select(Convert.FromHexString)]);
            BundleFault.Unless(proof.Verify(hash, checkpoint.TreeRoot), $"Entry {sequence} is not under the checkpoint.");
        }
        return $"{entries.Count} of the grant and its request, each under the checkpoint.";
    }

    /// <summary>The entries of one act, oldest first, with their content.</summary>
    public static IReadOnlyList<(JsonNode Entry, JsonObject Content)> Of(JsonObject bundle, string act) =>
        [.. bundle.List("ledger", "entries").Where(entry => entry.Text("act") == act)
            .Select(entry => (entry!, CanonicalJson.Parse(entry.Text("content")) as JsonObject ?? throw new BundleFault("An entry's content is no object.")))];

    private static bool IsOfTheSame(Checkpoint kept, Checkpoint signed) =>
        kept.Sequence == signed.Sequence && kept.HeadHash.AsSpan().SequenceEqual(signed.HeadHash) && kept.TreeRoot.AsSpan().SequenceEqual(signed.TreeRoot);

    private static SignedCheckpoint Read(JsonObject bundle) =>
        SignedCheckpoint.Read(CanonicalJson.ToText(bundle.Object("ledger", "checkpoint"))) ?? throw new BundleFault("The checkpoint cannot be read.");

    private static byte[] Hash(JsonNode? entry, string name) => entry.Text(name) is { Length: 64 } hex ? Convert.FromHexString(hex) : throw new BundleFault($"{name} is no hash.");
}
