using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Somebody who owns the database, and with it every row, mints no access: nothing is created, and each attempt is an alarm.</summary>
public sealed class EvidenceTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : EvidenceTest(postgres, controlPlane)
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

        // What was asked.
        { "UPDATE access_requests SET reason = 'Something else'", "ActChanged" },
        { "UPDATE access_requests SET ticket = 'OPS-2'", "ActChanged" },
        { "UPDATE access_requests SET extends_id = id", "ActChanged" },
        { "UPDATE access_requests SET wanted_start = now() - interval '1 minute'", "ActChanged" },
        { "UPDATE access_requests SET asked_rules_digest = repeat('0', 64)", "ActChanged" },
        { "UPDATE access_requests SET status = 'Denied'", "NotApproved" },
        { "UPDATE access_requests SET version = 2", "NotApproved" },
        { "UPDATE access_requests SET version = 2; UPDATE grants SET request_version = 2; UPDATE decisions SET request_version = 2", "ActChanged" },
        { "UPDATE access_requests SET requester_id = (SELECT id FROM people WHERE subject = 'sub-mallory'); UPDATE grants SET person_id = (SELECT id FROM people WHERE subject = 'sub-mallory')", "ProofOfSomebodyElse" },
        { "UPDATE access_requests SET requester_id = (SELECT id FROM people WHERE subject = 'sub-mallory'); UPDATE grants SET person_id = (SELECT requester_id FROM access_requests); UPDATE step_up_proofs SET person_id = (SELECT requester_id FROM access_requests) WHERE subject = 'sub-alice'", "ActChanged" },
        { "UPDATE grants SET person_id = (SELECT id FROM people WHERE subject = 'sub-mallory')", "GrantDiffers" },
        { "UPDATE grants SET elevated_role_id = gen_random_uuid()", "GrantDiffers" },
        { "UPDATE grants SET role_kind = 'Role'", "GrantDiffers" },
        { "DROP INDEX ix_grants_request_id_request_version_namespace; INSERT INTO grants SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid()))).* FROM grants g", "GrantTwice" },

        // Who decided.
        { "UPDATE decisions SET stage = 5", "ActChanged" },
        { "UPDATE decisions SET request_version = 2", "ApprovalsMissing" },
        { "UPDATE decisions SET verdict = 'Deny'", "Denied" },
        { "UPDATE decisions SET proof_id = (SELECT proof_id FROM access_requests)", "ProofOfSomebodyElse" },

        // What proves it.
        { "UPDATE step_up_proofs SET challenged_at = challenged_at + interval '1 second'", "ActChanged" },
        { "UPDATE step_up_proofs p SET sealed_token = (SELECT o.sealed_token FROM step_up_proofs o WHERE o.id <> p.id)", "TokenSealed" },
        { "DELETE FROM step_up_proofs", "ProofMissing" },
        { "DELETE FROM provider_keys", "TokenInvalid" },
        { "UPDATE provider_keys SET jwk = replace(jwk, '\"x\":\"', '\"x\":\"A')", "TokenInvalid" },
        { "UPDATE provider_keys SET issuer = 'https://elsewhere.test/'", "TokenInvalid" },

        // What governs it.
        { "UPDATE workflow_versions SET provision_within = interval '4 hours'", "NotAttested" },
        { "UPDATE workflow_versions SET requester_groups = '{visitors}'", "NotAttested" },
        { "UPDATE elevated_role_versions SET attestation = (SELECT attestation FROM workflow_versions)", "NotAttested" },
        { "UPDATE elevated_role_versions SET confirm_after_step_up = NOT confirm_after_step_up", "NotAttested" },
        { "UPDATE elevated_role_versions SET made_by = (SELECT requester_id FROM access_requests)", "ChangedItRecently" },

        // Where it is.
        { "UPDATE clusters SET user_name_prefix = 'x:'", "ClusterUserName" },
        { "UPDATE clusters SET server = 'https://127.0.0.1:1'", "CredentialSealed" },
        { "UPDATE clusters SET certificate_authority = ''", "CredentialSealed" },
        { "UPDATE clusters SET sealed_credential = '\\x00'", "CredentialSealed" },
        { "INSERT INTO cluster_identities (cluster_id, user_name, person_id, seen_at) SELECT cluster_id, cluster_user_name, (SELECT id FROM people WHERE subject = 'sub-bob'), now() FROM access_requests", "ClusterUserTaken" },

        // As if it had been checked and made already: a row that says so is a row too.
        { "DELETE FROM decisions; UPDATE grants SET status = 'Provisioning', create_sent_at = now(), binding_uid = 'made', probe_user = 'lapse:probe:00000000000000000000000000000000', not_after = now() + interval '1 hour', signature = 'v1.made'", "ApprovalsMissing" },
        { "DELETE FROM decisions; UPDATE grants SET status = 'Provisioning', create_sent_at = now(), probe_user = 'lapse:probe:00000000000000000000000000000000', not_after = now() + interval '1 hour', signature = 'v1.made'", "ApprovalsMissing" },

        // What cannot be read, or is not there.
        { "UPDATE access_requests SET pinned_rules = 'everything'", "RecordsBroken" },
        { "UPDATE access_requests SET status = 'Waved through'", "RecordsBroken" },
        { "UPDATE workflow_versions SET stages = '[null]'", "RecordsBroken" },
        { Loosen + "DELETE FROM workflow_versions", "RecordsBroken" },
        { Loosen + "DELETE FROM people WHERE subject = 'sub-bob'", "RecordsBroken" },
        { Loosen + "DELETE FROM access_requests", "RecordsBroken" },
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
    public async Task Provision_OldApproval_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, provisionWithin: TimeSpan.FromMinutes(1));
        var (request, grants) = await Story.ApprovedAsync(entry, Rules, Cancellation);
        // As if the approval were an hour old: the tokens' own times tell, whatever the rows say.
        var facts = await FactsAsync(grants[0]);
        var verifier = Create().Get<EvidenceVerifier>();

        Assert.Null((await verifier.VerifyAsync(facts, DateTimeOffset.UtcNow, Cancellation)).Refusal);
        Assert.Equal("EvidenceTooOld", (await verifier.VerifyAsync(facts, DateTimeOffset.UtcNow.AddHours(1), Cancellation)).Refusal?.Code);
        Assert.Equal(RequestStatus.Approved, request.Status);
    }

    [Fact]
    public async Task Provision_GrantThatCannotBeRead_CreatesNothing()
    {
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET role_kind = 'Everything'", Cancellation);
        await StartAsync();

        await Wait.UntilAsync(async () => (await AlertsAsync(LedgerSubject.Of(grant.Id))).Count > 0, "an alert", Cancellation);
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.Equal(("EvidenceMismatch", "GrantUnreadable"), (alert["kind"]!.GetValue<string>(), alert["code"]!.GetValue<string>()));
        Assert.IsType<GetBindingResult.NotFound>(await Place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, Cancellation));
    }

    [Fact]
    public async Task Provision_SamePersonUnderTwoRows_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, approvals: 2);
        await Database.ExecuteAsOwnerAsync("""
            DROP INDEX ix_people_issuer_subject;
            INSERT INTO people SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'user_name', 'bob2'))).* FROM people p WHERE subject = 'sub-bob';
            """, Cancellation);
        await using (var db = Database.CreateOwnerContext())
        {
            var again = await db.People.SingleAsync(p => p.UserName == "bob2", Cancellation);
            var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: [Story.Bob, Story.Bob with { PersonId = again.Id }])).Grants[0];
            await StartAsync();

            await AssertRefusedAsync(grant, "ApproverTwice");
        }
    }

    [Fact]
    public async Task Sweep_GrantThatWasWrittenAsActive_IsFound()
    {
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync(
            "UPDATE grants SET status = 'Active', usable_at = now(), ends_at = now() + interval '5 minutes', due_at = now() + interval '5 minutes', create_sent_at = now(), binding_uid = 'made', probe_user = 'lapse:probe:00000000000000000000000000000000', not_after = now() + interval '1 hour', signature = 'v1.made'", Cancellation);
        var replica = await StartAsync();
        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        await Wait.UntilAsync(async () => (await AlertsAsync(LedgerSubject.Of(grant.Id))).Count > 0, "an alert", Cancellation);
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.Equal(("EvidenceMismatch", "NeverActive"), (alert["kind"]!.GetValue<string>(), alert["code"]!.GetValue<string>()));
        Assert.False(await MayAsync("oidc:alice"));
    }

    /// <summary>What breaks records does not keep an access alive.</summary>
    [Theory]
    [InlineData("DELETE FROM workflow_versions")]
    [InlineData("DELETE FROM people WHERE subject = 'sub-bob'")]
    [InlineData("DELETE FROM access_requests")]
    public async Task End_RecordsBroken_EndsAllTheSame(string sql)
    {
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(10));
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await Database.ExecuteAsOwnerAsync($"{Loosen}{sql}; UPDATE grants SET ends_at = now(), due_at = now()", Cancellation);

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
    }
}
