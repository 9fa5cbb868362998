using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Features.Hold;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>A database that can be dumped and restored, and a cluster and a file that keep what Lapse signed.</summary>
public abstract class RestoreTest(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly ReconciliationOptions Quick = new() { LongestBackoff = TimeSpan.FromMilliseconds(500) };

    private readonly PostgresFixture _postgres = postgres;
    private readonly List<IAsyncDisposable> _mine = [];

    private protected ScratchFolder Folder { get; } = new();

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
        Folder.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<TestDatabase> RestoreAsync(DumpFile dump)
    {
        var restored = await dump.RestoreAsync(_postgres.Server, Cancellation);
        _mine.Add(restored);
        return restored;
    }

    // It becomes active, is dropped and is proved gone; then the ledger is signed and sent out.
    private protected async Task RunItsCourseAsync(Grant grant, Func<Task>? inTheMiddle = null)
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

    private protected async Task<ReconcilerReplica> StartAsync(TestDatabase database, bool files)
    {
        var replica = Create(database, files);
        await replica.StartAsync();
        return replica;
    }

    private protected ReconcilerReplica Create(TestDatabase database, bool files)
    {
        var replica = ReconcilerReplica.Create(database, Quick, files ? new Dictionary<string, string?> { ["Lapse:CheckpointFolder"] = Folder.Path } : null);
        _mine.Add(replica);
        return replica;
    }

    private protected static async Task<List<Hold>> OpenAsync(TestDatabase database)
    {
        await using var db = database.CreateDbContext();
        return await db.Holds.AsNoTracking().Where(h => !db.HoldEnds.Any(e => e.HoldId == h.Id)).ToListAsync(Cancellation);
    }

    private protected static async Task<Hold> UntilHeldAsync(TestDatabase database)
    {
        await Wait.UntilAsync(async () => (await OpenAsync(database)).Count > 0, "Lapse is on hold", Cancellation);
        return (await OpenAsync(database))[0];
    }

    private protected static async Task<Grant> ReadAsync(TestDatabase database, Grant grant)
    {
        await using var db = database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation);
    }

    // As the engine does it: the proof and the act in one transaction.
    private protected async Task EndAsync(TestDatabase database, ReconcilerReplica replica, Hold hold)
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

    private protected async Task<string> InClusterAsync() =>
        (await Place.Client.CoreV1.ReadNamespacedConfigMapAsync(CheckpointObject.Name, Place.Name, cancellationToken: Cancellation)).Data?[CheckpointObject.Field] ?? "";

    private protected async Task PutAsync(string text)
    {
        var map = await Place.Client.CoreV1.ReadNamespacedConfigMapAsync(CheckpointObject.Name, Place.Name, cancellationToken: Cancellation);
        map.Data = new Dictionary<string, string> { [CheckpointObject.Field] = text };
        await Place.Client.CoreV1.ReplaceNamespacedConfigMapAsync(map, CheckpointObject.Name, Place.Name, cancellationToken: Cancellation);
    }

    private protected Task EmptyTheClusterAsync() => PutAsync("");
}
