using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Lapse.Domain.Ledger;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Ledger;

public sealed class CheckpointTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public void Canonical_ACheckpoint_IsExactlyTheDocumentedText() => Assert.Equal(
        $$"""{"headHash":"{{Hex(1)}}","installation":"{{Hex(9)}}","providerKeys":"{{Hex(3)}}","sequence":42,"time":"2026-11-24T12:00:00.000000Z","treeRoot":"{{Hex(2)}}","version":1}""",
        Encoding.UTF8.GetString(Sample().Canonical()));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Gen.Select(Gen.Long[0, 1L << 53], Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Long[0, 4_000_000_000]).Sample((sequence, head, root, keys, seconds) =>
        {
            var signed = Signed(new(Hex(9), sequence, head, root, Now.AddSeconds(seconds), keys));
            return SignedCheckpoint.Read(signed.ToText())!.Equals(signed);
        }, iter: 100);

    [Fact]
    public void Read_AnythingElse_IsNothing()
    {
        foreach (var (what, change) in new Dictionary<string, Action<JsonObject>>
        {
            ["another version"] = c => c["version"] = 2,
            ["no version"] = c => c.Remove("version"),
            ["a field more"] = c => c["more"] = 1,
            ["a field less"] = c => c.Remove("providerKeys"),
            ["a negative sequence"] = c => c["sequence"] = -1,
            ["half an entry"] = c => c["sequence"] = 1.5,
            ["a sequence in words"] = c => c["sequence"] = "42",
            ["a short hash"] = c => c["headHash"] = Hex(1)[2..],
            ["a hash in capitals"] = c => c["headHash"] = new string('A', 64),
            ["no hash"] = c => c["treeRoot"] = null,
            ["a time in another form"] = c => c["time"] = "2026-11-24T12:00:00Z",
            ["a time in another zone"] = c => c["time"] = "2026-11-24T12:00:00.000000+01:00",
        })
        {
            var json = Sample().ToJson();
            change(json);
            Assert.True(Checkpoint.Read(json) is null, what);
        }
        Assert.Null(Checkpoint.Read(null));
        Assert.Null(Checkpoint.Read(new JsonArray()));
        Assert.NotNull(Checkpoint.Read(Sample().ToJson()));

        var text = Signed(Sample()).ToText();
        foreach (var other in (string[])["", "null", "{}", "[]", text[..^1], text + "x", text.Replace("\"signature\":\"", "\"signature\":\"A", StringComparison.Ordinal), text[..^1] + ",\"x\":1}", text + new string(' ', SignedCheckpoint.LongestText)])
            Assert.Null(SignedCheckpoint.Read(other));
        Assert.NotNull(SignedCheckpoint.Read(text + "\n"));
    }

    [Fact]
    public void IsBy_ItsKeyAndNothingElse_IsTrue()
    {
        var checkpoint = Sample() with { Installation = InstallationSignature.Fingerprint(_key) };
        var signed = Signed(checkpoint);
        Assert.True(signed.IsBy(_key));

        Assert.False(signed.IsBy(_stranger), "another installation");
        Assert.False(Signed(checkpoint with { Installation = InstallationSignature.Fingerprint(_stranger) }).IsBy(_key), "signed about another installation's ledger");
        Assert.False((signed with { Checkpoint = checkpoint with { Sequence = 43 } }).IsBy(_key), "another sequence");
        Assert.False((signed with { Checkpoint = checkpoint with { HeadHash = Bytes(4) } }).IsBy(_key), "another head");
        Assert.False((signed with { Checkpoint = checkpoint with { TreeRoot = Bytes(4) } }).IsBy(_key), "another root");
        Assert.False((signed with { Checkpoint = checkpoint with { Time = Now.AddMicroseconds(1) } }).IsBy(_key), "another time");
        Assert.False((signed with { Checkpoint = checkpoint with { ProviderKeys = Bytes(4) } }).IsBy(_key), "other keys");
        Assert.False((signed with { Signature = new byte[64] }).IsBy(_key), "no signature");
        Assert.False((signed with { Signature = [] }).IsBy(_key), "no bytes");
        var elsewhere = _key.SignData(InstallationSignature.Input("lapse/provider-key/v1", checkpoint.Canonical()), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Assert.False((signed with { Signature = elsewhere }).IsBy(_key), "signed for another purpose");
    }

    [Fact]
    public void DigestOf_Keys_DependsOnWhatTheySayAndNotOnTheirOrder()
    {
        (string, string, string) one = ("https://a", "1", "{}"), two = ("https://a", "2", "{}"), three = ("https://b", "1", """{"x":1}""");
        var digest = Checkpoint.DigestOf([one, two, three]);

        Assert.Equal(digest, Checkpoint.DigestOf([three, one, two]));
        Assert.Equal(SHA256.HashData("""[{"issuer":"https://a","jwk":"{}","kid":"1"}]"""u8), Checkpoint.DigestOf([one]));
        foreach (var others in (IEnumerable<(string, string, string)[]>)[[one, two], [], [one, two, ("https://b", "1", "{}")], [one, one, two, three]])
            Assert.NotEqual(digest, Checkpoint.DigestOf(others));
    }

    private SignedCheckpoint Signed(Checkpoint checkpoint) => SignedCheckpoint.Sign(checkpoint, (purpose, bytes) =>
        _key.SignData(InstallationSignature.Input(purpose, bytes), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    private static Checkpoint Sample() => new(Hex(9), 42, Bytes(1), Bytes(2), Now, Bytes(3));

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static string Hex(byte value) => Convert.ToHexStringLower(Bytes(value));
}
