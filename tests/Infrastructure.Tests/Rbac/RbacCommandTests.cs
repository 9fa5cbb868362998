using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac can</c>, and what is wrong with any verb: what it prints, in which shape, and how it ends.</summary>
public sealed class RbacCommandTests : RbacCommandTest
{
    [Fact]
    public async Task Can_Allowed_NamesBindingRoleAndRule()
    {
        Folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods/log", "--namespace", "shop");

        Assert.Equal(0, code);
        Assert.True(json["allowed"]!.GetValue<bool>());
        Assert.Equal("""[{"binding":"RoleBinding shop/support","role":"Role shop/logs","rule":1}]""", json["by"]!.ToJsonString());
        Assert.Null(json["before"]);
    }

    [Fact]
    public async Task Can_NotAllowed_EndsWithOne()
    {
        Folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "sam", "--as-group", "support", "--verb", "get", "--resource", "pods", "--namespace", "other");

        Assert.Equal(1, code);
        Assert.False(json["allowed"]!.GetValue<bool>());
        Assert.Empty(json["by"]!.AsArray());
    }

    [Fact]
    public async Task Can_UrlAndApiGroupAndName_AreAsked()
    {
        Folder.Write("a.yaml", Admin);

        Assert.Equal(0, (await JsonAsync("can", "--as", "system:serviceaccount:ci:deployer", "--verb", "get", "--url", "/metrics")).Code);
        Assert.Equal(0, (await JsonAsync("can", "--as", "system:serviceaccount:ci:deployer", "--verb", "patch", "--resource", "deployments/scale", "--api-group", "apps", "--name", "x", "--namespace", "n")).Code);
        Assert.Equal(1, (await JsonAsync("can", "--as", "system:serviceaccount:ci:other", "--verb", "get", "--url", "/metrics")).Code);
    }

    [Fact]
    public async Task Can_MemberOfMasters_IsAllowedBeforeRbac()
    {
        Folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("can", "--as", "root", "--as-group", "system:masters", "--verb", "delete", "--resource", "nodes");

        Assert.Equal((0, true, "system:masters", 0), (code, json["allowed"]!.GetValue<bool>(), json["before"]!.GetValue<string>(), json["by"]!.AsArray().Count));
    }

    [Fact]
    public async Task Can_NotAllowedByWhatCouldBeRead_EndsWithThree()
    {
        Folder.Write("a.yaml", Local + "\n---\nbroken: [");

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
    [InlineData("paths --manifests HERE")]
    [InlineData("paths --as x --manifests HERE --most 0")]
    [InlineData("paths --as x --manifests HERE --output csv")]
    [InlineData("what")]
    public async Task Any_InputIsWrong_EndsWithTwoAndSaysNothingOnStandardOutput(string line)
    {
        Folder.Write("a.yaml", Local);
        using var empty = new ManifestFolder();
        var arguments = line.Split(' ').Select(word => word switch { "HERE" => Folder.Path, "EMPTY" => empty.Path, "MISSING" => Path.Combine(empty.Path, "missing"), _ => word });

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
}
