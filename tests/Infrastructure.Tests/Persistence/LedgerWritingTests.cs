using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Persistence;

public sealed class LedgerWritingTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task CommitAsync_ManyWritersAtOnce_LeavesAGaplessIntactChain()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), Cancellation, async (number, cancellation) => await AppendAsync(number, 3, cancellation));

        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(1, 120).Select(n => (long)n), entries.Select(e => e.Sequence));
        Assert.All(entries, e => Assert.True(e.IsIntact()));
        Assert.All(entries.Zip(entries.Skip(1)), pair => Assert.Equal(pair.First.Hash, pair.Second.PreviousHash));
        var head = await db.LedgerHead.SingleAsync(Cancellation);
        Assert.Equal((120, entries[^1].Hash), (head.Sequence, head.Hash), new HeadComparer());
    }

    [Fact]
    public async Task SaveChangesAsync_WithPendingEntries_Throws()
    {
        await using var db = Database.CreateDbContext();
        db.Record(Now, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync(Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Record_NeverCommitted_IsForgottenWhenTheContextIsUsedAgain(bool asynchronously)
    {
        // As the portal has them.
        var contexts = new PooledDbContextFactory<PortalDbContext>(TestDatabase.Options(Database.Serving), poolSize: 1);
        var first = contexts.CreateDbContext();
        first.Record(Now, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
        World.SignIn(first, "alice", Now);
        if (asynchronously) await first.DisposeAsync();
        else first.Dispose();

        await using var second = contexts.CreateDbContext();
        Assert.Same(first, second);
        await second.CommitAsync(Cancellation);

        await using var db = Database.CreateDbContext();
        Assert.Empty(await db.LedgerEntries.ToListAsync(Cancellation));
        Assert.Empty(await db.People.ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("UPDATE ledger_entries SET act = 'x'")]
    [InlineData("DELETE FROM ledger_entries")]
    [InlineData("TRUNCATE ledger_entries")]
    public async Task Ledger_ChangedByAnybody_IsRefused(string sql)
    {
        await AppendAsync(1, 1, Cancellation);

        var asOwner = await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsOwnerAsync(sql, Cancellation));
        await using var command = Database.Serving.CreateCommand(sql);
        var asPortal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Cancellation));

        Assert.Contains("append-only", asOwner.MessageText, StringComparison.Ordinal);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, asPortal.SqlState);
    }

    [Fact]
    public async Task ExcessAsync_ServingRole_HasNone() => Assert.Empty(await DatabaseRights.ExcessAsync(Database.Serving, Cancellation));

    [Fact]
    public async Task ExcessAsync_Owner_HasSome() =>
        Assert.Contains("owns the ledger", await DatabaseRights.ExcessAsync(Database.Owner, Cancellation));

    [Theory]
    [InlineData("GRANT UPDATE ON workflow_versions TO lapse_portal", "may update workflow_versions")]
    [InlineData("GRANT UPDATE (signature) ON provider_keys TO lapse_portal", "may update provider_keys")]
    [InlineData("GRANT DELETE ON decisions TO lapse_portal", "may delete from decisions")]
    [InlineData("GRANT TRUNCATE ON ledger_entries TO lapse_portal", "may truncate from ledger_entries")]
    [InlineData("GRANT INSERT ON ledger_head TO lapse_portal", "may insert into ledger_head")]
    [InlineData("GRANT CREATE ON SCHEMA public TO lapse_portal", "may create tables")]
    public async Task ExcessAsync_RightGivenByHand_IsNamed(string sql, string excess)
    {
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);

        Assert.Equal([excess], await DatabaseRights.ExcessAsync(Database.Serving, Cancellation));
    }

    [Fact]
    public async Task Migrations_AgainstTheModel_MissNothing()
    {
        await using var db = Database.CreateOwnerContext();
        Assert.False(db.Database.HasPendingModelChanges());
    }

    private async Task AppendAsync(int number, int entries, CancellationToken cancellation)
    {
        await using var db = Database.CreateDbContext();
        for (var i = 0; i < entries; i++)
            db.Record(Now, LedgerActor.Lapse, LedgerActs.Alert, $"test:{number}", new JsonObject { ["entry"] = i });
        await db.CommitAsync(cancellation);
    }

    private sealed class HeadComparer : IEqualityComparer<(long Sequence, byte[] Hash)>
    {
        public bool Equals((long Sequence, byte[] Hash) x, (long Sequence, byte[] Hash) y) => x.Sequence == y.Sequence && x.Hash.SequenceEqual(y.Hash);

        public int GetHashCode((long Sequence, byte[] Hash) head) => head.Sequence.GetHashCode();
    }
}
