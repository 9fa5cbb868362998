using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Evidence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>A standing binding goes exactly when what was reviewed is what is there, and the access can be asked for instead.</summary>
public sealed class StandingRemovalTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : StandingTest(postgres, controlPlane)
{
    [Fact]
    public async Task Removal_Reviewed_IsAnnouncedDoneAndProved()
    {
        var removal = await ReviewedAsync();
        Assert.True(await MayAsync("oidc:erin"));

        Assert.Equal((RemovalStatus.Removed, false, ""), (await WorkAsync(removal)) is var now ? (now.Status, now.RemovedByHand, now.Message) : default);

        Assert.IsType<GetBindingResult.NotFound>(await SeeAsync());
        await UntilDeniedAsync("oidc:erin");
        Assert.Equal([LedgerActs.BindingRemoving, LedgerActs.BindingRemoved], await ActsAsync(removal));
        Assert.Empty(await AlertsAsync(removal));
    }

    [Fact]
    public async Task Removal_ByAReplica_HappensByItselfAndTheAccessCanBeAskedFor()
    {
        Story.WritesLedger = true;
        var removal = await ReviewedAsync(makesEntry: true);
        await Task.WhenAll(StartAsync(), StartAsync());

        await Wait.UntilAsync(async () => (await ReadAsync(removal)).Status == RemovalStatus.Removed, "removed", Cancellation);

        // The change that took the binding away vouches for the entry, so an access under it is provisioned.
        await using var db = Database.CreateDbContext();
        var entry = await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == removal.ElevatedRoleId, Cancellation);
        var workflow = await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == entry.WorkflowId, Cancellation);
        var grant = (await Story.ApprovedAsync((entry, workflow), Rules, Cancellation)).Grants[0];
        await UntilAsync(grant, GrantStatus.Active);
        // And so says its bundle of evidence, before both verifiers; not for an entry that says anything else.
        var bundle = (await BundleFixture.Whole.Export(Database).MakeAsync(grant.Id, Cancellation)).Value;
        Assert.All(await BundleVerifier.VerifyAsync(bundle.ToText(), null), check => Assert.True(check.Holds, check.ToString()));
        Assert.Empty(await SecondVerifier.FailedAsync(bundle.ToText(), null, Cancellation));
        bundle.Bundle["entry"]!["content"]!["maximumSeconds"] = 36000;
        var forged = BundleFixture.Sign(bundle.Bundle);
        Assert.Contains("entry", (await BundleVerifier.VerifyAsync(forged, null)).Where(check => !check.Holds).Select(check => check.Name));
        Assert.Contains("entry", await SecondVerifier.FailedAsync(forged, null, Cancellation));
        // Of two replicas one did it.
        Assert.Equal([LedgerActs.BindingRemoving, LedgerActs.BindingRemoved], await ActsAsync(removal));
    }

    [Theory]
    [InlineData("a subject more")]
    [InlineData("a subject less")]
    [InlineData("a label")]
    [InlineData("made anew")]
    public async Task Binding_IsNotWhatWasReviewed_IsLeftAloneWithAnAlert(string how)
    {
        var removal = await ReviewedAsync();
        var rbac = Place.Client.RbacAuthorizationV1;
        var there = await rbac.ReadNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
        if (how == "made anew")
        {
            await rbac.DeleteNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
            await MakeAsync();
        }
        else
        {
            if (how == "a subject more") there.Subjects.Add(User("oidc:mallory"));
            else if (how == "a subject less") there.Subjects.RemoveAt(0);
            else there.Metadata.Labels["team"] = "payments";
            await rbac.ReplaceNamespacedRoleBindingAsync(there, Name, Place.Name, cancellationToken: Cancellation);
        }

        Assert.Equal(RemovalStatus.Changed, (await WorkAsync(removal)).Status);

        await ThereAsync();
        Assert.Equal([LedgerActs.BindingChanged], await ActsAsync(removal));
        Assert.Equal([(StandingRecords.ChangedAlert, null)], await AlertsAsync(removal));
        // And never again.
        Assert.Equal(RemovalStatus.Changed, (await WorkAsync(removal)).Status);
    }

    [Fact]
    public async Task Binding_WrittenToWithoutAChange_StillGoes()
    {
        var removal = await ReviewedAsync();
        var rbac = Place.Client.RbacAuthorizationV1;
        var there = await rbac.ReadNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
        there.Metadata.Labels["team"] = "payments";
        there = await rbac.ReplaceNamespacedRoleBindingAsync(there, Name, Place.Name, cancellationToken: Cancellation);
        there.Metadata.Labels["team"] = "observability";
        await rbac.ReplaceNamespacedRoleBindingAsync(there, Name, Place.Name, cancellationToken: Cancellation);

        Assert.Equal(RemovalStatus.Removed, (await WorkAsync(removal)).Status);
    }

    [Fact]
    public async Task Delete_OfWhatWasSeenBefore_IsRefusedByTheApiServer()
    {
        await MakeAsync();
        var seen = await ThereAsync();
        Assert.IsType<DeleteBindingResult.Deleted>(await Place.Api.DeleteStandingAsync(seen, rehearse: true, Cancellation));
        Assert.Equal(seen.ResourceVersion, (await ThereAsync()).ResourceVersion);
        Assert.IsType<DeleteBindingResult.UidConflict>(await Place.Api.DeleteStandingAsync(seen with { ResourceVersion = "1" }, rehearse: false, Cancellation));
        Assert.IsType<DeleteBindingResult.UidConflict>(await Place.Api.DeleteStandingAsync(seen with { Uid = Guid.NewGuid().ToString() }, rehearse: false, Cancellation));
        Assert.Equal(seen.Uid, (await ThereAsync()).Uid);
        Assert.IsType<DeleteBindingResult.Deleted>(await Place.Api.DeleteStandingAsync(seen, rehearse: false, Cancellation));
    }

    [Fact]
    public async Task Binding_RemovedByHand_IsSeenGone()
    {
        var removal = await ReviewedAsync();
        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);

        var now = await WorkAsync(removal);

        Assert.Equal((RemovalStatus.Removed, true), (now.Status, now.RemovedByHand));
        Assert.Equal([LedgerActs.BindingRemoved], await ActsAsync(removal));
    }

    [Theory]
    [InlineData("UPDATE elevated_roles SET retired_at = now()", "has been withdrawn", null)]
    [InlineData("UPDATE clusters SET retired_at = now()", "taken out of use", null)]
    // A version that nobody vouches for offers nothing.
    [InlineData("UPDATE elevated_role_versions SET maximum = interval '24 hours'", "signature", "NotAttested")]
    [InlineData("UPDATE workflow_versions SET requester_groups = '{everybody}'", "signature", "NotAttested")]
    [InlineData("UPDATE elevated_role_versions SET namespaces = '{elsewhere}'", "does not offer this role here", null)]
    public async Task Removal_NobodyCouldAskInstead_Waits(string sql, string why, string? alarm)
    {
        var removal = await ReviewedAsync();
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);

        var now = await WorkAsync(removal);

        Assert.Equal(RemovalStatus.Waiting, now.Status);
        Assert.Contains(why, now.Message, StringComparison.Ordinal);
        await ThereAsync();
        Assert.Empty(await ActsAsync(removal));
        Assert.Equal(alarm is null ? [] : [(StandingRecords.EvidenceAlert, alarm)], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Removal_EntryWithdrawnAndOfferedAgain_GoesOn()
    {
        var removal = await ReviewedAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE elevated_roles SET retired_at = now()", Cancellation);
        Assert.Equal(RemovalStatus.Waiting, (await WorkAsync(removal)).Status);
        await Database.ExecuteAsOwnerAsync("UPDATE elevated_roles SET retired_at = NULL", Cancellation);

        Assert.Equal(RemovalStatus.Removed, (await WorkAsync(removal)).Status);
    }

    [Fact]
    public async Task Removal_WhileLapseIsOnHold_Waits()
    {
        var removal = await ReviewedAsync();
        await using (var db = Database.CreateDbContext())
        {
            await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
            await Infrastructure.Holds.Holds.BeginAsync(db, HoldCause.Admin, "A drill", LedgerActor.Of(Story.Dana.PersonId), DateTimeOffset.UtcNow, Cancellation);
            await db.CommitAsync(Cancellation);
        }

        Assert.Equal(RemovalStatus.Waiting, (await WorkAsync(removal)).Status);
        await ThereAsync();
    }

    private static readonly string[] Forgeries =
    [
        // The binding that is named is another one, in the row or in the change.
        "UPDATE standing_removals SET digest = repeat('0', 64)",
        "UPDATE standing_removals SET name = 'other'",
        "UPDATE standing_removals SET uid = gen_random_uuid()::text",
        "UPDATE standing_removals SET position = 1",
        "UPDATE configuration_changes SET after = replace(after, 'oidc:erin', 'oidc:eve')",
        "UPDATE configuration_changes SET after = replace(after, '\"resourceVersion\":\"', '\"resourceVersion\":\"1')",
        "UPDATE configuration_changes SET after = replace(after, '\"accepted\":[]', '\"accepted\":[\"oidc:eve\"]')",
        // It needs a second admin and has none.
        "UPDATE configuration_changes SET confirmer_proof_id = NULL",
        "UPDATE configuration_changes SET confirmer_id = author_id, confirmer_proof_id = author_proof_id",
        "UPDATE configuration_changes SET needs_second_admin = false, confirmer_id = NULL, confirmer_proof_id = NULL",
        "UPDATE configuration_changes SET author_proof_id = confirmer_proof_id",
        "UPDATE configuration_changes SET status = 'AwaitingSecondAdmin'",
        "UPDATE configuration_changes SET kind = 'ElevatedRole'",
    ];

    [Fact]
    public async Task Evidence_RecordsWrittenByHand_HoldInNone()
    {
        var removal = await ReviewedAsync();
        var evidence = Create().Get<StandingEvidence>();
        await using var db = Database.CreateDbContext();
        foreach (var sql in Forgeries.Prepend("SELECT 1"))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
            await db.Database.ExecuteSqlRawAsync(sql, Cancellation);
            var verified = await evidence.VerifyAsync(db, await db.StandingRemovals.AsNoTracking().SingleAsync(Cancellation), Cancellation);
            Assert.True(verified.Succeeded == (sql == "SELECT 1"), $"{sql}: {verified.Refusal?.Code}");
        }
    }

    [Theory]
    [InlineData("UPDATE configuration_changes SET after = replace(after, 'oidc:erin', 'oidc:eve')")]
    [InlineData("UPDATE configuration_changes SET confirmer_proof_id = NULL")]
    public async Task Removal_RecordsWrittenByHand_NothingIsDeletedAndItIsAnAlarm(string sql)
    {
        var removal = await ReviewedAsync();
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);

        var now = await WorkAsync(removal);
        await WorkAsync(removal);

        Assert.Equal(RemovalStatus.Waiting, now.Status);
        await ThereAsync();
        Assert.Equal(StandingRecords.EvidenceAlert, Assert.Single(await AlertsAsync(removal)).Kind);
        Assert.Empty(await ActsAsync(removal));
    }

    [Fact]
    public async Task Removal_SetBackAfterItWasDone_DeletesNothingMore()
    {
        var removal = await ReviewedAsync();
        await WorkAsync(removal);
        await MakeAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET status = 'Waiting'", Cancellation);

        await WorkAsync(removal);

        await ThereAsync();
        Assert.Equal([(StandingRecords.EvidenceAlert, "RemovalSetBack")], await AlertsAsync(removal));
    }

    [Fact]
    public async Task Portal_KilledAfterAnnouncing_BindingChangedMeanwhile_IsLeftAlone()
    {
        var removal = await ReviewedAsync();
        using (var mortal = MortalProcess.Start(Database, new Kill(ReconciliationSteps.StandingAnnounce), TimeSpan.Zero))
            Assert.Equal(MortalProcess.Killed, await mortal.DeathAsync(Cancellation));
        Assert.Equal(RemovalStatus.Removing, (await ReadAsync(removal)).Status);
        var rbac = Place.Client.RbacAuthorizationV1;
        var there = await rbac.ReadNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
        there.Subjects.Add(User("oidc:mallory"));
        await rbac.ReplaceNamespacedRoleBindingAsync(there, Name, Place.Name, cancellationToken: Cancellation);

        Assert.Equal(RemovalStatus.Changed, (await WorkAsync(removal)).Status);
        await ThereAsync();
    }
}
