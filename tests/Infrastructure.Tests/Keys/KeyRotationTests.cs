using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Keys;

/// <summary><c>lapse rotate-keys</c> as an operator runs it, on everything that is kept sealed.</summary>
public sealed class KeyRotationTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ScratchFolder _folder = new();
    private readonly JsonObject _after = new() { ["type"] = "cluster", ["name"] = "other" };
    private ServiceProvider _running = null!;

    private Sealer Running => _running.GetRequiredService<Sealer>();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _running = Replica(_folder.Path);
        var portal = new TestPortal(Database);
        await portal.ClusterAsync();
        var alice = await portal.PersonAsync("alice", "developers");
        await portal.SubmittedAsync(alice, await portal.EntryAsync("Edit payments"));

        await using var db = Database.CreateOwnerContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        cluster.Seal(Running.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), "credential"u8.ToArray()));
        db.ConfigurationChanges.Add(ConfigurationChange.Draft(
            ChangeKind.Cluster, Guid.NewGuid(), "Other", null, _after, Running.Seal(SealPurposes.ChangeSecret(CanonicalJson.Digest(_after)), "secret"u8.ToArray()), true, alice.PersonId, TestPortal.Now));
        await db.SaveChangesAsync(Cancellation);
        foreach (var proof in await db.StepUpProofs.AsNoTracking().ToListAsync(Cancellation))
        {
            var token = Running.Seal(SealPurposes.ProofToken(proof.Id), "token"u8.ToArray());
            await db.StepUpProofs.Where(p => p.Id == proof.Id).ExecuteUpdateAsync(set => set.SetProperty(p => p.SealedToken, token), Cancellation);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _running.DisposeAsync();
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Rotate_WhileAPortalServes_BothGoOnAndTheOldCertificateStays()
    {
        var before = await SealedAsync();

        var (code, said, errors) = await RotateAsync();

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("The new key counts from", said, StringComparison.Ordinal);
        // Not yet: the portal that runs would not open it.
        Assert.Equal(before, await SealedAsync());
        await AssertOpensAsync(Running);
        // What the portal reads anew is under the new certificate, which it has not had when it started.
        Assert.Equal([true, true], _running.GetRequiredService<IKeyManager>().GetAllKeys().Select(k => k.CreateEncryptor() is not null));
        var (refused, _, why) = await RotateAsync("--remove-old");
        Assert.Equal(1, refused);
        Assert.Contains("The new key counts from", why, StringComparison.Ordinal);
        Assert.Single(Old());
        // A portal that starts without the old certificate has everything that one with it has.
        DeleteOld();
        await using var started = Replica(_folder.Path);
        await AssertOpensAsync(started.GetRequiredService<Sealer>());
        Assert.Equal("hush"u8.ToArray(), Running.Open("test", started.GetRequiredService<Sealer>().Seal("test", "hush"u8.ToArray())));
    }

    [Fact]
    public async Task RotateAtOnce_EverythingStored_IsUnderTheNewKeyAndTheOldCertificateCanGo()
    {
        var before = await SealedAsync();

        Assert.Equal(0, (await RotateAsync("--at-once")).Code);

        var after = await SealedAsync();
        Assert.Equal(3, after.Count);
        Assert.Empty(before.Select(KeyId).Intersect(after.Select(KeyId)));
        Assert.Single(after.Select(KeyId).Distinct());
        await using (var started = Replica(_folder.Path)) await AssertOpensAsync(started.GetRequiredService<Sealer>());
        Assert.Equal(1, await EntriesAsync());

        // Again: there is nothing to do, and nothing is done.
        var certificate = File.ReadAllBytes(Path.Combine(_folder.Path, KeyRingCertificate.FileName));
        Assert.Contains("Everything that is stored is under the new key", (await RotateAsync()).Said, StringComparison.Ordinal);
        Assert.Equal(certificate, File.ReadAllBytes(Path.Combine(_folder.Path, KeyRingCertificate.FileName)));
        Assert.Equal(after, await SealedAsync());
        Assert.Equal(1, await EntriesAsync());

        Assert.Equal(0, (await RotateAsync("--remove-old")).Code);
        Assert.Empty(Old());
        Assert.Equal(2, await EntriesAsync());
        await using var last = Replica(_folder.Path);
        await AssertOpensAsync(last.GetRequiredService<Sealer>());
    }

    [Fact]
    public async Task Rotate_KilledInTheMiddle_GoesOnWhenRunAgain()
    {
        using (var kill = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        await using (var owner = Database.CreateOwnerContext())
        {
            await using var transaction = await owner.Database.BeginTransactionAsync(Cancellation);
            await owner.Database.ExecuteSqlRawAsync("SELECT 1 FROM step_up_proofs FOR UPDATE", Cancellation);
            var running = LapseVerb.RunAsync(["rotate-keys", "--at-once"], Environment, kill.Token);
            await Wait.UntilAsync(async () => running.IsCompleted || await BlockedAsync(), "the verb stands at the proof", Cancellation);
            Assert.False(running.IsCompleted);
            await kill.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            // The server would do the killed verb's last statement as soon as the row is free.
            await Database.ExecuteAsOwnerAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", Cancellation);
            await Wait.UntilAsync(async () => !await BlockedAsync(), "the killed verb's session is gone", Cancellation);
        }
        Assert.Equal(2, (await SealedAsync()).Select(KeyId).Distinct().Count());

        var (code, said, _) = await RotateAsync("--at-once");

        Assert.Equal(0, code);
        Assert.Contains("Encrypted 1 credentials, secrets and tokens", said, StringComparison.Ordinal);
        Assert.Single((await SealedAsync()).Select(KeyId).Distinct());
        Assert.Single(Old());
        DeleteOld();
        await using var started = Replica(_folder.Path);
        Assert.Equal(2, started.GetRequiredService<IKeyManager>().GetAllKeys().Count);
        await AssertOpensAsync(started.GetRequiredService<Sealer>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exchange_EndedBetweenItsFiles_GoesOnWithTheSameCertificate(bool oldWasKept)
    {
        using var rehearsal = new ScratchFolder();
        var now = DateTimeOffset.UtcNow;
        var first = Path.Combine(_folder.Path, KeyRingCertificate.FileName);
        var old = File.ReadAllBytes(first);
        // As it is when it was ended: the next one made, and perhaps the old one kept, but not yet put in place.
        KeyRingCertificate.Create(rehearsal.Path, now).Dispose();
        var next = File.ReadAllBytes(Path.Combine(rehearsal.Path, KeyRingCertificate.FileName));
        KeyFile.Create(_folder.Path, "data-protection.next.pfx", next);
        if (oldWasKept)
        {
            using var current = KeyRingCertificate.Open(_folder.Path);
            KeyFile.Create(_folder.Path, $"data-protection.old-{current.Thumbprint[..16].ToLowerInvariant()}.pfx", old);
        }

        Assert.True(KeyRingCertificate.Exchange(_folder.Path, now));

        Assert.Equal(next, File.ReadAllBytes(first));
        Assert.Equal(old, File.ReadAllBytes(Path.Combine(_folder.Path, Assert.Single(Old()))));
        Assert.False(KeyRingCertificate.Exchange(_folder.Path, now));
    }

    [Fact]
    public async Task Rotate_WithoutTheOwner_SaysWhoIsNeeded()
    {
        var (code, _, errors) = await LapseVerb.RunAsync(["rotate-keys"], new Dictionary<string, string> { ["Lapse__Keys"] = _folder.Path }, Cancellation);

        Assert.Equal(2, code);
        Assert.Contains("ConnectionStrings:Owner is not set", errors, StringComparison.Ordinal);
        Assert.Empty(Old());
    }

    private Dictionary<string, string> Environment => new() { ["ConnectionStrings__Owner"] = Database.OwnerConnectionString, ["Lapse__Keys"] = _folder.Path };

    private Task<(int Code, string Said, string Errors)> RotateAsync(params string[] options) => LapseVerb.RunAsync(["rotate-keys", .. options], Environment, Cancellation);

    private IReadOnlyList<string> Old() => KeyRingCertificate.OldFiles(_folder.Path);

    private void DeleteOld() => KeyRingCertificate.DeleteOld(_folder.Path);

    private static string KeyId(string sealedBytes) => sealedBytes[8..40];

    /// <summary>What the tables keep sealed, in hex: a credential, a secret, a token.</summary>
    private async Task<List<string>> SealedAsync()
    {
        await using var db = Database.CreateDbContext();
        List<byte[]> all =
        [
            (await db.Clusters.AsNoTracking().SingleAsync(Cancellation)).SealedCredential,
            (await db.ConfigurationChanges.AsNoTracking().SingleAsync(Cancellation)).SealedSecret!,
            (await db.StepUpProofs.AsNoTracking().SingleAsync(Cancellation)).SealedToken,
        ];
        return [.. all.Select(Convert.ToHexStringLower)];
    }

    private async Task AssertOpensAsync(Sealer sealer)
    {
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(Cancellation);
        var change = await db.ConfigurationChanges.AsNoTracking().SingleAsync(Cancellation);
        var proof = await db.StepUpProofs.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal("credential"u8.ToArray(), sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential));
        Assert.Equal("secret"u8.ToArray(), sealer.Open(SealPurposes.ChangeSecret(CanonicalJson.Digest(_after)), change.SealedSecret!));
        Assert.Equal("token"u8.ToArray(), sealer.Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken));
    }

    private async Task<int> EntriesAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.LedgerEntries.CountAsync(e => e.Act == LedgerActs.OperatorRotatedKeys && e.Actor == LedgerActor.Operator, Cancellation);
    }

    private async Task<bool> BlockedAsync()
    {
        await using var command = Database.Owner.CreateCommand("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
        return (bool)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private ServiceProvider Replica(string folder)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Lapse:Mode"] = "Sandbox", ["Lapse:Keys"] = folder }).Build();
        return new ServiceCollection().AddLogging().AddSingleton<IDbContextFactory<PortalDbContext>>(Database).AddLapseKeys(configuration).BuildServiceProvider();
    }
}
