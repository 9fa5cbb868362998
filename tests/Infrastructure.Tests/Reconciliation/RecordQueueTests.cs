using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Who records at the same moment shares a transaction, and nobody loses a record by what another one did in it.</summary>
public sealed class RecordQueueTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _goOn = new();

    [Fact]
    public async Task Record_ManyWhoWait_ShareOneTransaction()
    {
        var (contexts, grants) = (new Contexts(Database), await ScheduledAsync());
        using var queue = new RecordQueue(contexts, Clock);
        var (first, others) = await WaitingAsync(queue, grants, (_, _) => Task.CompletedTask, Cancellation);

        _goOn.SetResult();

        Assert.All(await Task.WhenAll([first, .. others]), saved => Assert.Equal(GrantStatus.Ended, saved?.Status));
        // One for whoever came first, one for all who came meanwhile.
        Assert.Equal(2, contexts.Made);
        await AssertEndedAsync(grants, grants);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Record_OneOfManyFails_OnlyThatOneIsNotSaved(bool inTheDatabase)
    {
        var (contexts, grants) = (new Contexts(Database), await ScheduledAsync());
        using var queue = new RecordQueue(contexts, Clock);
        var spoiler = grants[2];
        var (first, others) = await WaitingAsync(queue, grants, async (db, grant) =>
        {
            if (grant.Id != spoiler.Id) return;
            // The one leaves the shared transaction whole, the other takes it away from everybody.
            if (inTheDatabase) await db.Database.ExecuteSqlAsync($"SELECT 1 / 0", Cancellation);
            throw new InvalidOperationException("On purpose.");
        }, Cancellation);

        _goOn.SetResult();

        await first;
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => others[1]);
        Assert.Equal(inTheDatabase, failed is PostgresException { SqlState: PostgresErrorCodes.DivisionByZero });
        foreach (var other in others.Where(other => other != others[1])) Assert.Equal(GrantStatus.Ended, (await other)?.Status);
        Assert.Equal(2 + others.Count, contexts.Made);
        await AssertEndedAsync(grants, [.. grants.Where(grant => grant.Id != spoiler.Id)]);
    }

    [Fact]
    public async Task Record_SomebodyElseMovedOneMeanwhile_OnlyThatOneIsNotSaved()
    {
        var grants = await ScheduledAsync();
        using var queue = new RecordQueue(Database, Clock);
        var (first, others) = await WaitingAsync(queue, grants, (_, _) => Task.CompletedTask, Cancellation);
        await MoveAsync(grants[1].Id, grant => grant.Begin(Start));

        _goOn.SetResult();

        Assert.Equal([false, true, false, false], (await Task.WhenAll([first, .. others])).Select(saved => saved is null));
        await AssertEndedAsync(grants, [grants[0], grants[2], grants[3]]);
    }

    [Fact]
    public async Task Record_DatabaseAway_IsToldToAllAndTriedOnceForAll()
    {
        var (contexts, grants) = (new Contexts(Database), await ScheduledAsync());
        using var queue = new RecordQueue(contexts, Clock);
        var (first, others) = await WaitingAsync(queue, grants, (_, _) => Task.CompletedTask, Cancellation);
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=2");
        contexts.Source = nowhere;

        _goOn.SetResult();

        await first;
        foreach (var other in others) Assert.Equal(DatabaseCondition.Away, DatabaseTrouble.Of(await Assert.ThrowsAnyAsync<Exception>(() => other)));
        Assert.Equal(2, contexts.Made);
        await AssertEndedAsync(grants, [grants[0]]);
        // It goes on once the database is back.
        contexts.Source = Database.Serving;
        Assert.NotNull(await queue.RecordAsync(grants[1], (db, grant, now) => { db.End(grant, EndReason.Revoked, null, "", now); return Task.CompletedTask; }, Cancellation));
    }

    [Fact]
    public async Task Record_DatabaseFallsSilentInTheMiddle_IsToldToAllAndTriedOnceForAll()
    {
        var (contexts, grants) = (new Contexts(Database), await ScheduledAsync());
        using var queue = new RecordQueue(contexts, Clock);
        // As EF Core tells of it.
        var (first, others) = await WaitingAsync(queue, grants, (_, _) => throw new DbUpdateException("See the inner one.", new NpgsqlException("No answer.")), Cancellation);

        _goOn.SetResult();

        await first;
        foreach (var other in others) await Assert.ThrowsAsync<DbUpdateException>(() => other);
        Assert.Equal(2, contexts.Made);
        await AssertEndedAsync(grants, [grants[0]]);
    }

    [Fact]
    public async Task Record_WhoWaitsGivesUp_IsNotSavedAndHoldsUpNobody()
    {
        var grants = await ScheduledAsync();
        using var queue = new RecordQueue(Database, Clock);
        using var gaveUp = new CancellationTokenSource();
        var (first, others) = await WaitingAsync(queue, grants, (_, _) => Task.CompletedTask, gaveUp.Token);
        var late = queue.RecordAsync(grants[3], (db, grant, now) => { db.End(grant, EndReason.Revoked, null, "", now); return Task.CompletedTask; }, Cancellation);

        await gaveUp.CancelAsync();
        foreach (var other in others) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        _goOn.SetResult();

        Assert.NotNull(await first);
        Assert.NotNull(await late);
        await AssertEndedAsync(grants, [grants[0], grants[3]]);
    }

    /// <summary>The first is in the middle of its transaction; the others wait behind it.</summary>
    private async Task<(Task<Grant?> First, List<Task<Grant?>> Others)> WaitingAsync(RecordQueue queue, List<Grant> grants, Func<PortalDbContext, Grant, Task> more, CancellationToken others)
    {
        var first = queue.RecordAsync(
            grants[0],
            async (db, grant, now) =>
            {
                _begun.TrySetResult();
                await _goOn.Task;
                db.End(grant, EndReason.Revoked, null, "", now);
            },
            Cancellation);
        await _begun.Task;
        return (first, [.. grants.Skip(1).Select(seen => queue.RecordAsync(
            seen,
            async (db, grant, now) =>
            {
                db.End(grant, EndReason.Revoked, null, "", now);
                await more(db, grant);
            },
            others))]);
    }

    private async Task<List<Grant>> ScheduledAsync()
    {
        List<GrantId> ids = [];
        foreach (var person in new[] { World.Alice, World.Bob, World.Carol })
            ids.Add(await GrantedAsync(World.ByRule, person));
        ids.Add(await GrantedAsync(World.OnePeer, World.Alice, World.Bob));
        await using var db = Database.CreateDbContext();
        var grants = await db.Grants.AsNoTracking().ToDictionaryAsync(g => g.Id, Cancellation);
        return [.. ids.Select(id => grants[id])];
    }

    // Each of them once, its request closed with it, and the chain whole.
    private async Task AssertEndedAsync(List<Grant> all, List<Grant> ended)
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.Where(e => e.Act == LedgerActs.GrantEnded).Select(e => e.Subject).ToListAsync(Cancellation);
        Assert.Equal(ended.Select(grant => LedgerSubject.Of(grant.Id)).Order(), entries.Order());
        var open = await db.AccessRequests.Where(r => r.OpenKey != null).Select(r => r.Id).ToListAsync(Cancellation);
        Assert.Equal(all.Except(ended).Select(grant => grant.RequestId).ToHashSet(), open.ToHashSet());
        Assert.Equal(ended.Count, await db.Grants.CountAsync(g => g.Status == GrantStatus.Ended, Cancellation));
        Assert.True((await new LedgerVerifier(Database).VerifyAsync(null, Cancellation)).IsIntact);
    }

    /// <summary>Counts how often somebody begins, and may lead nowhere.</summary>
    private sealed class Contexts(TestDatabase database) : IDbContextFactory<PortalDbContext>
    {
        private int _made;

        public int Made => _made;

        public NpgsqlDataSource Source { get; set; } = database.Serving;

        public PortalDbContext CreateDbContext()
        {
            Interlocked.Increment(ref _made);
            return new(TestDatabase.Options(Source));
        }
    }
}
