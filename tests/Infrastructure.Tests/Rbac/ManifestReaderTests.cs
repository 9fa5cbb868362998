using System.Text;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac.Manifests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What manifests say.</summary>
public sealed class ManifestReaderTests : IDisposable
{
    private readonly ManifestFolder _folder = new();

    [Fact]
    public void Read_FolderWithinFolders_TakesEachFileInTheOrderOfNames()
    {
        _folder.Write("b/role.yml", ManifestFolder.Reader);
        _folder.Write("a.yaml", ManifestFolder.ReaderBinding + "\n---\n" + ManifestFolder.Account);
        _folder.Write("c/d/e.JSON", """{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}""");
        _folder.Write("notes.txt", "not: [read");

        var reading = _folder.Read();

        Assert.Empty(reading.State.Gaps);
        Assert.Equal(3, reading.Files);
        Assert.Equal(["get", "list"], Assert.Single(reading.State.Roles).Rules[0].Verbs);
        Assert.Equal([new BindingSubject("User", "jane", "", "rbac.authorization.k8s.io")], Assert.Single(reading.State.Bindings).Subjects);
        Assert.Equal("a", Assert.Single(reading.State.Namespaces).Labels["team"]);
        Assert.Equal(new ManifestPlace(Path.Combine(_folder.Path, "a.yaml"), 2, 8), reading.Places["ServiceAccount shop/ok"]);
    }

    [Theory]
    [InlineData("""{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ok", "namespace": "shop"}}], "kind": "List", "metadata": {}}""")]
    [InlineData("""{"kind": "ServiceAccountList", "apiVersion": "v1", "items": [{"metadata": {"name": "ok", "namespace": "shop"}}]}""")]
    [InlineData("""{"items": [{"metadata": {"name": "ok", "namespace": "shop"}}], "kind": "ServiceAccountList", "apiVersion": "v1"}""")]
    [InlineData("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: ok, namespace: shop}\n")]
    [InlineData("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: ServiceAccount\n    metadata: {name: ok, namespace: shop}\n")]
    [InlineData("""{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ok", "namespace": "shop"}} {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}""")]
    [InlineData("{apiVersion: v1, kind: ServiceAccount, metadata: {name: ok, namespace: shop}}")]
    public void Read_ListsAndJson_AreWhatTheyHold(string text)
    {
        var reading = ManifestFolder.Read(text);

        Assert.Empty(reading.State.Gaps);
        Assert.Equal("ServiceAccount shop/ok", Assert.Single(reading.State.ServiceAccounts).Reference);
    }

    [Fact]
    public void Read_ItemsOfSomethingElse_AreNoObjects()
    {
        var reading = ManifestFolder.Read("""{"apiVersion": "example.com/v1", "items": [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "no"}}], "kind": "Basket"}""");

        Assert.Empty(reading.State.ServiceAccounts);
        Assert.Equal(1, reading.PassedOver["example.com/v1 Basket"]);
    }

