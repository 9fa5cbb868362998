using System.Text.Json.Nodes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac</c> on a folder of manifests, as scripts call it.</summary>
public abstract class RbacCommandTest : IDisposable
{
    protected const string Admin = """
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

    protected const string Local = """
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

    private protected ManifestFolder Folder { get; } = new();

    protected static Dictionary<string, string> NoSettings { get; } = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    /// <summary>Asks the folder, and reads the answer.</summary>
    protected async Task<(int Code, JsonNode Json, string Errors)> JsonAsync(string verb, params string[] arguments)
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", verb, "--manifests", Folder.Path, "--output", "json", .. arguments], NoSettings, Cancellation);
        return (code, JsonNode.Parse(said)!, errors);
    }
}
