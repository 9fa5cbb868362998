using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Telemetry;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Infrastructure.Tests.Telemetry;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Outages;

/// <summary>How the database goes away.</summary>
public enum Outage
{
    Restarted,
    Killed,
    Terminated,
    ReadOnly,
    Standby,
}

/// <summary>The database goes away in the middle of everything: nothing is half done, nothing stays in limbo, no ledger has a gap.</summary>
public sealed class DatabaseOutageTests(OwnPostgres postgres, ControlPlaneFixture controlPlane) : IClassFixture<OwnPostgres>, IAsyncLifetime
{
    private TestDatabase _database = null!;
    private TestNamespace _place = null!;
    private Story _story = null!;
    private RoleRules _rules = null!;
    private DatabaseProbe _probe = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CopyAsync(Cancellation);
        _place = await controlPlane.NamespaceAsync(Cancellation);
        _story = await Story.BeginAsync(_database, _place.Address, Cancellation);
        _rules = (await _place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Value;
        _probe = new(_database.Serving);
    }

    public async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(Outage.Killed, ReconciliationSteps.Create)]
    [InlineData(Outage.Restarted, ReconciliationSteps.Prepare)]
    [InlineData(Outage.Terminated, ReconciliationSteps.Create)]
    [InlineData(Outage.ReadOnly, ReconciliationSteps.Create)]
    [InlineData(Outage.Standby, ReconciliationSteps.Verify)]
    public async Task Start_DatabaseGoesInTheMiddle_IsFinishedOnceItIsBack(Outage outage, string step)
    {
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(30));
        using var stop = new StopAfter(step, grant.Id);
        await using var replica = await ReconcilerReplica.StartAsync(_database);
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await BeginAsync(outage);
        stop.GoOn();
        await EndAsync(outage);

        var active = await UntilAsync(grant, GrantStatus.Active);
        var found = Assert.IsType<GetBindingResult.Found>(await _place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, Cancellation));
        Assert.Equal(active.BindingUid, found.Binding.Uid);
        await AssertLedgerAsync(grant, LedgerActs.GrantPrepared, LedgerActs.GrantActive);
    }

    [Theory]
    [InlineData(Outage.Killed, ReconciliationSteps.Prove)]
    [InlineData(Outage.Restarted, ReconciliationSteps.End)]
    [InlineData(Outage.Terminated, ReconciliationSteps.Delete)]
    [InlineData(Outage.ReadOnly, ReconciliationSteps.Delete)]
    public async Task End_DatabaseGoesInTheMiddle_IsFinishedOnceItIsBack(Outage outage, string step)
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(1));
        using var stop = new StopAfter(step, grant.Id);
        await using var replica = await ReconcilerReplica.StartAsync(_database);
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await BeginAsync(outage);
        stop.GoOn();
        await EndAsync(outage);
        var back = DateTimeOffset.UtcNow;

        await UntilAsync(grant, GrantStatus.Ended);
        // Not only when the lease of the worker that could not say so has run out.
        Assert.True(DateTimeOffset.UtcNow - back < new ReconciliationOptions().Lease / 2, "The grant lay until its lease ran out.");
        Assert.IsType<GetBindingResult.NotFound>(await _place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, Cancellation));
        await AssertLedgerAsync(grant, LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded);
    }

    [Fact]
    public async Task Disk_Full_NothingIsHalfWrittenAndItGoesOnWhenThereIsRoom()
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(2));
        await using var replica = await ReconcilerReplica.StartAsync(_database);
        await UntilAsync(grant, GrantStatus.Active);
        Assert.Equal(DatabaseCondition.Well, await _probe.AskAsync(Cancellation));

        await postgres.FillAsync(Cancellation);
        try
        {
            Assert.Equal(DatabaseCondition.Full, await _probe.AskAsync(Cancellation));
            // Pages that are half empty take a little more; then nothing goes, and what did not go left nothing behind.
            Exception? refused = null;
            for (var i = 0; i < 2000 && refused is null; i++) refused = await Record.ExceptionAsync(() => NoteAsync(i, padding: 6000));
            Assert.Equal(DatabaseCondition.Full, DatabaseTrouble.Of(refused));
            await AssertReportedAsync(replica);
            Assert.True((await VerifyAsync()).IsIntact);
        }
        finally
        {
            postgres.MakeRoom();
        }

        await UntilProbedAsync(DatabaseCondition.Well);
        await NoteAsync(-1, padding: 6000);
        await UntilAsync(grant, GrantStatus.Ended);
        Assert.IsType<GetBindingResult.NotFound>(await _place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, Cancellation));
        await AssertLedgerAsync(grant, LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded);
    }

    [Fact]
    public async Task Notifications_NeverHeard_TheRowsAreTheTruth()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var cutting = CutListenersAsync(over.Token);
        await using var replica = await ReconcilerReplica.StartAsync(_database, new ReconciliationOptions { LongestSleep = TimeSpan.FromSeconds(1) });
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(30));

        await UntilAsync(grant, GrantStatus.Active);
        // Not even told: as if another replica's notice had been lost.
        await _database.ExecuteAsOwnerAsync("UPDATE grants SET ends_at = now(), due_at = now()", Cancellation);
        await UntilAsync(grant, GrantStatus.Ended);

        await over.CancelAsync();
        Assert.True(await cutting > 0, "Nobody listened, so nothing was cut.");
        await AssertLedgerAsync(grant, LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded);
    }

    [Fact]
    public async Task Commits_OfManyAtOnceWhileConnectionsAreCut_AreWholeOrNot()
    {
        // Some are cut in the middle, some after the commit and before its answer.
        var (written, cut) = (0, 0);
        var work = Enumerable.Range(0, 8).Select(async worker =>
        {
            for (var i = 0; i < 40; i++)
                if (await Record.ExceptionAsync(() => NoteAsync(worker * 100 + i, padding: 0)) is null) Interlocked.Increment(ref written);
                else Interlocked.Increment(ref cut);
        }).ToList();
        while (!work.TrueForAll(one => one.IsCompleted))
        {
            await postgres.TerminateAsync(Cancellation);
            await Task.Delay(30, Cancellation);
        }
        await Task.WhenAll(work);

        await UntilProbedAsync(DatabaseCondition.Well);
        var result = await VerifyAsync();
        Assert.True(result.IsIntact);
        await using var db = _database.CreateDbContext();
        var (sequence, entries) = ((await db.LedgerHead.AsNoTracking().SingleAsync(Cancellation)).Sequence, await db.LedgerEntries.LongCountAsync(Cancellation));
        Assert.Equal(entries, sequence);
        // Whoever was told that it is done has it there; whoever was not may have it all the same, whole.
        Assert.True(entries >= written && written > 0 && cut > 0, $"{written} were told, {cut} were cut, {entries} are there.");
    }

    [Fact]
    public async Task Watch_DatabaseGoesAndComesBack_SaysSoAndHasEverybodyReadAnew()
    {
        using var feed = new ChangeFeed(_database.Serving, TimeProvider.System, NullLogger<ChangeFeed>.Instance);
        using var watch = new DatabaseWatch(_probe, feed, TimeProvider.System, NullLogger<DatabaseWatch>.Instance);
        List<DatabaseCondition> seen = [];
        watch.Changed += () => seen.Add(watch.Condition);
        var anew = new TaskCompletionSource();
        using var subscription = feed.Subscribe(_ => false, _ => { anew.TrySetResult(); return Task.CompletedTask; });

        await watch.LookAsync(Cancellation);
        await postgres.KillAsync(Cancellation);
        await watch.LookAsync(Cancellation);
        await watch.LookAsync(Cancellation);
        Assert.False(anew.Task.IsCompleted);
        await postgres.StartAsync(Cancellation);
        await Wait.UntilAsync(async () => { await watch.LookAsync(Cancellation); return watch.Condition == DatabaseCondition.Well; }, "well again", Cancellation);

        await anew.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal([DatabaseCondition.Away, DatabaseCondition.Well], seen);
    }

    [Fact]
    public async Task Replica_WhoseConnectionTheNetworkSwallowed_GoesOnUnderAnotherNumber()
    {
        await using var replica = new Replica(_database.Serving);
        await replica.AppearAsync(Cancellation);
        var before = replica.Name;
        // The server still holds what the replica has lost: a session that nobody answers any more.
        await _database.ExecuteAsOwnerAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'", Cancellation);
        await using var zombie = await _database.Serving.OpenConnectionAsync(Cancellation);
        await using (var hold = new Npgsql.NpgsqlCommand($"SELECT pg_advisory_lock({0x4C505345}, {Replica.NumberOf(before)})", zombie)) await hold.ExecuteNonQueryAsync(Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => replica.LivingAsync(Cancellation));

        var living = await replica.LivingAsync(Cancellation);

        Assert.NotEqual(before, replica.Name);
        Assert.Contains(Replica.NumberOf(replica.Name)!.Value, living);
        Assert.Equal([before, replica.Name], replica.Names);
    }

    [Fact]
    public async Task Forgotten_AClaimWhoseAnswerWasLost_IsFreedLongBeforeItsLease()
    {
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(30));
        await using var replica = ReconcilerReplica.Create(_database);
        var claims = replica.Get<GrantClaims>();
        Assert.Equal([new TakenGrant(grant.Id, grant.ClusterId)], (await claims.ClaimAsync(Lane.Start, 5, [], Cancellation)).Taken);

        // It may be on its way to its worker, or in its hand.
        Assert.Equal(0, await claims.FreeForgottenAsync([], Cancellation));
        await _database.ExecuteAsOwnerAsync("UPDATE grants SET lease_until = lease_until - interval '5 seconds'", Cancellation);
        Assert.Equal(0, await claims.FreeForgottenAsync([grant.Id], Cancellation));
        Assert.Equal(1, await claims.FreeForgottenAsync([], Cancellation));

        Assert.Equal([new TakenGrant(grant.Id, grant.ClusterId)], (await claims.ClaimAsync(Lane.Start, 5, [], Cancellation)).Taken);
    }

    private async Task BeginAsync(Outage outage)
    {
        switch (outage)
        {
            case Outage.Restarted:
                await postgres.StopAsync();
                break;
            case Outage.Killed:
                await postgres.KillAsync(Cancellation);
                break;
            case Outage.Terminated:
                await postgres.TerminateAsync(Cancellation);
                return;
            case Outage.ReadOnly:
                await postgres.SetReadOnlyAsync(true, Cancellation);
                break;
            case Outage.Standby:
                await postgres.BecomeStandbyAsync(Cancellation);
                break;
        }
        await UntilProbedAsync(outage is Outage.ReadOnly or Outage.Standby ? DatabaseCondition.ReadOnly : DatabaseCondition.Away);
    }

    private async Task EndAsync(Outage outage)
    {
        switch (outage)
        {
            case Outage.Restarted or Outage.Killed:
                await postgres.StartAsync(Cancellation);
                break;
            case Outage.ReadOnly:
                await postgres.SetReadOnlyAsync(false, Cancellation);
                break;
            case Outage.Standby:
                await postgres.PromoteAsync(Cancellation);
                break;
        }
        await UntilProbedAsync(DatabaseCondition.Well);
    }

    private Task UntilProbedAsync(DatabaseCondition condition) => Wait.UntilAsync(async () => await _probe.AskAsync(Cancellation) == condition, $"the database is {condition}", Cancellation);

    private async Task<int> CutListenersAsync(CancellationToken over)
    {
        var cut = 0;
        while (!over.IsCancellationRequested)
        {
            await using var command = _database.Owner.CreateCommand($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN {PortalDbContext.ChangesChannel}%' AND datname = current_database()");
            cut += (int)(long)(await command.ExecuteScalarAsync(Cancellation))!;
            await Task.Delay(20, CancellationToken.None);
        }
        return cut;
    }

    private async Task NoteAsync(int number, int padding)
    {
        await using var db = _database.CreateDbContext();
        db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, LedgerActs.Alert, $"test:{number}", new JsonObject { ["number"] = number, ["padding"] = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(padding / 2)) });
        await db.CommitAsync(Cancellation);
    }

    // A database that answers and takes nothing is no better than none.
    private async Task AssertReportedAsync(ReconcilerReplica replica)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var metrics = new StandingMetrics(_database, _probe, replica.Get<ClusterConnections>(), meters, replica.Get<HoldCheck>(), TimeProvider.System, NullLogger<StandingMetrics>.Instance);
        await metrics.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Gauges.Read(meters)["lapse.database.reachable "] == 0), "a full disk is reported", Cancellation);
        await metrics.StopAsync(Cancellation);
    }

    private async Task<Grant> ApprovedAsync(TimeSpan duration) =>
        (await _story.ApprovedAsync(await _story.EntryAsync([_place.Name], Cancellation), _rules, Cancellation, duration)).Grants[0];

    private async Task<Grant> UntilAsync(Grant grant, GrantStatus status)
    {
        var now = grant;
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await using var db = _database.CreateDbContext();
                    return (now = await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation)).Status == status;
                }
                catch (Exception cut) when (DatabaseTrouble.Is(cut))
                {
                    // One of this test's own connections that did not survive.
                    return false;
                }
            },
            status.ToString(), Cancellation);
        return now;
    }

    private async Task AssertLedgerAsync(Grant grant, params string[] acts)
    {
        await using var db = _database.CreateDbContext();
        var subject = LedgerSubject.Of(grant.Id);
        Assert.Equal(acts, await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject && e.Act != LedgerActs.Alert).OrderBy(e => e.Sequence).Select(e => e.Act).ToListAsync(Cancellation));
        Assert.True((await VerifyAsync()).IsIntact);
    }

    private async Task<LedgerVerification> VerifyAsync() => await new LedgerVerifier(_database).VerifyAsync(null, Cancellation);
}
