using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Holds;

/// <summary>While Lapse is on hold access ends and none starts, whoever writes what into the database.</summary>
public sealed class HoldTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly ReconciliationOptions Quick = new() { LongestBackoff = TimeSpan.FromMilliseconds(500) };

    [Fact]
    public async Task Hold_Begun_EndsWhatIsActiveAndStartsNothingUntilAnAdminEndsIt()
    {
        await StartAsync(Quick);
        var active = await UntilAsync(await ApprovedAsync(), GrantStatus.Active);
        var hold = await BeginAsync();
        var waiting = await ApprovedAsync(requester: Story.Carol);

        await UntilHeldAsync(waiting);
        await ChangeAsync(active, (_, grant) => grant.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow));
        await UntilAsync(active, GrantStatus.Ended);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(waiting));
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(waiting));

        await EndAsync(hold, Story.Dana);
        await UntilAsync(waiting, GrantStatus.Active);
        Assert.Equal([LedgerActs.HoldBegun], (await LedgerAsync(LedgerSubject.Of(hold.Id))).Select(e => e.Act));
    }

    [Fact]
    public async Task Hold_TooLongForAStart_FailsItAsTooLate()
    {
        var clock = new ShiftedClock();
        await BeginAsync();
        await StartAsync(Quick, clock);
        var grant = await ApprovedAsync();
        await UntilHeldAsync(grant);

        clock.Advance(TimeSpan.FromMinutes(16));

        var failed = await UntilAsync(grant, GrantStatus.Failed);
        Assert.Equal(FailureReason.TooLate, failed.FailureReason);
        Assert.Contains("on hold", failed.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_BetweenTheLookAndThePreparation_PreparesNothing()
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(ReconciliationSteps.Check, grant.Id);
        await StartAsync(Quick);
        await stop.Reached;

        await BeginAsync();
        stop.GoOn();

        await UntilHeldAsync(grant);
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(grant));
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
    }

    [Fact]
    public async Task Hold_AfterTheCreate_GivesNoAccessAndTakesTheBindingBack()
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(ReconciliationSteps.Create, grant.Id);
        await StartAsync(Quick);
        await stop.Reached;
        Assert.IsType<GetBindingResult.Found>(await LookAsync(grant));

        var hold = await BeginAsync();
        stop.GoOn();

        await Wait.UntilAsync(async () => await LookAsync(grant) is GetBindingResult.NotFound, "the binding is gone", Cancellation);
        await UntilHeldAsync(grant);
        Assert.Equal([LedgerActs.GrantPrepared], await ActsAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));

        await EndAsync(hold, Story.Dana);
        await UntilAsync(grant, GrantStatus.Active);
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantPrepared, LedgerActs.GrantActive], await ActsAsync(grant));
    }

    [Fact]
    public async Task Hold_ThatCannotBeRead_StartsNothing()
    {
        await Database.ExecuteAsOwnerAsync("ALTER TABLE holds RENAME TO gone", Cancellation);
        await StartAsync(Quick);
        var grant = await ApprovedAsync();

        await Wait.UntilAsync(async () => (await ReadAsync(grant)).LastError is { } words && words.Contains("error inside Lapse", StringComparison.Ordinal), "it stumbles", Cancellation);
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(grant));

        await Database.ExecuteAsOwnerAsync("ALTER TABLE gone RENAME TO holds", Cancellation);
        await UntilAsync(grant, GrantStatus.Active);
    }

    /// <summary>What somebody who owns the database writes to end a hold.</summary>
    public static TheoryData<string, string> Attacks => new()
    {
        { "nothing", "SELECT 1" },
        { "no proof of it", "INSERT INTO hold_ends SELECT h.id, now(), p.person_id, p.id FROM holds h, step_up_proofs p LIMIT 1" },
        { "the proof of another act", "INSERT INTO hold_ends SELECT h.id, now(), p.person_id, p.id FROM holds h, step_up_proofs p JOIN people a ON a.id = p.person_id WHERE a.name = 'dana' LIMIT 1" },
        { "the row deleted", "ALTER TABLE holds DISABLE TRIGGER USER; DELETE FROM holds" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Hold_EndedInTheDatabase_GoesOn(string what, string sql)
    {
        Assert.NotEmpty(what);
        var hold = await BeginAsync();
        var grant = await ApprovedAsync();
        await ProveAsync(StepUpActs.EndHold(new() { Id = UuidId.New<HoldId>(DateTimeOffset.UtcNow), Cause = hold.Cause, Why = hold.Why, BegunAt = hold.BegunAt, BegunBy = hold.BegunBy, Witness = "" }, Story.Dana.PersonId), Story.Dana);
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);
        await StartAsync(Quick);

        await UntilHeldAsync(grant);
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(grant));
    }

    [Fact]
    public async Task Hold_EndedBySomebodyWhoIsNoAdmin_GoesOn()
    {
        var hold = await BeginAsync();
        var grant = await ApprovedAsync();
        await EndAsync(hold, Story.Bob);
        await StartAsync(Quick);

        await UntilHeldAsync(grant);
    }

    [Fact]
    public async Task Hold_WrittenByTheServingRole_CanBeNeitherChangedNorDeleted()
    {
        await BeginAsync();
        foreach (var sql in (string[])["UPDATE holds SET why = ''", "DELETE FROM holds", "TRUNCATE holds CASCADE", "UPDATE hold_ends SET ended_at = now()", "DELETE FROM hold_ends", "DELETE FROM ledger_checkpoints", "UPDATE ledger_checkpoints SET text = ''"])
        {
            await using var command = Database.Serving.CreateCommand(sql);
            Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync(Cancellation))).SqlState);
        }
        // The trigger keeps even its owner from doing it by mistake.
        Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Database.ExecuteAsOwnerAsync("DELETE FROM holds", Cancellation))).SqlState);
    }

    [Fact]
    public async Task Begin_WhileOneOfItsCauseIsOpen_BeginsNoSecond()
    {
        var first = await BeginAsync();
        var second = await BeginAsync();
        var other = await BeginAsync(HoldCause.BrokenLedger);

        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual(first.Id, other.Id);
        await EndAsync(first, Story.Dana);
        Assert.NotEqual(first.Id, (await BeginAsync()).Id);
    }

    private async Task<Hold> BeginAsync(HoldCause cause = HoldCause.Admin)
    {
        var now = DateTimeOffset.UtcNow;
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var (hold, _) = await Infrastructure.Holds.Holds.BeginAsync(db, cause, "Something is wrong.", LedgerActor.Of(Story.Dana.PersonId), now, Cancellation);
        await db.CommitAsync(Cancellation);
        return hold;
    }

    private async Task EndAsync(Hold hold, Actor admin)
    {
        var proof = await ProveAsync(StepUpActs.EndHold(hold, admin.PersonId), admin);
        await using var db = Database.CreateDbContext();
        db.HoldEnds.Add(new() { HoldId = hold.Id, EndedAt = DateTimeOffset.UtcNow, EndedBy = admin.PersonId, ProofId = proof.Id });
        await db.CommitAsync(Cancellation);
    }

    private async Task<StepUpProof> ProveAsync(StepUpAct act, Actor actor)
    {
        await using var db = Database.CreateDbContext();
        var proof = await Story.ProveAsync(db, act, actor, Cancellation);
        await db.CommitAsync(Cancellation);
        return proof;
    }

    private Task UntilHeldAsync(Grant grant) => Wait.UntilAsync(
        async () => await ReadAsync(grant) is { Status: GrantStatus.Provisioning, CreateSentAt: null, LastError: { } words } && words.Contains("on hold", StringComparison.Ordinal), "it waits for the hold to end", Cancellation);
}
