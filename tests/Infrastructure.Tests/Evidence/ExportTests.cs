using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Evidence;

/// <summary>What a bundle is made of, and when none is made.</summary>
public sealed class ExportTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private EvidenceExport Export => BundleFixture.Whole.Export(Database);

    [Fact]
    public async Task Make_GrantThatIsActive_HoldsAndSaysThatItIsNotOver()
    {
        Story.WritesLedger = true;
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(10));
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        var text = (await Export.MakeAsync(grant.Id, Cancellation)).Value.ToText();

        var checks = await BundleVerifier.VerifyAsync(text, null);
        Assert.All(checks, check => Assert.True(check.Holds, check.ToString()));
        Assert.StartsWith("Active: it was not over", checks[^1].Words, StringComparison.Ordinal);
        Assert.Empty(await SecondVerifier.FailedAsync(text, null, Cancellation));
    }

    [Fact]
    public async Task Make_NobodyHadToApprove_Holds()
    {
        Story.WritesLedger = true;
        var grant = await ApprovedAsync(approvals: 0);
        var text = (await Export.MakeAsync(grant.Id, Cancellation)).Value.ToText();

        Assert.All(await BundleVerifier.VerifyAsync(text, null), check => Assert.True(check.Holds, check.ToString()));
        Assert.Empty(await SecondVerifier.FailedAsync(text, null, Cancellation));
    }

    /// <summary>What somebody wrote into the rows, in a bundle that the installation signs: the provider's signatures are still over what was.</summary>
    [Theory]
    [InlineData("UPDATE access_requests SET duration = interval '59 minutes'", "request-proof")]
    [InlineData("UPDATE access_requests SET cluster_user_name = 'oidc:mallory'", "request-proof")]
    [InlineData("UPDATE workflow_versions SET stages = '[]'", "workflow")]
    [InlineData("DELETE FROM decisions", "approvals")]
    [InlineData("UPDATE decisions SET comment = 'Other words'", "approvals")]
    [InlineData("UPDATE step_up_proofs SET sealed_token = '\\x00'", "request-proof")]
    public async Task Make_RowsChangedByTheOwner_TheBundleShowsIt(string sql, string check)
    {
        Story.WritesLedger = true;
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);
        var text = (await Export.MakeAsync(grant.Id, Cancellation)).Value.ToText();

        var failed = (await BundleVerifier.VerifyAsync(text, null)).Where(one => !one.Holds).Select(one => one.Name).ToList();
        Assert.Contains(check, failed);
        Assert.Equal(failed, await SecondVerifier.FailedAsync(text, null, Cancellation));
    }

    [Theory]
    [InlineData("UPDATE ledger_entries SET content = '{}' WHERE sequence = 1")]
    [InlineData("DELETE FROM ledger_entries WHERE sequence = 1")]
    [InlineData("UPDATE ledger_head SET sequence = 0")]
    public async Task Make_LedgerNotIntact_PutsNoNameUnderIt(string sql)
    {
        Story.WritesLedger = true;
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync($"ALTER TABLE ledger_entries DISABLE TRIGGER ALL; {sql}", Cancellation);

        Assert.Equal("LedgerBroken", (await Export.MakeAsync(grant.Id, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Make_NoSuchGrant_IsRefused() => Assert.Equal("GrantUnknown", (await Export.MakeAsync(UuidId.New<GrantId>(DateTimeOffset.UtcNow), Cancellation)).Refusal?.Code);
}
