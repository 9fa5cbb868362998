using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>What was true once, and is over by the ledger or by a later row, starts nothing again when its rows are set back.</summary>
public sealed class SetBackRecordsTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : EvidenceTest(postgres, controlPlane)
{
    [Fact]
    public async Task Provision_EndedGrantSetBack_CreatesNothing()
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(1));
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Ended);

        await Database.ExecuteAsOwnerAsync(
            "UPDATE grants SET status = 'Provisioning', due_at = now(), ended_at = NULL, end_reason = NULL, usable_at = NULL, create_sent_at = NULL, binding_uid = NULL, in_flight_until = NULL", Cancellation);

        await AssertRefusedAsync(grant, "GrantSetBack");
    }

    [Fact]
    public async Task Provision_EndedGrantSetBackToItsSignedBinding_CreatesNothing()
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(1));
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Ended);

        await Database.ExecuteAsOwnerAsync("UPDATE grants SET status = 'Provisioning', due_at = now(), ended_at = NULL, end_reason = NULL, usable_at = NULL, create_sent_at = now(), binding_uid = NULL", Cancellation);

        await AssertRefusedAsync(grant, "GrantSetBack");
    }

    /// <summary>What the ledger says about a request or a person whose row says something else.</summary>
    [Theory]
    [InlineData(LedgerActs.RequestDenied, "RequestSetBack")]
    [InlineData(LedgerActs.RequestWithdrawn, "RequestSetBack")]
    [InlineData(LedgerActs.RequestTimedOut, "RequestSetBack")]
    [InlineData(LedgerActs.PersonDisabled, "PersonSetBack")]
    public async Task Provision_RowSetBackToBeforeIt_CreatesNothing(string act, string code)
    {
        var grant = await ApprovedAsync();
        await NoteAsync(act, act == LedgerActs.PersonDisabled ? LedgerSubject.Of(Story.Bob.PersonId) : LedgerSubject.Of(grant.RequestId), []);
        await StartAsync();

        await AssertRefusedAsync(grant, code);
    }

    [Fact]
    public async Task Provision_PersonLetInAgain_GoesOn()
    {
        var grant = await ApprovedAsync();
        await NoteAsync(LedgerActs.PersonDisabled, LedgerSubject.Of(Story.Bob.PersonId), []);
        await NoteAsync(LedgerActs.PersonEnabled, LedgerSubject.Of(Story.Bob.PersonId), []);
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Provision_UsedGrantUnderANewId_CreatesNothing()
    {
        var used = await ApprovedAsync(TimeSpan.FromSeconds(1));
        await NoteAsync(LedgerActs.RequestApproved, LedgerSubject.Of(used.RequestId), new() { ["grants"] = new JsonArray(used.Id.ToString()) });
        await StartAsync();
        await UntilAsync(used, GrantStatus.Ended);
        var id = UuidId.New<GrantId>(DateTimeOffset.UtcNow);

        await Database.ExecuteAsOwnerAsync(
            $"UPDATE grants SET id = '{id}', status = 'Scheduled', due_at = now(), ended_at = NULL, end_reason = NULL, usable_at = NULL, create_sent_at = NULL, binding_uid = NULL, in_flight_until = NULL, probe_user = NULL", Cancellation);
        await using var db = Database.CreateDbContext();

        await AssertRefusedAsync(await db.Grants.AsNoTracking().SingleAsync(Cancellation), "GrantUnknown");
    }

    [Fact]
    public async Task Provision_EntrySetBackToAnOlderVersion_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        // The next version is stricter and has been in force for a while; its number was set back.
        await Database.ExecuteAsOwnerAsync("""
            INSERT INTO elevated_role_versions SELECT (jsonb_populate_record(v, jsonb_build_object('version', 2, 'maximum', '00:05:00', 'made_at', now() - interval '1 hour'))).* FROM elevated_role_versions v
            """, Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await AssertRefusedAsync(grant, "EntrySetBack");
    }

    [Fact]
    public async Task Provision_WorkflowSetBackToAnOlderVersion_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        await Database.ExecuteAsOwnerAsync("""
            INSERT INTO workflow_versions SELECT (jsonb_populate_record(v, jsonb_build_object('version', 2, 'made_at', now() - interval '1 hour'))).* FROM workflow_versions v
            """, Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await AssertRefusedAsync(grant, "WorkflowSetBack");
    }

    [Theory]
    [InlineData(ChangeKind.RetireElevatedRole, "EntrySetBack")]
    [InlineData(ChangeKind.RetireCluster, "ClusterSetBack")]
    public async Task Provision_RetiredAndSetBack_CreatesNothing(ChangeKind kind, string code)
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        await using (var db = Database.CreateDbContext())
        {
            var longAgo = DateTimeOffset.UtcNow.AddHours(-1);
            var subject = kind == ChangeKind.RetireCluster ? Story.Cluster.Id.Value : entry.Entry.ElevatedRoleId.Value;
            var change = ConfigurationChange.Draft(kind, subject, "Retire", null, new() { ["version"] = 1 }, null, false, Story.Dana.PersonId, longAgo);
            change.Proved((await Story.ProveAsync(db, StepUpActs.Propose(change), Story.Dana, Cancellation)).Id, longAgo);
            db.ConfigurationChanges.Add(change);
            await db.CommitAsync(Cancellation);
        }
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await AssertRefusedAsync(grant, code);
    }
}
