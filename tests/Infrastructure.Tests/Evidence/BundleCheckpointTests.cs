using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Evidence;

/// <summary>Which checkpoint a bundle has, and what it is worth: one that left the database before anybody asked for the bundle, where there is one.</summary>
public sealed class BundleCheckpointTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ECDsa _key = ECDsa.Create();
    private Story _story = null!;
    private Grant _grant = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _key.ImportFromPem(TestInstallation.Key.PublicKeyPem);
        // Nothing is sent there.
        _story = await Story.BeginAsync(Database, ClusterAddress.From("https://cluster.test", "", new ClusterCredential.Token("token")).Value, Cancellation);
        _story.WritesLedger = true;
        _grant = (await _story.ApprovedAsync(await _story.EntryAsync(["default"], Cancellation), World.Rules, Cancellation)).Grants[0];
    }

    public override async ValueTask DisposeAsync()
    {
        _key.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Make_AfterACheckpoint_HasThatOneHoweverMuchFollowed()
    {
        await NoteAsync("other:1");
        var first = await CheckpointAsync();
        await NoteAsync("other:2");
        var second = await CheckpointAsync();
        await NoteAsync("other:3");

        var text = await MakeAsync();

        Assert.Equal(first, CheckpointOf(text));
        await AssertHoldsAsync(text, null, "It was signed before this bundle was made");
        await AssertHoldsAsync(text, [second, first], "It is among those from elsewhere.");
        Assert.Equal(["checkpoint"], await FailedAsync(text, [second]));
        Assert.Equal(["checkpoint"], await FailedAsync(text, []));
    }

    [Fact]
    public async Task Make_BeforeTheNextCheckpoint_SignsOneThatSaysSo()
    {
        var early = await CheckpointAsync();
        await NoteAsync(LedgerSubject.Of(_grant.Id));

        var text = await MakeAsync();

        Assert.Equal(early.Checkpoint.Sequence + 1, CheckpointOf(text).Checkpoint.Sequence);
        Assert.Equal(EvidenceFile.Read(text).Bundle["madeAt"]!.GetValue<string>(), EvidenceFile.Read(text).Bundle["ledger"]!["checkpoint"]!["checkpoint"]!["time"]!.GetValue<string>());
        await AssertHoldsAsync(text, null, "It was signed for this bundle.");
        Assert.Equal(["checkpoint"], await FailedAsync(text, [early]));
        // Made anew a little later it is one that others have.
        var next = await CheckpointAsync();
        await AssertHoldsAsync(await MakeAsync(), [next], "It is among those from elsewhere.");
    }

    [Fact]
    public async Task Make_RowThatSomebodyElseSigned_IsPassedOver()
    {
        var real = await CheckpointAsync();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forged = SignedCheckpoint.Sign(real.Checkpoint with { Installation = InstallationSignature.Fingerprint(other), TreeRoot = new byte[32] }, (purpose, bytes) => other.SignData(InstallationSignature.Input(purpose, bytes), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        await ReplaceCheckpointsAsync(forged.ToText());

        var text = await MakeAsync();

        Assert.NotEqual(forged, CheckpointOf(text));
        await AssertHoldsAsync(text, null, "It was signed for this bundle.");
        // One that others hold up is only worth what this installation signed.
        Assert.Equal(["checkpoint"], await FailedAsync(text, [forged]));
    }

    [Fact]
    public async Task Make_LedgerRewrittenSinceTheCheckpoint_PutsNoNameUnderIt()
    {
        await CheckpointAsync();
        // The whole chain anew, consistently, with one entry less that is about something else.
        await using (var db = Database.CreateOwnerContext())
        {
            List<LedgerEntry> entries = [.. db.LedgerEntries.OrderBy(e => e.Sequence)];
            await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_entries DISABLE TRIGGER ALL; DELETE FROM ledger_entries", Cancellation);
            var (sequence, hash) = (0L, LedgerEntry.Genesis);
            foreach (var entry in entries)
            {
                var rewritten = LedgerEntry.After(sequence, hash, entry.Time, entry.Actor + "-other", entry.Act, entry.Subject, entry.Content);
                (sequence, hash) = (rewritten.Sequence, rewritten.Hash);
                db.ChangeTracker.Clear();
                db.LedgerEntries.Add(rewritten);
                await db.SaveChangesAsync(Cancellation);
            }
            await Database.ExecuteAsOwnerAsync($"UPDATE ledger_head SET hash = decode('{Convert.ToHexString(hash)}', 'hex')", Cancellation);
        }
        Assert.True((await new LedgerVerifier(Database).VerifyAsync(null, Cancellation)).IsIntact);

        Assert.Equal("LedgerBroken", (await BundleFixture.Whole.Export(Database).MakeAsync(_grant.Id, Cancellation)).Refusal?.Code);
    }

    private async Task<string> MakeAsync() => (await BundleFixture.Whole.Export(Database).MakeAsync(_grant.Id, Cancellation)).Value.ToText();

    private async Task<SignedCheckpoint> CheckpointAsync() =>
        Assert.IsType<MadeCheckpoint.Made>(await new CheckpointMaker(Database, TestInstallation.Key, TimeProvider.System).MakeAsync(Cancellation)).Checkpoint;

    private async Task NoteAsync(string subject)
    {
        await using var db = Database.CreateDbContext();
        db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, subject, new JsonObject { ["kind"] = "Test" });
        await db.CommitAsync(Cancellation);
    }

    private Task<int> ReplaceCheckpointsAsync(string text) =>
        Database.ExecuteAsOwnerAsync($"ALTER TABLE ledger_checkpoints DISABLE TRIGGER ALL; UPDATE ledger_checkpoints SET text = '{text}'", Cancellation);

    private static SignedCheckpoint CheckpointOf(string text) =>
        SignedCheckpoint.Read(Domain.Text.CanonicalJson.ToText(EvidenceFile.Read(text).Bundle["ledger"]!["checkpoint"]!.AsObject()))!;

    private async Task AssertHoldsAsync(string text, IReadOnlyList<SignedCheckpoint>? outside, string words)
    {
        var checks = await BundleVerifier.VerifyAsync(text, _key, outside);
        Assert.All(checks, check => Assert.True(check.Holds, check.ToString()));
        Assert.Contains(words, checks.Single(check => check.Name == "checkpoint").Words, StringComparison.Ordinal);
        Assert.Empty(await SecondVerifier.FailedAsync(text, TestInstallation.Key.PublicKeyPem, Cancellation));
    }

    private async Task<IEnumerable<string>> FailedAsync(string text, IReadOnlyList<SignedCheckpoint> outside) =>
        (await BundleVerifier.VerifyAsync(text, _key, outside)).Where(check => !check.Holds).Select(check => check.Name);
}
