using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>What was removed comes back exactly, for an admin's step-up that names it, and for nothing else.</summary>
public sealed class StandingRestorationTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : StandingTest(postgres, controlPlane)
{
    [Fact]
    public async Task Restore_AfterItsStepUp_IsExactlyWhatWasRemoved()
    {
        var removal = await RemovedAsync();
        var before = removal.Digest;
        await WantBackAsync(removal);

        var now = await WorkAsync(removal);

        var there = await ThereAsync();
        Assert.Equal((RemovalStatus.Restored, there.Uid, before), (now.Status, now.RestoredUid, ReviewedBinding.DigestOf(there)));
        Assert.NotEqual(removal.Uid, there.Uid);
        Assert.Equal(["User oidc:erin", "User oidc:alice", "Group ops"], there.Subjects.Select(subject => subject.ToString()));
        Assert.Equal("“the old days”\nsecond line", there.Annotations["why"]);
        Assert.Equal([LedgerActs.BindingRemoving, LedgerActs.BindingRemoved, LedgerActs.BindingRestored], await ActsAsync(removal));
        Assert.Equal([(StandingRecords.RestoredAlert, null)], await AlertsAsync(removal));
        // The entry stays.
        await using var db = Database.CreateDbContext();
        Assert.Null((await db.ElevatedRoles.SingleAsync(Cancellation)).RetiredAt);
    }

    [Fact]
    public async Task Restore_SomebodyMadeItByHand_IsTakenForIt()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        await MakeAsync();

