using System.Text.RegularExpressions;
using Lapse.EndToEnd.Tests.Fixtures;
using Lapse.Sandbox;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>What an auditor does at a terminal with what people did in the browser.</summary>
[Collection("browser")]
public sealed partial class VerbTests(LapseFixture lapse)
{
    [Fact]
    public async Task Evidence_OfAnEndedGrant_IsWrittenAndVerifiedOffline_AndTheLedgerByItsCheckpoints()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var asking = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        var deciding = await lapse.WindowAsync(lapse.Person("Bob", "developers"));
        var request = await asking.AskAsync("Edit payments in production");
        await deciding.OpenAsync($"/requests/{request}");
        await deciding.Button("Approve").ClickAsync();
        await deciding.StepUpAsync();
        await Expect(asking.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await asking.Button("Drop access").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Dropped", new() { Timeout = 20_000 });
        var link = await asking.Page.Locator("a[href$='/evidence']").First.GetAttributeAsync("href");
        var grant = GrantIn().Match(link!).Value;
        await asking.CloseAsync();
        await deciding.CloseAsync();

        // The installation's own word on its key, kept apart from what it vouches for.
        var key = lapse.File("public.pem");
        var shown = await lapse.RunAsync("keys", "public");
        await File.WriteAllTextAsync(key, shown[..(shown.LastIndexOf("-----", StringComparison.Ordinal) + 5)], cancellation);

        var bundle = lapse.File("evidence.json");
        await lapse.RunAsync("evidence", grant, "--out", bundle);
        Assert.Contains("Everything that was checked holds.", await lapse.RunAsync("verify-evidence", bundle, "--installation-key", key), StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(bundle, cancellation);
        Assert.Contains("The payment queue is stuck", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(bundle, text.Replace("The payment queue is stuck", "The payment queue is fine!", StringComparison.Ordinal), cancellation);
        await Assert.ThrowsAsync<SandboxException>(() => lapse.RunAsync("verify-evidence", bundle, "--installation-key", key));
        await Assert.ThrowsAsync<SandboxException>(() => lapse.RunAsync("evidence", Guid.NewGuid().ToString()));

        // A checkpoint is made when a grant ends, outside of the database too.
        Assert.Contains("are intact", await lapse.RunAsync("verify-ledger", "--checkpoint", lapse.CheckpointFile, "--public-key", key), StringComparison.Ordinal);
        Assert.Contains("are intact", await lapse.RunAsync("verify-ledger", "--cluster", SandboxCluster.Name), StringComparison.Ordinal);

        // The cluster as it is now, with Lapse's own rights: its CI is administrator, and Lapse's own account is accepted, not hidden.
        var scan = await lapse.RunAsync("rbac", "scan", "--cluster", SandboxCluster.Name, "--fail-on", "never", "--allow-unread", "--output", "json");
        using var found = System.Text.Json.JsonDocument.Parse(scan);
        var findings = found.RootElement.GetProperty("findings").EnumerateArray().ToLookup(finding => finding.GetProperty("subject").GetString());
        Assert.Contains(findings["ServiceAccount ci/deployer"], finding => finding.GetProperty("id").GetString() == "LR001" && !finding.TryGetProperty("accepted", out _));
        Assert.NotEmpty(findings["ServiceAccount lapse-system/lapse-portal"]);
        Assert.All(findings["ServiceAccount lapse-system/lapse-portal"], finding => Assert.Contains("no more rights here than the catalogue makes necessary", finding.GetProperty("accepted").GetString(), StringComparison.Ordinal));
        Assert.Contains("in 1 step: ServiceAccount ci/deployer → administrator of the cluster", await lapse.RunAsync("rbac", "paths", "--cluster", SandboxCluster.Name, "--as", "system:serviceaccount:ci:deployer"), StringComparison.Ordinal);
        var forged = lapse.File("checkpoint.json");
        await File.WriteAllTextAsync(forged, Digit().Replace(await File.ReadAllTextAsync(lapse.CheckpointFile, cancellation), "\"sequence\":99999", 1), cancellation);
        await Assert.ThrowsAsync<SandboxException>(() => lapse.RunAsync("verify-ledger", "--checkpoint", forged));
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex GrantIn();

    [GeneratedRegex("\"sequence\":\\s*\\d+")]
    private static partial Regex Digit();
}
