using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>An entry counts by what vouches for it: an admin's change with the proofs that it needs, as they were given.</summary>
public sealed class VouchedEvidenceTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : EvidenceTest(postgres, controlPlane)
{
    [Fact]
    public async Task Provision_EntryByAnAdminsChange_GoesOn()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: Story.ByAdmins(Story.Dana, Story.Dave, Cancellation));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Provision_EntryByAChangeOfNoAdmin_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: Story.ByAdmins(Story.Mallory, null, Cancellation));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        await AssertRefusedAsync(grant, "NotAttested");
    }

    [Fact]
    public async Task Provision_SecondAdminNotNeededAnyMore_CreatesNothing()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: Story.ByAdmins(Story.Dana, Story.Dave, Cancellation));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await Database.ExecuteAsOwnerAsync("UPDATE configuration_changes SET confirmer_proof_id = author_proof_id, confirmer_id = author_id", Cancellation);
        await StartAsync();

        await AssertRefusedAsync(grant, "ActChanged");
    }

    [Fact]
    public async Task Provision_EntryChangedAfterItWasAsked_GoesOn()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await Database.ExecuteAsOwnerAsync("""
            INSERT INTO elevated_role_versions SELECT (jsonb_populate_record(v, jsonb_build_object('version', 2, 'made_at', now()))).* FROM elevated_role_versions v;
            INSERT INTO workflow_versions SELECT (jsonb_populate_record(v, jsonb_build_object('version', 2, 'made_at', now()))).* FROM workflow_versions v
            """, Cancellation);
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    /// <summary>What is done to an admin's change that vouches for an entry.</summary>
    [Theory]
    [InlineData("UPDATE configuration_changes SET needs_second_admin = false", "ActChanged")]
    [InlineData("UPDATE configuration_changes SET status = 'Withdrawn'", "NotAttested")]
    [InlineData("UPDATE configuration_changes SET after = 'nothing'", "NotAttested")]
    [InlineData("UPDATE configuration_changes SET after = replace(after, '3600', '7200')", "NotAttested")]
    [InlineData("UPDATE configuration_changes SET confirmer_id = NULL, confirmer_proof_id = NULL", "NotAttested")]
    [InlineData("UPDATE configuration_changes SET author_id = (SELECT id FROM people WHERE subject = 'sub-alice')", "ProofOfSomebodyElse")]
    [InlineData("UPDATE configuration_changes SET kind = 'Cluster'", "NotAttested")]
    [InlineData("DELETE FROM configuration_changes", "NotAttested")]
    public async Task Provision_AdminsChangeAltered_CreatesNothing(string sql, string code)
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, attest: Story.ByAdmins(Story.Dana, Story.Dave, Cancellation));
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);
        await StartAsync();

        await AssertRefusedAsync(grant, code);
    }
}
