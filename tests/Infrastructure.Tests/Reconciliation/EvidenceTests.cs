using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Somebody who owns the database, and with it every row, mints no access: nothing is created, and each attempt is an alarm.</summary>
public sealed class EvidenceTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    /// <summary>What is done to the rows of an approved request, and the reason that is found.</summary>
    public static TheoryData<string, string> Attacks => new()
    {
        { "UPDATE access_requests SET duration = interval '59 minutes'; UPDATE grants SET duration = interval '59 minutes'", "ActChanged" },
        { "UPDATE grants SET duration = interval '59 minutes'", "GrantDiffers" },
        { "UPDATE access_requests SET cluster_user_name = 'oidc:mallory'; UPDATE grants SET cluster_user_name = 'oidc:mallory'", "ActChanged" },
        { "UPDATE grants SET cluster_user_name = 'oidc:mallory'", "GrantDiffers" },
        { "UPDATE grants SET namespace = 'kube-system'", "GrantDiffers" },
        { "UPDATE access_requests SET namespaces = '{kube-system}'; UPDATE grants SET namespace = 'kube-system'", "OutsideEntry" },
        { "UPDATE access_requests SET namespaces = '{kube-system}'; UPDATE grants SET namespace = 'kube-system'; UPDATE elevated_role_versions SET namespaces = '{kube-system}'", "NotAttested" },
        { "UPDATE access_requests SET role_name = 'cluster-admin'; UPDATE grants SET role_name = 'cluster-admin'", "OutsideEntry" },
        { "UPDATE access_requests SET role_name = 'admin'; UPDATE grants SET role_name = 'admin'; UPDATE elevated_role_versions SET role_name = 'admin'", "NotAttested" },
        { "UPDATE elevated_role_versions SET maximum = interval '5 hours'", "NotAttested" },
        { "UPDATE workflow_versions SET stages = '[]'", "NotAttested" },
        { "UPDATE workflow_versions SET stages = jsonb_set(stages, '{0,approvals}', '0')", "NotAttested" },
        { "UPDATE workflow_versions SET attestation = '{}'", "NotAttested" },
        { "UPDATE access_requests SET pinned_rules = '[{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]}]'", "RulesChanged" },
        { "DELETE FROM decisions", "ApprovalsMissing" },
        { "UPDATE decisions SET proof_id = NULL", "ProofMissing" },
        { "UPDATE decisions SET comment = 'Other words'", "ActChanged" },
        { "UPDATE decisions SET person_id = (SELECT id FROM people WHERE subject = 'sub-carol')", "ProofOfSomebodyElse" },
        { "UPDATE decisions SET person_id = (SELECT requester_id FROM access_requests), proof_id = (SELECT proof_id FROM access_requests)", "ActChanged" },
        { "UPDATE people SET subject = 'sub-other' WHERE subject = 'sub-bob'", "TokenOfSomebodyElse" },
        { "UPDATE step_up_proofs SET sealed_token = '\\x00'", "TokenSealed" },
        { "UPDATE step_up_proofs SET salt = decode(repeat('00', 32), 'hex')", "ActChanged" },
        { "UPDATE provider_keys SET signature = '\\x00'", "TokenInvalid" },
        { "UPDATE access_requests SET proof_id = NULL", "ProofMissing" },
        { "UPDATE grants SET provision_until = now() + interval '5 hours'", "EvidenceTooOld" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Provision_RowsChangedByTheOwner_CreatesNothingAndAlerts(string sql, string code)
    {
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);
        await StartAsync();

        await AssertRefusedAsync(grant, code);
    }

    [Fact]
    public async Task Provision_StatusSetToApproved_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var (request, none) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        Assert.Empty(none);
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET status = 'Approved'", Cancellation);
        var grant = await GrantOfAsync(request, entry.Workflow.ProvisionWithin);
        await StartAsync();

        await AssertRefusedAsync(grant, "ApprovalsMissing");
    }

    [Fact]
    public async Task Provision_ProofOfAnotherRequest_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var earlier = await Story.ApprovedAsync(entry, Rules, Cancellation);
        await ChangeAsync(earlier.Grants[0], (_, row) => row.End(EndReason.Dropped, null, DateTimeOffset.UtcNow));
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET open_key = NULL", Cancellation);
        var (request, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        await Database.ExecuteAsOwnerAsync(
            $"UPDATE access_requests SET status = 'Approved' WHERE id = '{request.Id}'; UPDATE decisions SET request_id = '{request.Id}'", Cancellation);
        var grant = await GrantOfAsync(request, entry.Workflow.ProvisionWithin);
        await StartAsync();

        await AssertRefusedAsync(grant, "ActChanged");
    }

    [Fact]
    public async Task Provision_RequesterApprovedThemselves_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var (request, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        await DecideAsync(request, entry, Story.Alice);
        var grant = await GrantOfAsync(request, entry.Workflow.ProvisionWithin);
        await StartAsync();

        await AssertRefusedAsync(grant, "OwnRequest");
    }

    [Fact]
    public async Task Provision_ApproverInNoGroupThatDecides_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var (request, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        await DecideAsync(request, entry, Story.Mallory);
        // What the rows say about groups counts for nothing.
        await Database.ExecuteAsOwnerAsync("UPDATE people SET groups = '{developers}'; UPDATE step_up_proofs SET groups = '{developers}'", Cancellation);
        var grant = await GrantOfAsync(request, entry.Workflow.ProvisionWithin);
        await StartAsync();

        await AssertRefusedAsync(grant, "ApproverGroups");
    }

    [Fact]
    public async Task Provision_RequesterInNoGroupThatAsks_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, requester: Story.Mallory)).Grants[0];
        await Database.ExecuteAsOwnerAsync("UPDATE people SET groups = '{developers}'", Cancellation);
        await StartAsync();

        await AssertRefusedAsync(grant, "RequesterGroups");
    }

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

    [Fact]
    public async Task Provision_OldApproval_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, provisionWithin: TimeSpan.FromMinutes(1));
        var (request, grants) = await Story.ApprovedAsync(entry, Rules, Cancellation);
        // As if the approval were an hour old: the tokens' own times tell, whatever the rows say.
        var facts = await FactsAsync(grants[0]);
        var verifier = Create().Get<Lapse.Infrastructure.Reconciliation.EvidenceVerifier>();

        Assert.Null((await verifier.VerifyAsync(facts, DateTimeOffset.UtcNow, Cancellation)).Refusal);
        Assert.Equal("EvidenceTooOld", (await verifier.VerifyAsync(facts, DateTimeOffset.UtcNow.AddHours(1), Cancellation)).Refusal?.Code);
        Assert.Equal(RequestStatus.Approved, request.Status);
    }

    [Fact]
    public async Task Provision_EntryByAnAdminsChange_GoesOn()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: ByAdminsAsync(Story.Dana, Story.Dave));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Provision_EntryByAChangeOfNoAdmin_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: ByAdminsAsync(Story.Mallory, null));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await AssertRefusedAsync(grant, "NotAttested");
    }

    [Fact]
    public async Task Provision_SecondAdminNotNeededAnyMore_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: ByAdminsAsync(Story.Dana, Story.Dave));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await Database.ExecuteAsOwnerAsync("UPDATE configuration_changes SET confirmer_proof_id = author_proof_id, confirmer_id = author_id", Cancellation);
        await StartAsync();

        await AssertRefusedAsync(grant, "ActChanged");
    }

    private Attest ByAdminsAsync(Actor author, Actor? second) => async (db, kind, subject, canonical) =>
    {
        var now = DateTimeOffset.UtcNow;
        var change = ConfigurationChange.Draft(kind, subject, "Change", null, (JsonObject)canonical.DeepClone(), null, second is not null, author.PersonId, now);
        change.Proved((await Story.ProveAsync(db, StepUpActs.Propose(change), author, Cancellation)).Id, now);
        if (second is not null) change.Confirmed(second.PersonId, (await Story.ProveAsync(db, StepUpActs.Confirm(change, second.PersonId), second, Cancellation)).Id, now);
        db.ConfigurationChanges.Add(change);
        return Attestation.ByChange(change.Id);
    };

    // What the portal would refuse, written into the rows past it, with a real proof of that person.
    private async Task DecideAsync(AccessRequest request, (ElevatedRoleVersion Entry, Domain.Workflows.WorkflowVersion Workflow) governed, Actor who)
    {
        await using var db = Database.CreateOwnerContext();
        var row = await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id, Cancellation);
        var proof = await Story.ProveAsync(db, StepUpActs.Approve(row, governed.Entry, governed.Workflow, who.PersonId, 0, ""), who, Cancellation);
        db.Decisions.Add(new Decision { Id = UuidId.New<DecisionId>(DateTimeOffset.UtcNow), RequestId = row.Id, RequestVersion = 1, Stage = 0, PersonId = who.PersonId, Verdict = Verdict.Approve, Comment = "", DecidedAt = DateTimeOffset.UtcNow, ProofId = proof.Id });
        await db.CommitAsync(Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET status = 'Approved'", Cancellation);
    }

    private async Task<Grant> GrantOfAsync(AccessRequest request, TimeSpan provisionWithin)
    {
        await using var db = Database.CreateOwnerContext();
        var row = await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id, Cancellation);
        var grant = Grant.Of(row, provisionWithin, DateTimeOffset.UtcNow)[0];
        db.Grants.Add(grant);
        await db.CommitAsync(Cancellation);
        return grant;
    }

    private async Task<Lapse.Infrastructure.Reconciliation.GrantFacts> FactsAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        return await Lapse.Infrastructure.Reconciliation.GrantFacts.ReadAsync(db, await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation), Cancellation);
    }

    private async Task AssertRefusedAsync(Grant grant, string code)
    {
        await Wait.UntilAsync(async () => (await AlertsAsync(LedgerSubject.Of(grant.Id))).Count > 0, $"an alert of {code}", Cancellation);
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.Equal(("EvidenceMismatch", code), (alert["kind"]!.GetValue<string>(), alert["code"]!.GetValue<string>()));
        var now = await ReadAsync(grant);
        Assert.Equal(FailureReason.EvidenceMismatch, now.FailureReason);
        Assert.True(now.Status is GrantStatus.Revoking or GrantStatus.Failed);
        var list = await Place.Api.ListBindingsAsync(new([Place.Name, "kube-system"], ClusterWide: true), Cancellation);
        Assert.DoesNotContain(list.Value.Bindings, binding => binding.Name == BindingKeys.NameOf(grant.Id));
        Assert.False(await MayAsync("oidc:alice"));
        Assert.False(await MayAsync("oidc:mallory"));
    }
}
