using k8s;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Features.Hold;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>Yesterday's database comes back: nothing that ended since comes back with it, because what Lapse signed is elsewhere too.</summary>
public sealed class RestoreTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly ReconciliationOptions Quick = new() { LongestBackoff = TimeSpan.FromMilliseconds(500) };

    private readonly PostgresFixture _postgres = postgres;
    private readonly ScratchFolder _folder = new();
    private readonly List<IAsyncDisposable> _mine = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        // Checkpoints are kept in the namespace of Lapse's ServiceAccount, so the cluster is reached by one.
        var account = new PortalAccount(Place.Name, $"portal-{Place.Name}");
        await Place.ApplyAsync(ClusterRights.Manifests([new([Place.Name], new(RoleKind.ClusterRole, "edit"))], account), Cancellation);
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        cluster.Change(cluster.Settings() with { CredentialKind = CredentialKind.Token });
        var token = await Place.TokenAsync(account.Name, Cancellation);
        cluster.Seal(Story.Seal(cluster, token));
        await db.CommitAsync(Cancellation);
        using var api = Place.Connect(token);
        await Wait.UntilAsync(async () => await MissingRights.FindAllAsync(api, [new([Place.Name], new(RoleKind.ClusterRole, "edit"))], Cancellation) is { Succeeded: true, Value.Count: 0 }, "Lapse has its rights", Cancellation);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var mine in Enumerable.Reverse(_mine)) await mine.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("the cluster")]
    [InlineData("a file")]
    public async Task Restore_OfADumpFromBeforeAnAccess_HoldsAndStartsNothingOfIt(string witness)
    {
        var grant = await ApprovedAsync();
        var dump = await DumpFile.OfAsync(Database, _folder, Cancellation);
        await RunItsCourseAsync(grant);
        if (witness == "a file") await EmptyTheClusterAsync();

        var restored = await RestoreAsync(dump);
        await StartAsync(restored, witness == "a file");

        var hold = await UntilHeldAsync(restored);
        Assert.Equal(HoldCause.OlderLedger, hold.Cause);
        Assert.Contains("The database is an older one", hold.Why, StringComparison.Ordinal);
        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).LastError?.Contains("on hold", StringComparison.Ordinal) == true, "the access of before waits", Cancellation);
        Assert.Equal((GrantStatus.Provisioning, (DateTimeOffset?)null), ((await ReadAsync(restored, grant)).Status, (await ReadAsync(restored, grant)).CreateSentAt));
        Assert.False(await MayAsync("oidc:alice"));
        await using var db = restored.CreateDbContext();
        Assert.Equal(0, await db.SignInSessions.CountAsync(s => s.EndedAt == null, Cancellation));
        Assert.Contains(await db.LedgerEntries.Where(e => e.Act == LedgerActs.Alert).Select(e => e.Subject).ToListAsync(Cancellation), subject => subject == LedgerSubject.Of(hold.Id));
    }

    [Fact]
    public async Task Restore_OfADumpFromTheMiddleOfAnAccess_EndsItAndMakesItNotAgain()
    {
        var grant = await ApprovedAsync();
        DumpFile? dump = null;
        await RunItsCourseAsync(grant, async () => dump = await DumpFile.OfAsync(Database, _folder, Cancellation));
        var restored = await RestoreAsync(dump!);
        Assert.Equal(GrantStatus.Active, (await ReadAsync(restored, grant)).Status);

        var replica = await StartAsync(restored, files: false);
        // The job of each minute, without waiting for it.
        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).Status == GrantStatus.Ended, "what ended since ends here too", Cancellation);
        Assert.Equal(EndReason.RemovedOutsideLapse, (await ReadAsync(restored, grant)).EndReason);
        Assert.Equal(HoldCause.OlderLedger, (await UntilHeldAsync(restored)).Cause);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));
    }

    [Fact]
    public async Task Restore_AdminEndsTheHold_NothingFromBeforeStartsAndWhatIsAskedAnewDoes()
    {
        var grant = await ApprovedAsync();
        var waiting = (await Story.ApprovedAsync(await Story.EntryAsync([Place.Name], Cancellation), Rules, Cancellation, requester: Story.Carol, approvers: [])).Request;
        var dump = await DumpFile.OfAsync(Database, _folder, Cancellation);
        await RunItsCourseAsync(grant);
        var restored = await RestoreAsync(dump);
        var replica = await StartAsync(restored, files: false);
        var hold = await UntilHeldAsync(restored);

        await EndAsync(restored, replica, hold);

        Assert.Null(await replica.Get<HoldCheck>().FindAsync(Cancellation));
        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).IsOver, "the access of before is over", Cancellation);
        var over = await ReadAsync(restored, grant);
        Assert.Equal((EndReason.Revoked, (string?)null), (over.EndReason, over.BindingUid));
        await using (var db = restored.CreateDbContext())
            Assert.Equal(RequestStatus.Withdrawn, (await db.AccessRequests.SingleAsync(r => r.Id == waiting.Id, Cancellation)).Status);

        // The owner of the database brings rows of an approval along that was given, and used, after the dump.
        var earlier = await Story.OnAsync(restored, Story, Story.Earlier, Cancellation);
        var again = (await earlier.ApprovedAsync(await earlier.EntryAsync([Place.Name], Cancellation), Rules, Cancellation)).Grants[0];
        await Wait.UntilAsync(async () => (await ReadAsync(restored, again)).FailureReason == FailureReason.EvidenceMismatch, "it is found out", Cancellation);
        Assert.Contains("before the records were restored", (await ReadAsync(restored, again)).LastError, StringComparison.Ordinal);
        Assert.False(await MayAsync("oidc:alice"));
    }

    [Fact]
    public async Task Restore_AcceptedAndAskedAnew_Starts()
    {
        var dump = await DumpFile.OfAsync(Database, _folder, Cancellation);
        await RunItsCourseAsync(await ApprovedAsync());
        var restored = await RestoreAsync(dump);
        var replica = await StartAsync(restored, files: true);
        var hold = await UntilHeldAsync(restored);
        await EndAsync(restored, replica, hold);

        var story = await Story.OnAsync(restored, Story, Story.Later, Cancellation);
        var anew = (await story.ApprovedAsync(await story.EntryAsync([Place.Name], Cancellation), Rules, Cancellation)).Grants[0];

        await Wait.UntilAsync(async () => (await ReadAsync(restored, anew)).Status == GrantStatus.Active, "what was asked anew starts", Cancellation);
        var checkpoint = await replica.Get<CheckpointRound>().RunAsync(Cancellation);
        Assert.NotNull(checkpoint);
        Assert.Equal(checkpoint.ToText(), await InClusterAsync());
    }

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
        Assert.Equal(checkpoint.ToText(), (await File.ReadAllTextAsync(Path.Combine(_folder.Path, CheckpointFiles.FileName), Cancellation)).Trim());
        Assert.Contains(checkpoint.ToText(), await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(_folder.Path, "*.jsonl")), Cancellation), StringComparison.Ordinal);
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

    private async Task<TestDatabase> RestoreAsync(DumpFile dump)
    {
        var restored = await dump.RestoreAsync(_postgres.Server, Cancellation);
        _mine.Add(restored);
        return restored;
    }

    // It becomes active, is dropped and is proved gone; then the ledger is signed and sent out.
    private async Task RunItsCourseAsync(Grant grant, Func<Task>? inTheMiddle = null)
    {
        var replica = await StartAsync(Database, files: true);
        var active = await UntilAsync(grant, GrantStatus.Active);
        if (inTheMiddle is not null) await inTheMiddle();
        await ChangeAsync(active, (_, row) => row.End(EndReason.Dropped, Story.Alice.PersonId, DateTimeOffset.UtcNow));
        await UntilAsync(grant, GrantStatus.Ended);
        Assert.NotNull(await replica.Get<CheckpointRound>().RunAsync(Cancellation));
        _mine.Remove(replica);
        await replica.DisposeAsync();
    }

    private async Task<ReconcilerReplica> StartAsync(TestDatabase database, bool files)
    {
        var replica = Create(database, files);
        await replica.StartAsync();
        return replica;
    }

    private ReconcilerReplica Create(TestDatabase database, bool files)
    {
        var replica = ReconcilerReplica.Create(database, Quick, files ? new Dictionary<string, string?> { ["Lapse:CheckpointFolder"] = _folder.Path } : null);
        _mine.Add(replica);
        return replica;
    }

    private static async Task<List<Hold>> OpenAsync(TestDatabase database)
    {
        await using var db = database.CreateDbContext();
        return await db.Holds.AsNoTracking().Where(h => !db.HoldEnds.Any(e => e.HoldId == h.Id)).ToListAsync(Cancellation);
    }

    private static async Task<Hold> UntilHeldAsync(TestDatabase database)
    {
        await Wait.UntilAsync(async () => (await OpenAsync(database)).Count > 0, "Lapse is on hold", Cancellation);
        return (await OpenAsync(database))[0];
    }

    private static async Task<Grant> ReadAsync(TestDatabase database, Grant grant)
    {
        await using var db = database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation);
    }

    // As the engine does it: the proof and the act in one transaction.
    private async Task EndAsync(TestDatabase database, ReconcilerReplica replica, Hold hold)
    {
        await using var db = database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var proof = await Story.ProveAsync(db, StepUpActs.EndHold(hold, Story.Dana.PersonId), Story.Dana, Cancellation);
        await db.SaveChangesAsync(Cancellation);
        var challenge = await db.StepUpChallenges.SingleAsync(c => c.Id == proof.ChallengeId, Cancellation);
        var act = new EndHoldAct(new PortalGroups(), replica.Get<HoldCheck>(), TimeProvider.System);
        Assert.True((await act.RebuildAsync(db, challenge, Cancellation)).Succeeded);
        Assert.True((await act.ActAsync(db, challenge, proof, Cancellation)).Succeeded);
        await db.CommitAsync(Cancellation);
    }

    private async Task<string> InClusterAsync() =>
        (await Place.Client.CoreV1.ReadNamespacedConfigMapAsync(CheckpointObject.Name, Place.Name, cancellationToken: Cancellation)).Data?[CheckpointObject.Field] ?? "";

    private async Task PutAsync(string text)
    {
        var map = await Place.Client.CoreV1.ReadNamespacedConfigMapAsync(CheckpointObject.Name, Place.Name, cancellationToken: Cancellation);
        map.Data = new Dictionary<string, string> { [CheckpointObject.Field] = text };
        await Place.Client.CoreV1.ReplaceNamespacedConfigMapAsync(map, CheckpointObject.Name, Place.Name, cancellationToken: Cancellation);
    }

    private Task EmptyTheClusterAsync() => PutAsync("");
}
