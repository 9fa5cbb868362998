using System.Text.Json.Nodes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac</c> as scripts call it: what it prints, in which shape, and how it ends.</summary>
public sealed class RbacCommandTests : IDisposable
{
    private const string Admin = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: everything}
        rules:
        - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
        - {nonResourceURLs: ["*"], verbs: ["*"]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: ci}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}
        subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
        """;

    private const string Local = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: logs, namespace: shop}
        rules:
        - {apiGroups: [""], resources: [pods], verbs: [list]}
        - {apiGroups: [""], resources: [pods, pods/log], verbs: [get]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: support, namespace: shop}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: logs}
        subjects: [{kind: Group, name: support}, {kind: Group, name: "system:serviceaccounts:shop"}]
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: web, namespace: shop}
        """;

    private readonly ManifestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Can_Allowed_NamesBindingRoleAndRule()
    {
        _folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods/log", "--namespace", "shop");

        Assert.Equal(0, code);
        Assert.True(json["allowed"]!.GetValue<bool>());
        Assert.Equal("""[{"binding":"RoleBinding shop/support","role":"Role shop/logs","rule":1}]""", json["by"]!.ToJsonString());
        Assert.Null(json["before"]);
    }

    [Fact]
    public async Task Can_NotAllowed_EndsWithOne()
    {
        _folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods", "--namespace", "other");

        Assert.Equal(1, code);
        Assert.False(json["allowed"]!.GetValue<bool>());
        Assert.Empty(json["by"]!.AsArray());
    }

    [Fact]
    public async Task Can_UrlAndApiGroupAndName_AreAsked()
    {
        _folder.Write("a.yaml", Admin);

        Assert.Equal(0, (await JsonAsync("can", "--as", "system:serviceaccount:ci:deployer", "--verb", "get", "--url", "/metrics")).Code);
        Assert.Equal(0, (await JsonAsync("can", "--as", "system:serviceaccount:ci:deployer", "--verb", "patch", "--resource", "deployments/scale", "--api-group", "apps", "--name", "x", "--namespace", "n")).Code);
        Assert.Equal(1, (await JsonAsync("can", "--as", "system:serviceaccount:ci:other", "--verb", "get", "--url", "/metrics")).Code);
    }

    [Fact]
    public async Task Can_MemberOfMasters_IsAllowedBeforeRbac()
    {
        _folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "root", "--as-group", "system:masters", "--verb", "delete", "--resource", "nodes");

        Assert.Equal((0, true, "system:masters", 0), (code, json["allowed"]!.GetValue<bool>(), json["before"]!.GetValue<string>(), json["by"]!.AsArray().Count));
    }

    [Fact]
    public async Task Can_NotAllowedByWhatCouldBeRead_EndsWithThree()
    {
        _folder.Write("a.yaml", Local + "\n---\nbroken: [");

        var (code, json, _) = await JsonAsync("can", "--as", "sam", "--verb", "get", "--resource", "pods");
        Assert.Equal(3, code);
        Assert.EndsWith("a.yaml, document 4, line 18", json["notEvaluated"]![0]!["what"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, (await JsonAsync("can", "--as", "sam", "--verb", "get", "--resource", "pods", "--allow-unread")).Code);
        Assert.Equal(0, (await JsonAsync("can", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods", "--namespace", "shop")).Code);
    }

    [Theory]
    [InlineData("can --as x --verb get --resource pods --manifests MISSING")]
    [InlineData("can --as x --verb get --manifests HERE")]
    [InlineData("can --as x --verb get --resource pods --url /x --manifests HERE")]
    [InlineData("can --as x --verb get --url /x --namespace n --manifests HERE")]
    [InlineData("can --verb get --resource pods --manifests HERE")]
    [InlineData("can --as x --verb get --resource pods --output sarif --manifests HERE")]
    [InlineData("who-can --verb get --resource pods")]
    [InlineData("can --as x --verb get --resource pods --manifests HERE --kubeconfig HERE")]
    [InlineData("can --as x --verb get --resource pods --manifests HERE --context other")]
    [InlineData("can --as x --verb get --resource pods --kubeconfig MISSING")]
    [InlineData("scan --cluster sandbox")]
    [InlineData("scan --manifests HERE --with-defaults")]
    [InlineData("scan --manifests HERE --fail-on terrible")]
    [InlineData("scan --manifests EMPTY")]
    [InlineData("covers --owner MISSING --servant MISSING")]
    [InlineData("what")]
    public async Task Any_InputIsWrong_EndsWithTwoAndSaysNothingOnStandardOutput(string line)
    {
        _folder.Write("a.yaml", Local);
        using var empty = new ManifestFolder();
        var arguments = line.Split(' ').Select(word => word switch { "HERE" => _folder.Path, "EMPTY" => empty.Path, "MISSING" => Path.Combine(empty.Path, "missing"), _ => word });

        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", .. arguments], NoSettings, Cancellation);

        Assert.Equal((2, ""), (code, said));
        Assert.NotEmpty(errors);
    }

    [Fact]
    public async Task Can_StandardInput_IsReadAndTableIsForPeople()
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "can", "--manifests", "-", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods", "-n", "shop"], NoSettings, Cancellation, Local);

        Assert.Equal((0, ""), (code, errors));
        Assert.Equal("allowed: get pods in shop, as sam\nBINDING                   ROLE            RULE\nRoleBinding shop/support  Role shop/logs  1: verbs: get; apiGroups: \"\"; resources: pods, pods/log", said.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task WhoCan_NamesSubjectsWithWhatGivesItAndWhatIsNotKnown()
    {
        _folder.Write("a.yaml", Local);
        _folder.Write("b.yaml", Admin);

        var (code, json, _) = await JsonAsync("who-can", "--verb", "get", "--resource", "pods", "--namespace", "shop");

        Assert.Equal(0, code);
        var subjects = json["subjects"]!.AsArray();
        Assert.Equal(
            ["Group//support", "Group//system:serviceaccounts:shop", "ServiceAccount/ci/deployer", "ServiceAccount/shop/web"],
            subjects.Select(subject => $"{subject!["kind"]}/{subject["namespace"]}/{subject["name"]}"));
        Assert.All(subjects, subject => Assert.NotEmpty(subject!["via"]!.AsArray()));
        Assert.Equal("system:serviceaccounts:shop", subjects[3]!["through"]!.GetValue<string>());
        Assert.Equal("ClusterRoleBinding ci", subjects[2]!["via"]![0]!["binding"]!.GetValue<string>());
        Assert.Equal(["members of groups", "members of system:masters", "other authorizers"], json["notEvaluated"]!.AsArray().Select(gap => gap!["what"]!.GetValue<string>()));
        Assert.Single((await JsonAsync("who-can", "--verb", "get", "--resource", "pods")).Json["subjects"]!.AsArray());
        Assert.Equal(4, (await JsonAsync("who-can", "--verb", "get", "--resource", "pods", "--anywhere")).Json["subjects"]!.AsArray().Count);
    }

    [Fact]
    public async Task WhoCan_BindingOfARoleThatIsNotThere_IsNotEvaluated()
    {
        _folder.Write("a.yaml", ManifestFolder.ReaderBinding);

        var (_, json, _) = await JsonAsync("who-can", "--verb", "get", "--resource", "secrets");

        Assert.Empty(json["subjects"]!.AsArray());
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => gap!["what"]!.GetValue<string>() == "ClusterRoleBinding readers");
    }

    [Fact]
    public async Task WithDefaults_BindingOfKubernetesOwnRole_CountsWithItsRules()
    {
        _folder.Write("a.yaml", """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: team, namespace: shop}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
            subjects: [{kind: Group, name: team}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: mine}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: made-by-nobody}
            subjects: [{kind: Group, name: team}]
            """);
        string[] question = ["--verb", "get", "--resource", "secrets", "--namespace", "shop"];

        var (code, json, _) = await JsonAsync("can", ["--as", "sam", "--as-group", "team", .. question]);
        Assert.Equal(1, code);
        Assert.Contains("--with-defaults adds it", Text(json["notEvaluated"]!.AsArray().Single(gap => Text(gap!, "what") == "RoleBinding shop/team")!, "why"), StringComparison.Ordinal);

        (code, json, _) = await JsonAsync("can", ["--as", "sam", "--as-group", "team", "--with-defaults", .. question]);
        Assert.Equal((0, "RoleBinding shop/team", "ClusterRole edit"), (code, Text(json["by"]![0]!, "binding"), Text(json["by"]![0]!, "role")));
        // What nobody brings is still not evaluated.
        Assert.Equal("ClusterRoleBinding mine", Text(Assert.Single(json["notEvaluated"]!.AsArray())!, "what"));

        (code, json, _) = await JsonAsync("who-can", ["--with-defaults", .. question]);
        Assert.Equal(0, code);
        Assert.Contains(json["subjects"]!.AsArray(), subject => Text(subject!, "name") == "team");
        // By the bindings that every cluster has.
        Assert.Contains(json["subjects"]!.AsArray(), subject => Text(subject!, "name") == "system:masters");
        Assert.Contains((await JsonAsync("what-can", "--as", "sam", "--as-group", "team", "--with-defaults")).Json["holdings"]!.AsArray(), holding => Text(holding!, "role") == "ClusterRole edit" && holding!["rules"]!.AsArray().Count > 5);
    }

    [Fact]
    public async Task WithDefaults_RoleOfTheManifestsWithADefaultsName_IsTheOneThatCounts()
    {
        _folder.Write("a.yaml", """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: view}
            rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: team}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: Group, name: team}]
            """);

        Assert.Equal(0, (await JsonAsync("can", "--with-defaults", "--as", "sam", "--as-group", "team", "--verb", "get", "--resource", "nodes")).Code);
        Assert.Equal(1, (await JsonAsync("can", "--with-defaults", "--as", "sam", "--as-group", "team", "--verb", "get", "--resource", "pods")).Code);
    }

    [Fact]
    public async Task WhatCan_NamesEverythingThroughEachBinding()
    {
        _folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("what-can", "--as", "system:serviceaccount:shop:web");

        Assert.Equal(0, code);
        var holding = Assert.Single(json["holdings"]!.AsArray())!;
        Assert.Equal(("RoleBinding shop/support", "Group system:serviceaccounts:shop", 2), (holding["binding"]!.GetValue<string>(), holding["through"]!.GetValue<string>(), holding["rules"]!.AsArray().Count));
    }

    [Theory]
    [InlineData("""[{"verbs":["*"],"apiGroups":[""],"resources":["pods"]}]""", """[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]""", 0, "[]")]
    [InlineData("""[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]""", """[{"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]}]""", 1, """[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}]""")]
    [InlineData("[]", """[{"verbs":["get"],"nonResourceURLs":["/x"]}]""", 1, """[{"verbs":["get"],"nonResourceURLs":["/x"]}]""")]
    public async Task Covers_AnswersWithTheSinglePermissionsThatAreNotCovered(string owner, string servant, int expected, string uncovered)
    {
        var (code, said, _) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", _folder.Write("o.json", owner), "--servant", _folder.Write("s.json", servant), "--output", "json"], NoSettings, Cancellation);

        Assert.Equal(expected, code);
        var json = JsonNode.Parse(said)!;
        Assert.Equal((expected == 0, uncovered), (json["covers"]!.GetValue<bool>(), json["uncovered"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[5]")]
    [InlineData("[{\"verb\": [\"get\"]}]")]
    [InlineData("[{\"verbs\": \"get\"}]")]
    [InlineData("[] []")]
    [InlineData("[{")]
    public async Task Covers_NoArrayOfRules_EndsWithTwo(string servant)
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", _folder.Write("o.json", "[]"), "--servant", _folder.Write("s.json", servant), "--output", "json"], NoSettings, Cancellation);

        Assert.Equal((2, ""), (code, said));
        Assert.Contains("s.json, line ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Covers_MoreThanAnybodyHas_IsRefusedInsteadOfCounted()
    {
        var many = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"v{i}\""));

        var (code, _, errors) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", _folder.Write("o.json", "[]"), "--servant", _folder.Write("s.json", $$"""[{"verbs":[{{many}}],"apiGroups":[{{many}}],"resources":[{{many}}]}]""")], NoSettings, Cancellation);

        Assert.Equal(2, code);
        Assert.Contains("single permissions", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_Json_HasEachFindingWithItsPlace()
    {
        var file = _folder.Write("a.yaml", Admin);

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
        var good = _folder.Write("a.yaml", ManifestFolder.Account);

        Assert.Equal(0, (await LapseVerb.RunAsync(["rbac", "scan", "--manifests", good], NoSettings, Cancellation)).Code);
        _folder.Write("b.yaml", "broken: [");
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", _folder.Path], NoSettings, Cancellation);
        Assert.Equal(3, code);
        Assert.Contains("not evaluated", said, StringComparison.Ordinal);
        Assert.Contains("b.yaml, document 1, line 1", errors, StringComparison.Ordinal);
        var (allowed, json, _) = await JsonAsync("scan", "--allow-unread");
        Assert.Equal(0, allowed);
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => Text(gap!, "what").Contains("b.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scan_Sarif_HasTheStructureThatTheStandardWants()
    {
        var file = _folder.Write("with space/a.yaml", Admin + "\n---\nbroken: [");

        var (code, said, _) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", _folder.Path, "--output", "sarif"], NoSettings, Cancellation);

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
        _folder.Write("a.yaml", Admin.Replace("name: ci}", "name: \"=HYPERLINK(1),\\\"x\"}", StringComparison.Ordinal).Replace("{kind: ServiceAccount, name: deployer, namespace: ci}", "{kind: User, name: \"@SUM(1)\"}", StringComparison.Ordinal));

        var (_, said, _) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", _folder.Path, "--output", "csv"], NoSettings, Cancellation);

        var lines = said.Split("\r\n");
        Assert.Equal("id,severity,title,subject,role,binding,namespace,evidence,fix,file,line,fingerprint,accepted", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("LR001,critical,", StringComparison.Ordinal) && line.Contains("\"ClusterRoleBinding =HYPERLINK(1),\"\"x\"", StringComparison.Ordinal));
        Assert.DoesNotContain(",=", said, StringComparison.Ordinal);
        Assert.DoesNotContain(",@", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_NamesWithControlCharacters_DoNotReachTheTerminal()
    {
        _folder.Write("a.yaml", Admin.Replace("{kind: ServiceAccount, name: deployer, namespace: ci}", "{kind: User, name: \"x\\e[2Jy\\u202Ez\"}", StringComparison.Ordinal));

        var (_, said, errors) = await LapseVerb.RunAsync(["rbac", "scan", "--manifests", _folder.Path], NoSettings, Cancellation);

        Assert.Contains(@"x\u001b[2Jy\u202ez", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', said + errors);
        Assert.DoesNotContain('\u202e', said + errors);
    }

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, string> NoSettings { get; } = [];

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    private const string Standing = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: boss}
        rules:
        - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: erin, namespace: shop, labels: {team: shop}}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: boss}
        subjects: [{kind: User, name: "oidc:erin", apiGroup: rbac.authorization.k8s.io}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: bot}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: boss}
        subjects: [{kind: ServiceAccount, name: bot, namespace: ci}]
        """;

    [Theory]
    [InlineData("RoleBinding/shop/erin")]
    [InlineData("RoleBinding shop/erin")]
    public async Task JustInTime_OfABinding_PrintsTheEntryAndTheCommandsInTheirOrder(string binding)
    {
        _folder.Write("a.yaml", Standing);

        var (code, json, _) = await JsonAsync("just-in-time", "--binding", binding, "--cluster", "prod", "--workflow", "two-peers");

        Assert.Equal(0, code);
        var entry = json["entries"]![0]!;
        Assert.Equal(
            ("prod", "two-peers", "ClusterRole", "boss", "shop", "PT2H"),
            (entry["cluster"]!.GetValue<string>(), entry["workflow"]!.GetValue<string>(), entry["role"]!["kind"]!.GetValue<string>(), entry["role"]!["name"]!.GetValue<string>(), entry["namespaces"]![0]!.GetValue<string>(), entry["maximum"]!.GetValue<string>()));
        Assert.Equal("kubectl delete --raw '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/erin'\n", json["remove"]!.GetValue<string>());
        Assert.Contains("kubectl create -f -", json["restore"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(json["reasons"]!.AsArray(), reason => reason!.GetValue<string>().Contains("2 approvals", StringComparison.Ordinal));

        var (table, text, errors) = await LapseVerb.RunAsync(["rbac", "just-in-time", "--manifests", _folder.Path, "--binding", binding], NoSettings, Cancellation);
        Assert.Equal((0, ""), (table, errors));
        Assert.True(text.IndexOf("lapse apply", StringComparison.Ordinal) < text.IndexOf("kubectl delete", StringComparison.Ordinal));
        Assert.True(text.IndexOf("kubectl delete", StringComparison.Ordinal) < text.IndexOf("kubectl create", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ClusterRoleBinding/bot", 1, "a program cannot ask")]
    [InlineData("ClusterRoleBinding/nobody", 2, "There is no ClusterRoleBinding nobody")]
    [InlineData("Secret/a/b", 2, "names no binding")]
    [InlineData("erin", 2, "names no binding")]
    public async Task JustInTime_OfWhatCannotBecomeIt_SaysWhyAndPrintsNothing(string binding, int expected, string why)
    {
        _folder.Write("a.yaml", Standing);

        var (code, text, errors) = await LapseVerb.RunAsync(["rbac", "just-in-time", "--manifests", _folder.Path, "--binding", binding, "--output", "json"], NoSettings, Cancellation);

        Assert.Equal((expected, ""), (code, text));
        Assert.Contains(why, errors, StringComparison.Ordinal);
    }

    private async Task<(int Code, JsonNode Json, string Errors)> JsonAsync(string verb, params string[] arguments)
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", verb, "--manifests", _folder.Path, "--output", "json", .. arguments], NoSettings, Cancellation);
        return (code, JsonNode.Parse(said)!, errors);
    }
}
