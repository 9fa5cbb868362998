using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Lapse.Infrastructure.Tests.Evidence;

/// <summary>
/// A bundle of a real story holds before both verifiers, and each change of it is named by both, also one that the installation itself
/// signed: what is behind the signature is the provider's.
/// </summary>
public sealed class BundleTests(BundleFixture bundle) : IClassFixture<BundleFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly ECDsa Other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What is changed, the check that finds it, and how. Everything is signed again by the installation afterwards.</summary>
    private static readonly (string What, string Check, Action<JsonObject> Change)[] Changes =
    [
        ("another version of the format", "format", b => b["version"] = 2),
        ("another installation's name", "installation-key", b => b["installation"] = new string('0', 64)),
        ("a longer duration", "request-proof", b => Act(b)["content"]!["durationSeconds"] = 7200),
        ("another role", "request-proof", b => Act(b)["content"]!["role"] = "ClusterRole/cluster-admin"),
        ("another reason", "request-proof", b => Act(b)["content"]!["reason"] = "None"),
        ("another salt", "request-proof", b => b["request"]!["proof"]!["salt"] = Convert.ToBase64String(new byte[32])),
        ("another time of the challenge", "request-proof", b => b["request"]!["proof"]!["challengedTicks"] = "638000000000000000"),
        ("an approver's token for the requester's", "request-proof", b => b["request"]!["proof"]!["token"] = b["decisions"]![0]!["proof"]!["token"]!.DeepClone()),
        ("a token with other claims", "request-proof", b => b["request"]!["proof"]!["token"] = Claims(b["request"]!["proof"]!["token"]!.GetValue<string>())),
        ("an unsigned token", "request-proof", b => b["request"]!["proof"]!["token"] = Unsigned(b["request"]!["proof"]!["token"]!.GetValue<string>())),
        ("a token that is gone", "request-proof", b => b["request"]!["proof"]!["token"] = null),
        ("another client", "request-proof", b => b["provider"]!["client"] = "somebody"),
        ("a factor that was not asked for", "request-proof", b => b["provider"]!["acr"] = new JsonArray("urn:other")),
        ("another person", "request-proof", b => Person(b, b["request"]!["person"]!.GetValue<string>())["subject"] = "sub-other"),
        ("a key of the provider that nobody pinned", "provider-keys", b => b["providerKeys"]![0]!["signature"] = Convert.ToBase64String(Other.SignData("x"u8, HashAlgorithmName.SHA256))),
        ("an entry with a longer maximum", "entry", b => b["entry"]!["content"]!["maximumSeconds"] = 36000),
        ("an entry that nobody vouches for", "entry", b => b["entry"]!["change"] = null),
        ("an entry without its second admin", "entry", b => b["entry"]!["change"]!["confirmerProof"] = null),
        ("an entry by an operator who never signed", "entry", b => b["entry"]!["operatorSignature"] = Convert.ToBase64String(new byte[64])),
        ("admins of another group", "workflow", b => b["provider"]!["adminGroup"] = "others"),
        ("a workflow with fewer approvals", "workflow", b => b["workflow"]!["content"]!["stages"]![0]!["approvals"] = 1),
        ("wider rules", "request", b => b["request"]!["rules"] = "[]"),
        ("another mapping of names", "request", b => b["cluster"]!["userNamePrefix"] = ""),
        ("another cluster", "request", b => b["cluster"]!["id"] = Guid.Empty.ToString()),
        ("an approval that is gone", "approvals", b => ((JsonArray)b["decisions"]!).RemoveAt(0)),
        ("an approval that counts twice", "approvals", b => b["decisions"]![1] = b["decisions"]![0]!.DeepClone()),
        ("a denial", "approvals", b => b["decisions"]![0]!["verdict"] = "Deny"),
        ("another comment", "approvals", b => b["decisions"]![0]!["comment"] = "Never"),
        ("a binding that lives longer", "binding", b => b["binding"]!["annotations"]!["lapse.dev/not-after"] = "2099-01-01T00:00:00Z"),
        ("a binding of another role", "binding", b => b["binding"]!["roleRef"] = "ClusterRole/cluster-admin"),
        ("a binding with one more subject", "binding", b => ((JsonArray)b["binding"]!["subjects"]!).Add("oidc:mallory")),
        ("a binding elsewhere", "binding", b => b["binding"]!["namespace"] = "kube-system"),
        ("a binding that is gone", "binding", b => b["binding"] = null),
        ("another key of bindings", "binding", b => b["bindingKey"] = Other.ExportSubjectPublicKeyInfoPem()),
        ("an entry of the ledger that says something else", "ledger", b => Entry(b, "grant.ended")["content"] = "{}"),
        ("an entry of the ledger by somebody else", "ledger", b => Entry(b, "request.approved")["actor"] = "person:other"),
        ("a shorter way to the checkpoint", "ledger", b => ((JsonArray)Entry(b, "grant.active")["path"]!).RemoveAt(0)),
        ("entries in another order", "ledger", Reverse),
        ("an entry that was put in", "ledger", b => ((JsonArray)b["ledger"]!["entries"]!).Add(Made(b))),
        ("another checkpoint", "checkpoint", b => b["ledger"]!["checkpoint"]!["checkpoint"]!["time"] = "2020-01-01T00:00:00.000000Z"),
        ("an end that is gone", "story", b => ((JsonArray)b["ledger"]!["entries"]!).Remove(Entry(b, "grant.ended"))),
        ("a submission that is gone", "story", b => ((JsonArray)b["ledger"]!["entries"]!).Remove(Entry(b, "request.submitted"))),
        ("another reason of the end", "story", b => b["grant"]!["endReason"] = "Dropped"),
        ("another time of the start", "story", b => b["grant"]!["usableAt"] = "2020-01-01T00:00:00.000000Z"),
        ("a grant that is not over", "story", b => b["grant"]!["endedAt"] = null),
    ];

    public static TheoryData<string> Tampering => [.. Changes.Select(change => change.What)];

    [Fact]
    public async Task Verify_BundleOfAWholeStory_HoldsBeforeBothVerifiers()
    {
        using var key = Installation();
        var checks = await BundleVerifier.VerifyAsync(bundle.Text, key);

        Assert.Equal(["format", "installation-key", "signature", "checkpoint", "ledger", "provider-keys", "request-proof", "entry", "workflow", "request", "approvals", "binding", "story"], checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.True(check.Holds, check.ToString()));
        Assert.Contains("Expired", checks[^1].Words, StringComparison.Ordinal);
        Assert.Contains("no binding by name, and the probe is denied", checks[^1].Words, StringComparison.Ordinal);
        Assert.Empty(await SecondVerifier.FailedAsync(bundle.Text, TestInstallation.Key.PublicKeyPem, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Verify_ChangedAndSignedAgainByTheInstallation_IsNamedByBothVerifiers(string what)
    {
        var (_, check, change) = Changes.Single(one => one.What == what);
        var changed = bundle.Bundle();
        change(changed);

        await AssertFailedAsync(BundleFixture.Sign(changed), check);
    }

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Verify_ChangedAfterItWasSigned_SignatureDoesNotHold(string what)
    {
        var file = EvidenceFile.Read(bundle.Text);
        Changes.Single(one => one.What == what).Change(file.Bundle);
        using var key = Installation();

        Assert.Contains((await BundleVerifier.VerifyAsync(file.ToText(), key)).Where(check => !check.Holds), check => check.Name == "signature");
    }

    [Fact]
    public async Task Verify_OtherSignature_IsNamed()
    {
        var file = EvidenceFile.Read(bundle.Text);
        file.Signature[5] ^= 1;

        await AssertFailedAsync(file.ToText(), "signature");
    }

    [Fact]
    public async Task Verify_SignedByAnotherInstallation_IsNamedOnlyWithTheKeyFromElsewhere()
    {
        var changed = bundle.Bundle();
        var print = Domain.Ledger.InstallationSignature.Fingerprint(Other);
        changed["installation"] = print;
        var signature = Other.SignData(Domain.Ledger.InstallationSignature.Input(EvidenceFile.Format, CanonicalJson.Serialize(changed)), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var text = new EvidenceFile(changed, Other.ExportSubjectPublicKeyInfoPem(), signature).ToText();

        await AssertFailedAsync(text, "installation-key");
        var alone = (await BundleVerifier.VerifyAsync(text, null)).Where(check => !check.Holds).Select(check => check.Name).ToList();
        Assert.DoesNotContain("signature", alone);
        Assert.DoesNotContain("installation-key", alone);
        // What the first installation signed is not the second's.
        Assert.Contains("provider-keys", alone);
        Assert.Contains("checkpoint", alone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"format\":\"lapse/evidence/v1\"}")]
    [InlineData("{\"format\":\"lapse/evidence/v2\",\"bundle\":{},\"publicKey\":\"\",\"signature\":\"\"}")]
    [InlineData("{\"format\":\"lapse/evidence/v1\",\"bundle\":{},\"publicKey\":\"x\",\"signature\":\"\"}")]
    public async Task Verify_NoBundle_SaysSo(string text)
    {
        var check = Assert.Single(await BundleVerifier.VerifyAsync(text, null));
        Assert.Equal(("format", false), (check.Name, check.Holds));
    }

    [Fact]
    public void Bundle_HasNoSecret()
    {
        Assert.All(bundle.Secrets, secret =>
        {
            Assert.NotEmpty(secret);
            Assert.DoesNotContain(secret, bundle.Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Verb_VerifyEvidence_PrintsEachCheckAndWhatFailed()
    {
        using var folder = new ScratchFolder();
        var (file, key) = (Path.Combine(folder.Path, "bundle.json"), Path.Combine(folder.Path, "key.pem"));
        await File.WriteAllTextAsync(file, bundle.Text, Cancellation);
        await File.WriteAllTextAsync(key, TestInstallation.Key.PublicKeyPem, Cancellation);
        var (code, said) = await RunAsync(file, "--installation-key", key);
        Assert.Equal(0, code);
        Assert.Contains("ok     approvals: By bob (sub-bob), carol (sub-carol).", said, StringComparison.Ordinal);
        // Its own checkpoint as somebody might have kept it, on a line; and a file that has none.
        var kept = Path.Combine(folder.Path, "checkpoints.jsonl");
        await File.WriteAllTextAsync(kept, CanonicalJson.ToText(bundle.Bundle()["ledger"]!["checkpoint"]!.AsObject()) + "\n", Cancellation);
        (code, said) = await RunAsync(file, "--checkpoint", kept);
        Assert.Equal(0, code);
        Assert.Contains("It is among those from elsewhere.", said, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(file, "--checkpoint", key)).Code);

        await File.WriteAllTextAsync(file, bundle.Text.Replace("The queue is stuck", "Boredom", StringComparison.Ordinal), Cancellation);
        (code, said) = await RunAsync(file);
        Assert.Equal(1, code);
        Assert.Contains("FAILED signature", said, StringComparison.Ordinal);
        Assert.Contains("FAILED request-proof", said, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(Path.Combine(folder.Path, "none.json"))).Code);
    }

    private static async Task AssertFailedAsync(string text, string check)
    {
        using var key = Installation();
        var failed = (await BundleVerifier.VerifyAsync(text, key)).Where(one => !one.Holds).Select(one => one.Name).ToList();
        Assert.Contains(check, failed);
        Assert.Equal(failed, await SecondVerifier.FailedAsync(text, TestInstallation.Key.PublicKeyPem, Cancellation));
    }

    private static ECDsa Installation()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(TestInstallation.Key.PublicKeyPem);
        return key;
    }

    private static JsonNode Act(JsonObject bundle) => bundle["request"]!["proof"]!["act"]!;

    private static JsonNode Person(JsonObject bundle, string id) => bundle["people"]!.AsArray().Single(one => one!["id"]!.GetValue<string>() == id)!;

    private static JsonNode Entry(JsonObject bundle, string act) => bundle["ledger"]!["entries"]!.AsArray().First(one => one!["act"]!.GetValue<string>() == act)!;

    private static string Claims(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("developers", "lapse-admins", StringComparison.Ordinal))}.{parts[2]}";
    }

    private static string Unsigned(string token) => $"{Base64UrlEncoder.Encode("{\"alg\":\"none\",\"kid\":\"x\"}")}.{token.Split('.')[1]}.";

    private static void Reverse(JsonObject bundle) =>
        bundle["ledger"]!["entries"] = new JsonArray([.. bundle["ledger"]!["entries"]!.AsArray().Reverse().Select(entry => entry!.DeepClone())]);

    // Its own hash is right, and the checkpoint does not know it.
    private static JsonObject Made(JsonObject bundle)
    {
        var last = bundle["ledger"]!["entries"]!.AsArray()[^1]!;
        var entry = Domain.Ledger.LedgerEntry.After(last["sequence"]!.GetValue<long>(), new byte[32], DateTimeOffset.UnixEpoch, "lapse", "alert", $"grant:{bundle["grant"]!["id"]}", Encoding.UTF8.GetBytes("{}"));
        return new()
        {
            ["sequence"] = entry.Sequence,
            ["time"] = CanonicalTime.Text(entry.Time),
            ["actor"] = entry.Actor,
            ["act"] = entry.Act,
            ["subject"] = entry.Subject,
            ["content"] = "{}",
            ["previousHash"] = Convert.ToHexStringLower(entry.PreviousHash),
            ["hash"] = Convert.ToHexStringLower(entry.Hash),
            ["path"] = last["path"]!.DeepClone(),
        };
    }

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lapse.dll"), "verify-evidence", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        })!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        await errors;
        return (process.ExitCode, said);
    }
}
