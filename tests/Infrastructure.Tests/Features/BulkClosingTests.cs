using System.Data.Common;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Emergency;
using Lapse.Portal.Features.People;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Where much ends at once each request closes with its last access, once, in as few statements as for one.</summary>
public sealed class BulkClosingTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private const int Many = 12;

    private static readonly ActorGuard Guard = new(TimeProvider.System, new PortalGroups(), new SignInLifetime(TimeSpan.FromHours(8)));

    private Story _story = null!;
    private int _places;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        // Nothing is sent there.
        _story = await Story.BeginAsync(Database, ClusterAddress.From("https://cluster.test", "", new ClusterCredential.Token("token")).Value, Cancellation);
    }

    [Fact]
    public async Task Disable_SomebodyWithMuchAccess_ClosesWhatIsOverAndNothingElse()
    {
        var little = await HoldAsync(_story.Carol, 1);
        var much = await HoldAsync(_story.Alice, Many);
        var others = await HoldAsync(_story.Bob, 2);
        var (one, all) = (new Reads(), new Reads());

        Assert.Equal(1 + 2 + 2, (await new DisablePerson(new Counting(Database, one), Guard, TimeProvider.System).DisableAsync(_story.Dana, _story.Carol.PersonId, "", Cancellation)).Value.Grants);
        Assert.Equal(Many + 2 + 2, (await new DisablePerson(new Counting(Database, all), Guard, TimeProvider.System).DisableAsync(_story.Dana, _story.Alice.PersonId, "", Cancellation)).Value.Grants);

        Assert.Equal(one.Count, all.Count);
        await AssertClosedAsync(little);
        await AssertClosedAsync(much);
        Assert.Equal(4, (await OpenAsync()).Intersect(others.Over.Concat(others.Live)).Count());
        await AssertLedgerAsync(Many + 2 + 1 + 1 + 2 + 1);
    }

    [Fact]
    public async Task Emergency_Everything_ClosesWhatIsOverAndNothingElse()
    {
        var held = new[] { await HoldAsync(_story.Alice, Many), await HoldAsync(_story.Bob, Many), await HoldAsync(_story.Carol, 1) };

        Assert.Equal((2 * Many) + 1 + (3 * 4), (await new EndInEmergency(Database, Guard, TimeProvider.System).EndAsync(_story.Dana, new EmergencyScope.Everything(), hold: false, "", Cancellation)).Value.Grants);

        foreach (var one in held) await AssertClosedAsync(one);
        await AssertLedgerAsync((2 * Many) + 1 + (3 * 3));
        // A second click finds nothing.
        Assert.Equal(0, (await new EndInEmergency(Database, Guard, TimeProvider.System).EndAsync(_story.Dave, new EmergencyScope.Everything(), hold: false, "", Cancellation)).Value.Grants);
    }

    [Fact]
    public async Task Close_SeveralThatAreExtended_HandsEachExtensionItsOwnKey()
    {
        List<(AccessRequestId Earlier, string Key, AccessRequestId Extension)> pairs = [];
        foreach (var person in new[] { _story.Alice, _story.Bob, _story.Carol })
        {
            var entry = await _story.EntryAsync([$"place-{_places++}"], Cancellation);
            var (earlier, grants) = await _story.ApprovedAsync(entry, World.Rules, Cancellation, requester: person, approvers: [_story.Dave]);
            await ActivateAsync(grants[0]);
            var (extension, _) = await _story.ApprovedAsync(entry, World.Rules, Cancellation, requester: person, approvers: [], extends: earlier.Id);
            pairs.Add((earlier.Id, earlier.OpenKey!, extension.Id));
        }
        // One of the three is not over.
        var (over, live) = (pairs[..2], pairs[2]);

        await using (var db = Database.CreateDbContext())
        await using (await db.Database.BeginTransactionAsync(Cancellation))
        {
            var ids = over.ConvertAll(pair => pair.Earlier);
            var ended = await db.Grants.Where(g => ids.Contains(g.RequestId)).ToListAsync(Cancellation);
            foreach (var grant in ended)
            {
                grant.End(EndReason.Expired, null, DateTimeOffset.UtcNow);
                grant.ProvedGone(DateTimeOffset.UtcNow);
            }
            await db.CloseIfOverAsync(ended, Cancellation);
            await db.CommitAsync(Cancellation);
        }

        await using var after = Database.CreateDbContext();
        var keys = await after.AccessRequests.ToDictionaryAsync(r => r.Id, r => r.OpenKey, Cancellation);
        Assert.All(over, pair => Assert.Equal((null, pair.Key), (keys[pair.Earlier], keys[pair.Extension])));
        Assert.Equal((live.Key, OpenKeys.OfExtension(live.Earlier)), (keys[live.Earlier], keys[live.Extension]));
    }

    /// <summary>So much that has not begun, and two of two places each: of the one nothing has begun, of the other one part is active.</summary>
    private async Task<(IReadOnlyList<AccessRequestId> Over, IReadOnlyList<AccessRequestId> Live)> HoldAsync(Actor person, int count)
    {
        List<AccessRequestId> over = [];
        for (var i = 0; i < count; i++) over.Add((await ApprovedAsync(1)).Request.Id);
        over.Add((await ApprovedAsync(2)).Request.Id);
        var (half, grants) = await ApprovedAsync(2);
        await ActivateAsync(grants[0]);
        return (over, [half.Id]);

        async Task<(AccessRequest Request, IReadOnlyList<Grant> Grants)> ApprovedAsync(int places) =>
            await _story.ApprovedAsync(await _story.EntryAsync([.. Enumerable.Range(0, places).Select(_ => $"place-{_places++}")], Cancellation), World.Rules, Cancellation, requester: person, approvers: [_story.Dave]);
    }

    private async Task ActivateAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        var (row, now) = (await db.Grants.SingleAsync(g => g.Id == grant.Id, Cancellation), DateTimeOffset.UtcNow);
        row.Begin(now);
        row.Prepare($"lapse:probe:{row.Id}", now + row.Duration + Grant.UsableWithin, "signature", now);
        row.Created("uid");
        row.Answered();
        row.Activate(now);
        await db.CommitAsync(Cancellation);
    }

    private async Task AssertClosedAsync((IReadOnlyList<AccessRequestId> Over, IReadOnlyList<AccessRequestId> Live) held)
    {
        var open = await OpenAsync();
        Assert.Empty(open.Intersect(held.Over));
        // What is being removed still counts.
        Assert.Equal(held.Live, open.Intersect(held.Live));
        await using var db = Database.CreateDbContext();
        var grants = await db.Grants.Where(g => held.Over.Concat(held.Live).Contains(g.RequestId)).ToListAsync(Cancellation);
        Assert.All(grants, grant => Assert.Equal(EndReason.Revoked, grant.EndReason));
        Assert.Single(grants, grant => grant.Status == GrantStatus.Revoking);
        Assert.Equal(held.Over.Count + 2, grants.Count(grant => grant.Status == GrantStatus.Ended));
    }

    private async Task<HashSet<AccessRequestId>> OpenAsync()
    {
        await using var db = Database.CreateDbContext();
        return [.. await db.AccessRequests.Where(r => r.OpenKey != null).Select(r => r.Id).ToListAsync(Cancellation)];
    }

    private async Task AssertLedgerAsync(int ended)
    {
        await using var db = Database.CreateDbContext();
        var subjects = await db.LedgerEntries.Where(e => e.Act == LedgerActs.GrantEnded).Select(e => e.Subject).ToListAsync(Cancellation);
        Assert.Equal((ended, ended), (subjects.Count, subjects.Distinct().Count()));
        Assert.True((await new LedgerVerifier(Database).VerifyAsync(null, Cancellation)).IsIntact);
    }

    /// <summary>Contexts whose reads are counted.</summary>
    private sealed class Counting(TestDatabase database, Reads reads) : IDbContextFactory<PortalDbContext>
    {
        public PortalDbContext CreateDbContext() => new(new DbContextOptionsBuilder<PortalDbContext>(TestDatabase.Options(database.Serving)).AddInterceptors(reads).Options);
    }

    private sealed class Reads : DbCommandInterceptor
    {
        public int Count { get; private set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.TrimStart().StartsWith("SELECT", StringComparison.Ordinal)) Count++;
            return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
        }
    }
}