        Assert.Equal((RemovalStatus.Restored, (await ThereAsync()).Uid), (await WorkAsync(removal)) is var now ? (now.Status, now.RestoredUid) : default);
    }

    [Fact]
    public async Task Restore_AnotherBindingHasItsName_LeavesThatAloneAndSaysSo()
    {
        var removal = await RemovedAsync();
        var other = await MakeAsync();
        other.Subjects = [User("oidc:carol")];
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(other, Name, Place.Name, cancellationToken: Cancellation);
        await WantBackAsync(removal);

        var now = await WorkAsync(removal);

        Assert.Equal(RemovalStatus.Removed, now.Status);
        Assert.Contains("left alone", now.Message, StringComparison.Ordinal);
        Assert.Equal(["User oidc:carol"], (await ThereAsync()).Subjects.Select(subject => subject.ToString()));
        Assert.Equal([(StandingRecords.NotRestoredAlert, null)], await AlertsAsync(removal));
    }

    // Whoever writes the database, but has no admin at hand.
    private static readonly string[] Forgeries =
    [
        "UPDATE standing_removals SET restore_proof_id = NULL",
        "UPDATE standing_removals SET decided_by = NULL",
        "UPDATE standing_removals SET restore_proof_id = (SELECT author_proof_id FROM configuration_changes LIMIT 1)",
        "UPDATE standing_removals SET decided_by = (SELECT confirmer_id FROM configuration_changes LIMIT 1), restore_proof_id = (SELECT confirmer_proof_id FROM configuration_changes LIMIT 1)",
        "UPDATE standing_removals SET decided_by = (SELECT confirmer_id FROM configuration_changes LIMIT 1)",
        // The manifest becomes another one.
        "UPDATE configuration_changes SET after = replace(after, 'oidc:erin', 'oidc:eve')",
        "UPDATE configuration_changes SET after = replace(after, '\"name\":\"edit\"', '\"name\":\"cluster-admin\"')",
        "UPDATE standing_removals SET name = 'other'",
        "UPDATE standing_removals SET digest = repeat('0', 64)",
    ];

    [Fact]
    public async Task Evidence_RecordsWrittenByHand_HoldInNone()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        var evidence = Create().Get<StandingEvidence>();
        await using var db = Database.CreateDbContext();
        foreach (var sql in Forgeries.Prepend("SELECT 1"))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
            await db.Database.ExecuteSqlRawAsync(sql, Cancellation);
            var row = await db.StandingRemovals.AsNoTracking().SingleAsync(Cancellation);
            var refusal = (await evidence.VerifyAsync(db, row, Cancellation)).Refusal ?? await evidence.CheckRestorationAsync(db, row, DateTimeOffset.UtcNow, Cancellation);
            Assert.True(refusal is null == (sql == "SELECT 1"), $"{sql}: {refusal?.Code}");
        }
    }

    [Fact]
    public async Task Restore_WithoutAProof_NothingIsMadeAndItIsAnAlarm()
    {
        var removal = await RemovedAsync();
        await Database.ExecuteAsOwnerAsync($"UPDATE standing_removals SET status = 'Restoring', decided_by = '{Story.Dana.PersonId}'", Cancellation);

        Assert.Equal(RemovalStatus.Restoring, (await WorkAsync(removal)).Status);

        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        Assert.Equal([(StandingRecords.EvidenceAlert, "ProofMissing")], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Restore_ManifestAndEveryDigestWrittenAnew_IsAnAlarm()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        await using (var db = Database.CreateDbContext())
        {
            var change = await db.ConfigurationChanges.AsNoTracking().SingleAsync(Cancellation);
            var said = JustInTimeChange.FromCanonical(change.After);
            var forged = said with { Bindings = [new(said.Bindings[0].Binding with { Subjects = [BindingSubject.User("oidc:eve")] })] };
            await db.Database.ExecuteSqlAsync($"UPDATE standing_removals SET digest = {forged.Bindings[0].Digest}", Cancellation);
            await db.Database.ExecuteSqlAsync($"UPDATE configuration_changes SET after = {Domain.Text.CanonicalJson.ToText(forged.Canonical())}", Cancellation);
        }

        await WorkAsync(removal);

        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        Assert.Equal([(StandingRecords.EvidenceAlert, "ActChanged")], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Restore_ByNoAdmin_IsAnAlarm()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal, Story.Bob);

        await WorkAsync(removal);

        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        Assert.Equal([(StandingRecords.EvidenceAlert, "NotAttested")], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Restore_WithAProofThatWasUsed_IsAnAlarm()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        await WorkAsync(removal);
        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET status = 'Restoring', restored_at = NULL, restored_uid = ''", Cancellation);

        await WorkAsync(removal);

        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        Assert.Contains((StandingRecords.EvidenceAlert, "RestorationSetBack"), await AlertsAsync(removal));
    }

    [Fact]
    public async Task Restore_StepUpOfADayAgo_IsGivenUp()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET due_at = now() - interval '1 minute'", Cancellation);

        await Create(clock: new ShiftedClock(StandingRemoval.RestoreWithin)).Get<StandingWorker>().RunAsync(removal.Id, Cancellation);

        Assert.Equal(RemovalStatus.Removed, (await ReadAsync(removal)).Status);
        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        Assert.Equal([(StandingRecords.NotRestoredAlert, null)], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Restore_AdminShutOutMeanwhile_IsGivenUp()
    {
        var removal = await RemovedAsync();
        await WantBackAsync(removal);
        await Database.ExecuteAsOwnerAsync($"UPDATE people SET disabled_at = now() WHERE id = '{Story.Dana.PersonId}'", Cancellation);

        Assert.Equal(RemovalStatus.Removed, (await WorkAsync(removal)).Status);
        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
    }

    [Fact]
    public async Task Restored_WhileSomebodyHadAccess_IsNothingThatTheyLeftBehind()
    {
        var removal = await RemovedAsync();
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(10));
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await WantBackAsync(removal);
        await Wait.UntilAsync(async () => (await ReadAsync(removal)).Status == RemovalStatus.Restored, "restored", Cancellation);
        await MakeAsync("kept-by-somebody");
        await ChangeAsync(grant, (_, row) => row.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow));
        await UntilAsync(grant, GrantStatus.Ended);

        await Create().Get<LeftBehindLook>().RunAsync(Cancellation);

        var left = LeftBehind.Read((await LedgerAsync(LedgerSubject.Of(grant.Id))).Single(e => e.Act == LedgerActs.GrantLookedAfter).Content)!;
        Assert.Equal(["RoleBinding kept-by-somebody"], left.Objects.Where(one => one.Kind == "RoleBinding").Select(one => $"{one.Kind} {one.Name}"));
    }

    private async Task<StandingRemoval> RemovedAsync()
    {
        var removal = await ReviewedAsync();
        var now = await WorkAsync(removal);
        Assert.Equal(RemovalStatus.Removed, now.Status);
        return now;
    }
}
