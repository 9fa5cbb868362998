using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac just-in-time</c>: what it would take, as a file and commands.</summary>
public sealed class RbacJustInTimeCommandTests : RbacCommandTest
{
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
        Folder.Write("a.yaml", Standing);

        var (code, json, _) = await JsonAsync("just-in-time", "--binding", binding, "--cluster", "prod", "--workflow", "two-peers");

        Assert.Equal(0, code);
        var entry = json["entries"]![0]!;
        Assert.Equal(
            ("prod", "two-peers", "ClusterRole", "boss", "shop", "PT2H"),
            (entry["cluster"]!.GetValue<string>(), entry["workflow"]!.GetValue<string>(), entry["role"]!["kind"]!.GetValue<string>(), entry["role"]!["name"]!.GetValue<string>(), entry["namespaces"]![0]!.GetValue<string>(), entry["maximum"]!.GetValue<string>()));
        Assert.Equal("kubectl delete --raw '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/erin'\n", json["remove"]!.GetValue<string>());
        Assert.Contains("kubectl create -f -", json["restore"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(json["reasons"]!.AsArray(), reason => reason!.GetValue<string>().Contains("2 approvals", StringComparison.Ordinal));

        var (table, text, errors) = await LapseVerb.RunAsync(["rbac", "just-in-time", "--manifests", Folder.Path, "--binding", binding], NoSettings, Cancellation);
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
        Folder.Write("a.yaml", Standing);

        var (code, text, errors) = await LapseVerb.RunAsync(["rbac", "just-in-time", "--manifests", Folder.Path, "--binding", binding, "--output", "json"], NoSettings, Cancellation);

        Assert.Equal((expected, ""), (code, text));
        Assert.Contains(why, errors, StringComparison.Ordinal);
    }
}
