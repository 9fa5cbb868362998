using System.Text.Json.Nodes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac scan</c>: what it prints in each format, and how it ends.</summary>
public sealed class RbacScanCommandTests : RbacCommandTest
{
    [Fact]
    public async Task Scan_Json_HasEachFindingWithItsPlace()
    {
        var file = Folder.Write("a.yaml", Admin);

        var (code, json, _) = await JsonAsync("scan");

        Assert.Equal(1, code);
        var finding = json["findings"]!.AsArray().First(one => one!["id"]!.GetValue<string>() == "LR001")!;
        Assert.Equal(("critical", "ServiceAccount ci/deployer", "ClusterRole everything", "ClusterRoleBinding ci", ""), (Text(finding, "severity"), Text(finding, "subject"), Text(finding, "role"), Text(finding, "binding"), Text(finding, "namespace")));
        Assert.All((string[])["evidence", "fix", "attack", "fingerprint"], field => Assert.NotEmpty(Text(finding, field)));
        Assert.Equal((file, 2, 8), (Text(finding["place"]!, "file"), finding["place"]!["document"]!.GetValue<int>(), finding["place"]!["line"]!.GetValue<int>()));
        Assert.Equal(0, (await JsonAsync("scan", "--fail-on", "never")).Code);
    }

    [Fact]
    public async Task Scan_NothingFound_EndsWithZeroOnlyIfAllWasRead()
    {
        var good = Folder.Write("a.yaml", ManifestFolder.Account);

        Assert.Equal(0, (await LapseVerb.RunAsync(["rbac", "scan", "--manifests", good], NoSettings, Cancellation)).Code);
        Folder.Write("b.yaml", "broken: [");
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", Folder.Path], NoSettings, Cancellation);
        Assert.Equal(3, code);
        Assert.Contains("not evaluated", said, StringComparison.Ordinal);
        Assert.Contains("b.yaml, document 1, line 1", errors, StringComparison.Ordinal);
        var (allowed, json, _) = await JsonAsync("scan", "--allow-unread");
        Assert.Equal(0, allowed);
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => Text(gap!, "what").Contains("b.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scan_EachSortOfBadInput_IsListedByItsDocumentAndTheRestIsEvaluated()
    {
        Folder.Write("good.yaml", Admin);
        Folder.Write("broken.yaml", "a: [b\n---\n" + ManifestFolder.Account);
        Folder.Write("broken.json", """{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}} {"apiVersion": """);
        Folder.Write("deep.yaml", ManifestFolder.Account + "---\napiVersion: v1\nkind: X\na: " + new string('[', 10_000));
        Folder.Write("twice.yaml", ManifestFolder.Reader + "\n---\n" + ManifestFolder.Reader.Replace("get, list", "delete, get", StringComparison.Ordinal));
        Folder.Write("old.yaml", ManifestFolder.ReaderBinding.Replace("/v1\n", "/v1beta1\n", StringComparison.Ordinal));
        Folder.Write("other.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n");

        var (code, json, errors) = await JsonAsync("scan");

        Assert.Equal((1, ""), (code, errors));
        Assert.Equal(
            ["broken.json, document 2, line 1", "broken.yaml, document 1, line 1", "deep.yaml, document 2, line 7", "twice.yaml, document 2, line 7"],
            json["notEvaluated"]!.AsArray().Select(gap => Text(gap!, "what")).Where(what => what.Contains(", document ", StringComparison.Ordinal)).Select(what => Path.GetFileName(what)).Order(StringComparer.Ordinal));
        Assert.Equal(1, json["read"]!["passedOver"]!["example.com/v1 Widget"]!.GetValue<int>());
        Assert.Contains(json["notes"]!.AsArray(), note => note!.GetValue<string>().Contains("read like v1", StringComparison.Ordinal));
        var findings = json["findings"]!.AsArray();
        Assert.Contains(findings, finding => (Text(finding!, "id"), Text(finding!, "subject")) == ("LR001", "ServiceAccount ci/deployer"));
        Assert.Contains(findings, finding => (Text(finding!, "id"), Text(finding!, "subject"), Text(finding!, "binding")) == ("LR003", "User jane", "ClusterRoleBinding readers"));
    }

    [Fact]
    public async Task Scan_Sarif_HasTheStructureThatTheStandardWants()
    {
        var file = Folder.Write("with space/a.yaml", Admin + "\n---\nbroken: [");

        var (code, said, _) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", Folder.Path, "--output", "sarif"], NoSettings, Cancellation);

        Assert.Equal(1, code);
        var sarif = JsonNode.Parse(said)!;
        Assert.Equal("2.1.0", Text(sarif, "version"));
        var run = Assert.Single(sarif["runs"]!.AsArray())!;
        var rules = run["tool"]!["driver"]!["rules"]!.AsArray();
        Assert.Equal("Lapse", Text(run["tool"]!["driver"]!, "name"));
        // Everything that was looked for, whether it was found or not.
        Assert.Equal(Lapse.Domain.Rbac.Findings.Checks.All.Select(check => check.Id).Order(StringComparer.Ordinal), rules.Select(rule => Text(rule!, "id")));
        Assert.Equal("error", Text(rules.First(rule => Text(rule!, "id") == "LR001")!["defaultConfiguration"]!, "level"));
        Assert.Null(rules.First(rule => Text(rule!, "id") == "LR019")!["defaultConfiguration"]);
        var results = run["results"]!.AsArray();
        Assert.NotEmpty(results);
        Assert.All(results, result =>
        {
            Assert.Equal(Text(result!, "ruleId"), Text(rules[result!["ruleIndex"]!.GetValue<int>()]!, "id"));
            Assert.Contains(Text(result, "level"), (string[])["none", "note", "warning", "error"]);
            Assert.NotEmpty(Text(result["message"]!, "text"));
            Assert.NotEmpty(result["locations"]!.AsArray());
        });
        var place = results.First(result => Text(result!, "ruleId") == "LR001")!["locations"]![0]!["physicalLocation"]!;
        Assert.Equal(file, new Uri(Text(place["artifactLocation"]!, "uri")).LocalPath);
        Assert.DoesNotContain(' ', Text(place["artifactLocation"]!, "uri"));
        Assert.Equal(8, place["region"]!["startLine"]!.GetValue<int>());
        var invocation = Assert.Single(run["invocations"]!.AsArray())!;
        Assert.False(invocation["executionSuccessful"]!.GetValue<bool>());
        Assert.Contains(invocation["toolExecutionNotifications"]!.AsArray(), one => Text(one!["message"]!, "text").Contains("not YAML", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scan_Csv_IsSafeInASpreadsheet()
    {
        Folder.Write("a.yaml", Admin.Replace("name: ci}", "name: \"=HYPERLINK(1),\\\"x\"}", StringComparison.Ordinal).Replace("{kind: ServiceAccount, name: deployer, namespace: ci}", "{kind: User, name: \"@SUM(1)\"}", StringComparison.Ordinal));

        var (_, said, _) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", Folder.Path, "--output", "csv"], NoSettings, Cancellation);

        var lines = said.Split("\r\n");
        Assert.Equal("id,severity,title,subject,role,binding,namespace,evidence,fix,file,line,fingerprint,accepted", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("LR001,critical,", StringComparison.Ordinal) && line.Contains("\"ClusterRoleBinding =HYPERLINK(1),\"\"x\"", StringComparison.Ordinal));
        Assert.DoesNotContain(",=", said, StringComparison.Ordinal);
        Assert.DoesNotContain(",@", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_NamesWithControlCharacters_DoNotReachTheTerminal()
    {
        Folder.Write("a.yaml", Admin.Replace("{kind: ServiceAccount, name: deployer, namespace: ci}", "{kind: User, name: \"x\\e[2Jy\\u202Ez\"}", StringComparison.Ordinal));

        var (_, said, errors) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", Folder.Path], NoSettings, Cancellation);

        Assert.Contains(@"x\u001b[2Jy\u202ez", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', said + errors);
        Assert.DoesNotContain('\u202e', said + errors);
    }
}
