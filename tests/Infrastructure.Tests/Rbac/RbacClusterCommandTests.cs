using System.Text.Json.Nodes;
using k8s;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac</c> on a real cluster, by a kubeconfig: as an administrator, with few rights, and with none.</summary>
public sealed class RbacClusterCommandTests(ControlPlaneFixture controlPlane) : IAsyncLifetime
{
    private readonly ScratchFolder _folder = new();
    private TestNamespace _place = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _place = await controlPlane.NamespaceAsync(Cancellation);
        var rbac = _place.Client.RbacAuthorizationV1;
        await _place.Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "web" } }, _place.Name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleAsync(new() { Metadata = new() { Name = "secrets" }, Rules = [RbacPlace.Write(new PolicyRule { Verbs = ["get", "list"], ApiGroups = [""], Resources = ["secrets"] })] }, _place.Name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = "web" }, RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = "secrets" }, Subjects = [new() { Kind = "ServiceAccount", Name = "web" }] }, _place.Name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = "gone" }, RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "not-there" }, Subjects = [new() { Kind = "User", Name = "sam", ApiGroup = "rbac.authorization.k8s.io" }] }, _place.Name, cancellationToken: Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _place.DisposeAsync();
    }

    [Fact]
    public async Task AsAdministrator_EachVerb_AnswersOfTheClusterAsItIs()
    {
        var kubeconfig = (await controlPlane.GetAsync(Cancellation)).KubeconfigFile;
        var (web, space) = ($"system:serviceaccount:{_place.Name}:web", _place.Name);

        var (code, json, _) = await JsonAsync(kubeconfig, "can", "--as", web, "--verb", "get", "--resource", "secrets", "--namespace", space);
        Assert.Equal((0, $"RoleBinding {space}/web", $"Role {space}/secrets"), (code, Text(json["by"]![0]!, "binding"), Text(json["by"]![0]!, "role")));
        // What is read of a cluster is whole: a role that is not there gives nothing, and that is known.
        (code, json, _) = await JsonAsync(kubeconfig, "can", "--as", "sam", "--verb", "get", "--resource", "secrets", "--namespace", space);
        Assert.Equal((1, 0), (code, json["notEvaluated"]!.AsArray().Count));

        (code, json, _) = await JsonAsync(kubeconfig, "who-can", "--verb", "get", "--resource", "secrets", "--namespace", space);
        Assert.Equal(0, code);
        Assert.Contains(json["subjects"]!.AsArray(), subject => (Text(subject!, "name"), Text(subject!, "namespace")) == ("web", space));
        Assert.Contains(json["subjects"]!.AsArray(), subject => Text(subject!, "name") == "system:masters" && Text(subject!["via"]![0]!, "binding") == "ClusterRoleBinding cluster-admin");

        (code, json, _) = await JsonAsync(kubeconfig, "what-can", "--as", web);
        Assert.Equal(0, code);
        Assert.Contains(json["holdings"]!.AsArray(), holding => Text(holding!, "binding") == $"RoleBinding {space}/web");
        Assert.Contains(json["holdings"]!.AsArray(), holding => Text(holding!, "binding") == "ClusterRoleBinding system:basic-user");

        (code, json, _) = await JsonAsync(kubeconfig, "paths", "--as", web, "--secrets-in", space, "--only-certain");
        Assert.Equal((0, $"RoleBinding {space}/web"), (code, Text(json["paths"]![0]!["steps"]![0]!["by"]![0]!, "binding")));

        (code, json, _) = await JsonAsync(kubeconfig, "scan");
        Assert.Equal(1, code);
        Assert.Contains(json["findings"]!.AsArray(), finding => (Text(finding!, "id"), Text(finding!, "subject")) == ("LR003", $"ServiceAccount {space}/web"));
        Assert.Contains(json["findings"]!.AsArray(), finding => (Text(finding!, "id"), Text(finding!, "binding")) == ("LR030", $"RoleBinding {space}/gone"));
        Assert.StartsWith("https://", Text(json["read"]!, "cluster"), StringComparison.Ordinal);
        Assert.True(json["read"]!["objects"]!.GetValue<int>() > 50);
        Assert.DoesNotContain(json["notEvaluated"]!.AsArray(), gap => RbacState.Parts.Contains(Text(gap!, "what")));
    }

    [Fact]
    public async Task WithFewRights_WhatIsMissing_IsNotEvaluatedWithItsRuleAndNeverPassed()
    {
        await using var rights = await LeastRights.GiveAsync(_place, Cancellation);
        var kubeconfig = Write("few", rights.Credential);

        // Roles and bindings are all that the question needs.
        Assert.Equal(1, (await JsonAsync(kubeconfig, "can", "--as", "sam", "--verb", "get", "--resource", "secrets")).Code);
        // A way may lead over a token.
        var (way, paths, _) = await JsonAsync(kubeconfig, "paths", "--as", "sam", "--only-certain");
        Assert.Equal(3, way);
        Assert.Contains(paths["notEvaluated"]!.AsArray(), gap => Text(gap!, "what") == "tokens");
        var (code, json, errors) = await JsonAsync(kubeconfig, "scan", "--fail-on", "never");
        Assert.Equal(3, code);
        Assert.Equal("tokens", Text(json["notEvaluated"]![0]!, "what"));
        Assert.Contains("resources: [\"secrets\"], verbs: [\"list\"]", Text(json["notEvaluated"]![0]!, "why"), StringComparison.Ordinal);
        Assert.Equal(0, (await JsonAsync(kubeconfig, "scan", "--fail-on", "never", "--allow-unread")).Code);
        Assert.DoesNotContain(rights.Credential.Value, json.ToJsonString() + errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutRights_NothingIsKnown_AndNobodyIsSaidToHaveNothing()
    {
        var kubeconfig = Write("none", await _place.ServiceAccountAsync("nobody", Cancellation));

        var (code, json, _) = await JsonAsync(kubeconfig, "can", "--as", "sam", "--verb", "get", "--resource", "pods");
        Assert.Equal(3, code);
        Assert.Equal(["clusterrolebindings", "clusterroles", "rolebindings", "roles"], json["notEvaluated"]!.AsArray().Select(gap => Text(gap!, "what")).Order());
        Assert.Equal(3, (await JsonAsync(kubeconfig, "scan")).Code);
        (code, json, _) = await JsonAsync(kubeconfig, "who-can", "--verb", "get", "--resource", "pods");
        Assert.Equal(3, code);
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => Text(gap!, "what") == "serviceaccounts");
    }

    [Fact]
    public async Task OtherContextAndFiles_AreTaken()
    {
        var server = _place.Address.Server.AbsoluteUri;
        var token = await _place.ServiceAccountAsync("reader", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "ca.pem"), _place.Address.CertificateAuthority, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "token"), token.Value + "\n", Cancellation);
        var file = Path.Combine(_folder.Path, "files");
        await File.WriteAllTextAsync(file, $$$"""
            {"current-context": "broken", "contexts": [{"name": "broken", "context": {"cluster": "nowhere", "user": "u"}}, {"name": "right", "context": {"cluster": "c", "user": "u"}}],
             "clusters": [{"name": "c", "cluster": {"server": "{{{server}}}", "certificate-authority": "ca.pem"}}], "users": [{"name": "u", "user": {"tokenFile": "token"}}]}
            """, Cancellation);

        Assert.Equal(3, (await JsonAsync(file, "can", "--context", "right", "--as", "sam", "--verb", "get", "--resource", "pods")).Code);
    }

    [Theory]
    [InlineData("exec: {command: sh}", "exec")]
    [InlineData("token: not-one-that-counts", "Unauthorized")]
    [InlineData("tokenFile: missing", "missing cannot be read")]
    public async Task KubeconfigThatCannotBeUsed_EndsWithTwoAndNoAnswer(string user, string expected)
    {
        var file = Path.Combine(_folder.Path, "bad");
        await File.WriteAllTextAsync(file, $$$"""
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "{{{_place.Address.Server}}}", certificate-authority-data: {{{Base64(_place.Address.CertificateAuthority)}}}}}]
            users:
            - name: u
              user:
                {{{user}}}
            """, Cancellation);

        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "can", "--kubeconfig", file, "--as", "sam", "--verb", "get", "--resource", "pods"], NoSettings, Cancellation);

        Assert.Equal((2, ""), (code, said));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("not-one-that-counts", errors, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> NoSettings { get; } = [];

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private string Write(string name, ClusterCredential.Token token)
    {
        var file = Path.Combine(_folder.Path, name);
        File.WriteAllText(file, $$$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
             "clusters": [{"name": "c", "cluster": {"server": "{{{_place.Address.Server}}}", "certificate-authority-data": "{{{Base64(_place.Address.CertificateAuthority)}}}"}}],
             "users": [{"name": "u", "user": {"token": "{{{token.Value}}}"}}]}
            """);
        return file;
    }

    private static async Task<(int Code, JsonNode Json, string Errors)> JsonAsync(string kubeconfig, string verb, params string[] arguments)
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", verb, "--kubeconfig", kubeconfig, "--output", "json", .. arguments], NoSettings, Cancellation);
        return (code, JsonNode.Parse(said)!, errors);
    }
}
