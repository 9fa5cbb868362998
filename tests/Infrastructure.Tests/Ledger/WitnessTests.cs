using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>What was signed before stands against the ledger of a replica that runs: in the cluster, in a file, and while one of them is away.</summary>
public sealed class WitnessTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : RestoreTest(postgres, controlPlane)
{
    [Fact]
    public async Task Rollback_UnderARunningReplica_IsFoundWithTheNextStartBeforeAnythingIsPrepared()
    {
        var replica = await StartAsync(Database, files: false);
        await using (var db = Database.CreateDbContext())
        {
            db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
            await db.CommitAsync(Cancellation);
        }
        Assert.NotNull(await replica.Get<CheckpointRound>().RunAsync(Cancellation));
        await Database.ExecuteAsOwnerAsync("""
            ALTER TABLE ledger_entries DISABLE TRIGGER ALL;
            DELETE FROM ledger_entries WHERE sequence = (SELECT sequence FROM ledger_head);
            UPDATE ledger_head SET sequence = sequence - 1, hash = COALESCE((SELECT hash FROM ledger_entries e WHERE e.sequence = ledger_head.sequence - 1), decode(repeat('00', 32), 'hex'));
            """, Cancellation);

        var grant = await ApprovedAsync();

        Assert.Equal(HoldCause.OlderLedger, (await UntilHeldAsync(Database)).Cause);
        await Wait.UntilAsync(async () => (await ReadAsync(Database, grant)).LastError?.Contains("on hold", StringComparison.Ordinal) == true, "it waits", Cancellation);
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(grant));
    }

    [Fact]
    public async Task Entry_ChangedBeforeItWasSigned_HoldsAsBroken()
    {
        var replica = Create(Database, files: false);
        await using (var db = Database.CreateDbContext())
        {
            db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
            await db.CommitAsync(Cancellation);
        }
        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_entries DISABLE TRIGGER ALL; UPDATE ledger_entries SET subject = 'test:2'", Cancellation);

        Assert.Null(await replica.Get<CheckpointRound>().RunAsync(Cancellation));
        Assert.Null(await replica.Get<CheckpointRound>().RunAsync(Cancellation));

        Assert.Equal(HoldCause.BrokenLedger, Assert.Single(await OpenAsync(Database)).Cause);
    }

    [Fact]
    public async Task Round_ClusterThatIsAway_HoldsUpNoOtherPlaceButStartsNothingThere()
    {
        await using (var db = Database.CreateDbContext())
        {
            var away = Cluster.Register(UuidId.New<ClusterId>(DateTimeOffset.UtcNow), new("away", "Away", ClusterEnvironment.Production, "https://127.0.0.1:1", "", CredentialKind.Token, "preferred_username", "oidc:"));
            away.Seal(Story.Seal(away, await Place.TokenAsync($"portal-{Place.Name}", Cancellation)));
            db.Clusters.Add(away);
            db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
            await db.CommitAsync(Cancellation);
        }
        var replica = Create(Database, files: true);

        var checkpoint = (await replica.Get<CheckpointRound>().RunAsync(Cancellation))!;

        Assert.Equal(checkpoint.ToText(), await InClusterAsync());
        Assert.Equal(checkpoint.ToText(), (await File.ReadAllTextAsync(Path.Combine(Folder.Path, CheckpointFiles.FileName), Cancellation)).Trim());
        Assert.Contains(checkpoint.ToText(), await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Folder.Path, "*.jsonl")), Cancellation), StringComparison.Ordinal);
        var link = (await replica.Get<RegisteredClusters>().ReadAsync(Cancellation)).Single(c => c.Cluster.Name == "away").Link.Value;
        Assert.Contains("cannot be read", await replica.Get<LedgerWitnesses>().BeforeStartAsync(link, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Round_WhatSomebodyWroteIntoTheCluster_IsNoWitnessAndIsReplaced()
    {
        await PutAsync("nonsense");
        await using (var db = Database.CreateDbContext())
        {
            db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
            await db.CommitAsync(Cancellation);
        }
        var replica = Create(Database, files: false);

        var checkpoint = (await replica.Get<CheckpointRound>().RunAsync(Cancellation))!;

        Assert.Equal(checkpoint.ToText(), await InClusterAsync());
        Assert.Empty(await OpenAsync(Database));
    }
}
