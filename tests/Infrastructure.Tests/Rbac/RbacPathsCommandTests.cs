using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac paths</c>: whether somebody can ever become administrator, and how.</summary>
public sealed class RbacPathsCommandTests : RbacCommandTest
{
    // A person who may only run Pods where the CI's ServiceAccount is, which has everything.
    private const string Ann = """

        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: pods, namespace: ci}
        rules: [{apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: [""], resources: [pods], verbs: [create]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: ann, namespace: ci}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pods}
        subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]
        """;

    [Fact]
    public async Task Paths_InSeveralSteps_AreListedWithWhatMakesEachStep()
    {
        Folder.Write("a.yaml", Admin + Ann);

        var (code, json, _) = await JsonAsync("paths", "--as", "ann", "--only-certain");

        Assert.Equal((0, true, "administrator of the cluster", "ann"), (code, json["reachable"]!.GetValue<bool>(), Text(json, "goal"), Text(json, "user")));
        Assert.Equal(["system:authenticated"], json["groups"]!.AsArray().Select(group => group!.GetValue<string>()));
        var path = Assert.Single(json["paths"]!.AsArray())!;
        Assert.True(path["certain"]!.GetValue<bool>());
        var steps = path["steps"]!.AsArray();
        Assert.Equal(
            [("User ann", "ServiceAccount ci/deployer", ""), ("ServiceAccount ci/deployer", "administrator of the cluster", "")],
            steps.Select(step => (Text(step!, "from"), Text(step!, "to"), Text(step!, "assumes"))));
        Assert.Equal("""[{"binding":"RoleBinding ci/ann","role":"Role ci/pods","rule":1}]""", steps[0]!["by"]!.ToJsonString());
        Assert.StartsWith("User ann runs a Pod as ServiceAccount ci/deployer", Text(steps[0]!, "sentence"), StringComparison.Ordinal);
        Assert.Equal(["members of system:masters", "other authorizers"], json["notEvaluated"]!.AsArray().Select(gap => Text(gap!, "what")));
        // Nobody else has it by that, and whoever is a master needs no way.
        Assert.Equal(1, (await JsonAsync("paths", "--as", "bob")).Code);
        Assert.Equal(0, (await JsonAsync("paths", "--as", "bob", "--as-group", "system:masters")).Code);
    }

    [Fact]
    public async Task Paths_Table_IsForPeople()
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "paths", "--manifests", "-", "--as", "ann", "--most", "1"], NoSettings, Cancellation, Admin + Ann);

        Assert.Equal(0, code);
        Assert.Equal(
            """
            in 2 steps: User ann → ServiceAccount ci/deployer → administrator of the cluster
              1. User ann runs a Pod as ServiceAccount ci/deployer (rule 2 of Role ci/pods through RoleBinding ci/ann).
              2. ServiceAccount ci/deployer may do everything in the whole cluster (rule 1 of ClusterRole everything through ClusterRoleBinding ci).
            """, said.ReplaceLineEndings("\n"));
        Assert.Contains("not evaluated: other authorizers", errors, StringComparison.Ordinal);

        (code, said, _) = await LapseVerb.RunAsync(["rbac", "paths", "--manifests", "-", "--as", "x\u001b[2J"], NoSettings, Cancellation, Local);
        Assert.Equal((1, @"no way from x\u001b[2J to administrator of the cluster, by what was read"), (code, said));
    }

    [Fact]
    public async Task Paths_ThatAssumeSomething_SayWhatAndCanBeLeftOut()
    {
        // Nothing but Pod Security keeps a Pod off its node, and RBAC does not show whether that is enforced.
        Folder.Write("a.yaml", Local.Replace("resources: [pods], verbs: [list]", "resources: [pods], verbs: [create]", StringComparison.Ordinal));

        var (code, json, _) = await JsonAsync("paths", "--as", "sam", "--as-group", "support");

        Assert.Equal(0, code);
        Assert.All(json["paths"]!.AsArray(), path => Assert.False(path!["certain"]!.GetValue<bool>()));
        Assert.Contains(json["paths"]![0]!["steps"]!.AsArray(), step => Text(step!, "assumes").Contains("Pod Security", StringComparison.Ordinal) && Text(step!, "sentence").Contains(" if ", StringComparison.Ordinal));
        (code, json, _) = await JsonAsync("paths", "--as", "sam", "--as-group", "support", "--only-certain");
        Assert.Equal((1, false, 0), (code, json["reachable"]!.GetValue<bool>(), json["paths"]!.AsArray().Count));
    }

    [Fact]
    public async Task Paths_NoneByWhatCouldBeRead_EndsWithThree()
    {
        Folder.Write("a.yaml", Local + "\n---\nbroken: [");

        var (code, json, _) = await JsonAsync("paths", "--as", "sam");
        Assert.Equal((3, false), (code, json["reachable"]!.GetValue<bool>()));
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => Text(gap!, "what").EndsWith("a.yaml, document 4, line 18", StringComparison.Ordinal));
        Assert.Equal(1, (await JsonAsync("paths", "--as", "sam", "--allow-unread")).Code);
    }

    [Fact]
    public async Task Paths_HoweverLong_AreFound()
    {
        const int hops = 30;
        string Runs(int from, int to) => $"""
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {"{"}name: hop, namespace: n{to}{"}"}
            roleRef: {"{"}apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: runner{"}"}
            subjects: [{"{"}kind: ServiceAccount, name: x, namespace: n{from}{"}"}]

            """;
        Folder.Write("a.yaml", Admin.Replace("name: deployer, namespace: ci", $"name: x, namespace: n{hops}", StringComparison.Ordinal)
            + "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: runner}\nrules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]\n"
            + string.Concat(Enumerable.Range(0, hops).Select(i => Runs(i, i + 1))));

        var (code, json, _) = await JsonAsync("paths", "--as", "system:serviceaccount:n0:x", "--only-certain");

        Assert.Equal((0, hops + 1), (code, json["paths"]![0]!["steps"]!.AsArray().Count));
    }

    [Fact]
    public async Task Paths_ToTheSecretsOfANamespace_AreAnotherQuestion()
    {
        Folder.Write("a.yaml", Local.Replace("resources: [pods], verbs: [list]", "resources: [secrets], verbs: [list]", StringComparison.Ordinal));

        var (code, json, _) = await JsonAsync("paths", "--as", "system:serviceaccount:shop:web", "--secrets-in", "shop");
        Assert.Equal((0, "the Secrets of shop", "RoleBinding shop/support"), (code, Text(json, "goal"), Text(json["paths"]![0]!["steps"]![0]!["by"]![0]!, "binding")));
        Assert.Equal(1, (await JsonAsync("paths", "--as", "system:serviceaccount:shop:web", "--secrets-in", "kube-system")).Code);
    }

    [Fact]
    public async Task Paths_ByARoleOfEveryCluster_AreSeenWithDefaults()
    {
        Folder.Write("a.yaml", """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: ann}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
            subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]
            """);

        var (code, json, _) = await JsonAsync("paths", "--as", "ann");
        Assert.Equal(1, code);
        Assert.Contains("--with-defaults adds it", Text(json["notEvaluated"]!.AsArray().Single(gap => Text(gap!, "what") == "ClusterRoleBinding ann")!, "why"), StringComparison.Ordinal);
        Assert.Equal(0, (await JsonAsync("paths", "--as", "ann", "--with-defaults", "--only-certain")).Code);
    }
}