    [Fact]
    public void Read_NoNamespace_TakesTheDefaultAndClusterWideTakesNone()
    {
        var text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: a}]\n---\n" + ManifestFolder.Reader.Replace("{name: reader}", "{name: reader, namespace: odd}", StringComparison.Ordinal);

        var reading = ManifestFolder.Read(text, "payments");

        Assert.Equal("RoleBinding payments/b", Assert.Single(reading.State.Bindings).Reference);
        Assert.Equal("ClusterRole reader", Assert.Single(reading.State.Roles).Reference);
        Assert.Equal("default", ManifestFolder.Read(text).State.Bindings[0].Namespace);
    }

    [Theory]
    [InlineData("v1", "Pod", "spec: {%}")]
    [InlineData("v1", "ReplicationController", "spec: {template: {spec: {%}}}")]
    [InlineData("apps/v1", "Deployment", "spec: {template: {spec: {%}}}")]
    [InlineData("apps/v1", "StatefulSet", "spec: {template: {spec: {%}}}")]
    [InlineData("apps/v1", "DaemonSet", "spec: {template: {spec: {%}}}")]
    [InlineData("apps/v1", "ReplicaSet", "spec: {template: {spec: {%}}}")]
    [InlineData("batch/v1", "Job", "spec: {template: {spec: {%}}}")]
    [InlineData("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: {%}}}}}")]
    public void Read_Workload_SaysWhoRunsAndWhatItReaches(string version, string kind, string spec)
    {
        string Of(string pod) => $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: w, namespace: n, ownerReferences: [{{kind: X, name: other}}, {{kind: ReplicaSet, name: web, controller: true}}]}}\n{spec.Replace("%", pod, StringComparison.Ordinal)}\n";

        var plain = Assert.Single(ManifestFolder.Read(Of("containers: [{name: a, securityContext: {privileged: false}}]")).State.Workloads);
        Assert.Equal((kind, "default", (bool?)null, false, "ReplicaSet web"), (plain.Kind, plain.ServiceAccount, plain.AutomountsToken, plain.ReachesItsNode, plain.Owner));
        var named = Assert.Single(ManifestFolder.Read(Of("serviceAccountName: deployer, automountServiceAccountToken: false, nodeName: n1")).State.Workloads);
        Assert.Equal(("deployer", (bool?)false, kind == "Pod" ? "n1" : ""), (named.ServiceAccount, named.AutomountsToken, named.Node));
        Assert.All(
            (string[])["hostNetwork: true", "hostPID: true", "hostIPC: true", "volumes: [{name: v, hostPath: {path: /}}]", "initContainers: [{name: i, securityContext: {privileged: true}}]", "containers: [{name: i, securityContext: {privileged: yes}}]"],
            pod => Assert.True(Assert.Single(ManifestFolder.Read(Of(pod)).State.Workloads).ReachesItsNode, pod));
    }

    [Fact]
    public void Read_Secrets_KeepsWhoseTokenItIsAndNothingElse()
    {
        const string secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n, annotations: {kubernetes.io/service-account.name: ci, note: hidden-a}}\ntype: TYPE\ndata: {token: aGlkZGVuLWI=}\nstringData: {x: hidden-c}\n";

        var reading = ManifestFolder.Read(secret.Replace("TYPE", "kubernetes.io/service-account-token", StringComparison.Ordinal) + "---\n" + secret.Replace("TYPE", "Opaque", StringComparison.Ordinal).Replace("name: s,", "name: t,", StringComparison.Ordinal));

        var token = Assert.Single(reading.State.Tokens);
        Assert.Equal(("Secret n/s", "ci"), (token.Reference, token.ServiceAccount));
        Assert.Empty(token.Annotations);
        Assert.Equal(1, reading.PassedOver["v1 Secret"]);
    }

    [Fact]
    public void Read_AggregatedRole_HasTheRulesThatItSelects()
    {
        var reading = ManifestFolder.Read(ManifestFolder.Reader.Replace("{name: reader}", "{name: reader, labels: {to-admin: \"true\"}}", StringComparison.Ordinal)
            + "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {to-admin: \"true\"}}]}\nrules: [{verbs: [\"*\"], resources: [\"*\"], apiGroups: [\"*\"]}]\n");

        Assert.Equal(["secrets"], Assert.Single(reading.State.Roles.Single(role => role.Name == "all").Rules).Resources);
    }

    [Fact]
    public void Read_OldVersions_AreReadAndSaid()
    {
        var reading = ManifestFolder.Read(ManifestFolder.Reader.Replace("/v1", "/v1beta1", StringComparison.Ordinal) + "\n---\n" + ManifestFolder.ReaderBinding.Replace("/v1", "/v1alpha1", StringComparison.Ordinal).Replace("jane", "\"*\"", StringComparison.Ordinal));

        Assert.Empty(reading.State.Gaps);
        Assert.Equal(Subject.OfGroup("system:authenticated"), Assert.Single(reading.State.Bindings).Subjects[0].Means(""));
        Assert.Equal(2, reading.Notes.Length);
        Assert.All(reading.Notes, note => Assert.Contains("read like v1", note, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_SameNameTwice_IsSaidAndADifferenceIsAGap()
    {
        var same = ManifestFolder.Read(ManifestFolder.Reader + "\n---\n" + ManifestFolder.Reader);
        Assert.Empty(same.State.Gaps);
        Assert.Contains("stands twice", Assert.Single(same.Notes), StringComparison.Ordinal);

        var other = ManifestFolder.Read(ManifestFolder.Reader + "\n---\n" + ManifestFolder.Reader.Replace("get, list", "delete", StringComparison.Ordinal));
        Assert.Equal("standard input, document 2, line 7", Assert.Single(other.State.Gaps).What);
        Assert.Equal(["delete"], Assert.Single(other.State.Roles).Rules[0].Verbs);
    }

    [Fact]
    public void Read_Anchors_AreFollowed()
    {
        var reading = ManifestFolder.Read("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n- &one {apiGroups: [\"\"], resources: [pods], verbs: &verbs [get]}\n- {<<: *one, resources: [secrets]}\n- {apiGroups: [apps], resources: [deployments], verbs: *verbs}\n");

        Assert.Empty(reading.State.Gaps);
        Assert.Equal(["pods/get", "secrets/get", "deployments/get"], reading.State.Roles[0].Rules.Select(rule => $"{rule.Resources[0]}/{rule.Verbs[0]}"));
    }

    [Fact]
    public void Read_NoSuchPath_IsRefused() => Assert.False(ManifestReader.Read(Path.Combine(_folder.Path, "nothing")).Succeeded);

    public void Dispose() => _folder.Dispose();
}
