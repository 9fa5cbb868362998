using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac who-can</c> and <c>what-can</c>: who has what by which binding, and what the manifests do not say.</summary>
public sealed class RbacHoldersCommandTests : RbacCommandTest
{
    [Fact]
    public async Task WhoCan_NamesSubjectsWithWhatGivesItAndWhatIsNotKnown()
    {
        Folder.Write("a.yaml", Local);
        Folder.Write("b.yaml", Admin);

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
        Folder.Write("a.yaml", ManifestFolder.ReaderBinding);

        var (_, json, _) = await JsonAsync("who-can", "--verb", "get", "--resource", "secrets");

        Assert.Empty(json["subjects"]!.AsArray());
        Assert.Contains(json["notEvaluated"]!.AsArray(), gap => gap!["what"]!.GetValue<string>() == "ClusterRoleBinding readers");
    }

    [Fact]
    public async Task WithDefaults_BindingOfKubernetesOwnRole_CountsWithItsRules()
    {
        Folder.Write("a.yaml", """
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
        Folder.Write("a.yaml", """
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
        Folder.Write("a.yaml", Local);

        var (code, json, _) = await JsonAsync("what-can", "--as", "system:serviceaccount:shop:web");

        Assert.Equal(0, code);
        var holding = Assert.Single(json["holdings"]!.AsArray())!;
        Assert.Equal(("RoleBinding shop/support", "Group system:serviceaccounts:shop", 2), (holding["binding"]!.GetValue<string>(), holding["through"]!.GetValue<string>(), holding["rules"]!.AsArray().Count));
    }
}
