using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Evidence;

/// <summary>One thing that was checked about a bundle.</summary>
/// <param name="Name">Its stable name; docs/evidence.md says what each is.</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Words">What was found.</param>
public sealed record EvidenceCheck(string Name, bool Holds, string Words);

/// <summary>
/// Checks a bundle of evidence with nothing but the file and, if they are given, the installation's public key and checkpoints from
/// elsewhere. Each check is made whatever became of the others.
/// </summary>
public static class BundleVerifier
{
    /// <summary>Checks everything.</summary>
    /// <param name="text">The file.</param>
    /// <param name="known">The installation's public key from elsewhere; without it the file is measured by the key that it brings along.</param>
    /// <param name="outside">Checkpoints from elsewhere, among which the bundle's has to be; without them it is not compared.</param>
    public static async Task<IReadOnlyList<EvidenceCheck>> VerifyAsync(string text, ECDsa? known, IReadOnlyList<SignedCheckpoint>? outside = null)
    {
        EvidenceFile file;
        ECDsa own;
        try
        {
            file = EvidenceFile.Read(text);
            own = file.OpenKey();
        }
        catch (Exception broken) when (broken is FormatException or InvalidOperationException)
        {
            return [new("format", false, broken.Message)];
        }
        using (own)
        {
            var (bundle, tokens) = (file.Bundle, new BundleTokens(file.Bundle, own));
            var story = new BundleStory(bundle, tokens, own);
            return
            [
                await CheckAsync("format", () => Format(bundle)),
                await CheckAsync("installation-key", () => Installation(bundle, own, known)),
                await CheckAsync("signature", () => Signature(file, own)),
                await CheckAsync("checkpoint", () => BundleLedger.Checkpoint(bundle, own, outside)),
                await CheckAsync("ledger", () => BundleLedger.Entries(bundle)),
                await CheckAsync("provider-keys", () => Words.Count(tokens.Keys().Count, "key") + " of the provider, pinned by this installation."),
                await CheckAsync("request-proof", story.RequestProofAsync),
                await CheckAsync("entry", story.EntryAsync),
                await CheckAsync("workflow", story.WorkflowAsync),
                await CheckAsync("request", story.RequestAsync),
                await CheckAsync("approvals", story.ApprovalsAsync),
                await CheckAsync("binding", () => BundleBinding.Check(bundle)),
                await CheckAsync("story", story.LedgerAsync),
            ];
        }
    }

    private static string Format(JsonObject bundle)
    {
        BundleFault.Unless(bundle.Number("version") == 1, "The bundle is of another version.");
        return $"{EvidenceFile.Format}, about grant {bundle.Text("grant", "id")}, made {bundle.Text("madeAt")}.";
    }

    private static string Installation(JsonObject bundle, ECDsa own, ECDsa? known)
    {
        var fingerprint = InstallationSignature.Fingerprint(own);
        BundleFault.Unless(bundle.Text("installation") == fingerprint, "The bundle names another installation than its key is of.");
        if (known is null) return $"Not compared: by the key that the file brings along, {fingerprint}. Compare it with the one that you know.";
        BundleFault.Unless(InstallationSignature.Fingerprint(known) == fingerprint, "The file's key is not the installation's key that was given.");
        return $"The installation's key that was given, {fingerprint}.";
    }

    private static string Signature(EvidenceFile file, ECDsa own)
    {
        BundleFault.Unless(InstallationSignature.Verify(own, EvidenceFile.Format, CanonicalJson.Serialize(file.Bundle), file.Signature), "The bundle is not as the installation signed it.");
        return "The installation signed exactly this bundle.";
    }

    private static Task<EvidenceCheck> CheckAsync(string name, Func<string> check) => CheckAsync(name, () => Task.FromResult(check()));

    private static async Task<EvidenceCheck> CheckAsync(string name, Func<Task<string>> check)
    {
        try
        {
            return new(name, true, await check());
        }
        catch (BundleFault fault)
        {
            return new(name, false, fault.Message);
        }
        catch (Exception broken) when (broken is FormatException or InvalidOperationException or ArgumentException or JsonException or CryptographicException or KeyNotFoundException)
        {
            return new(name, false, $"It cannot be read: {broken.Message}");
        }
    }
}
