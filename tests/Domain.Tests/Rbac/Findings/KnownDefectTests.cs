using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>Defects that other tools have or had, each by the report that names it, which Lapse must not have.</summary>
public class KnownDefectTests
{
    [Fact]
    public void Krane529_AConcreteVerbOnEveryResource_IsMatched()
    {
        var found = Scan("Group dev may get,list,delete *").Findings.Select(finding => finding.Check).ToList();

        Assert.Contains(Checks.ListSecrets, found);
        Assert.Contains(Checks.EnterPods, found);
        Assert.Contains(Checks.NodesProxy, found);
        Assert.Contains(Checks.DeleteWorkloads, found);
        Assert.Contains(Checks.DeleteEvents, found);
    }

    // The six entries that its list of risky roles loses, each alone. To write bindings without bind gives nobody more than they have.
    [Theory]
    [InlineData("* batch:jobs", "LR010")]
    [InlineData("* rbac:roles", "LR009")]
    [InlineData("* rbac:clusterroles", "LR009")]
    [InlineData("* rbac:rolebindings; bind rbac:clusterroles", "LR008")]
    [InlineData("* rbac:clusterrolebindings; bind rbac:clusterroles", "LR008")]
    [InlineData("* users", "LR007")]
    [InlineData("* rbac:rolebindings,rbac:clusterrolebindings", "")]
    public void KubiScanRiskyRoles_NoRuleIsSwallowedByItsNeighbour(string rules, string check)
    {
        var found = Scan($"Group dev may {rules}").Findings.Select(finding => finding.Check.Id).ToList();

        if (check.Length > 0) Assert.Contains(check, found);
        else Assert.Empty(found);
    }

    [Theory]
    [InlineData("User system:anonymous")]
    [InlineData("Group system:unauthenticated")]
    [InlineData("Group system:authenticated")]
    [InlineData("Group system:serviceaccounts")]
    [InlineData("ServiceAccount kube-system/mine")]
    [InlineData("User system:custom-controller")]
    [InlineData("Group system:nodes")]
    public void RbacToolGlobalExclusions_SystemSubjectsAndKubeSystem_AreReported(string subject) =>
        Assert.Contains(Scan($"{subject} has cluster-admin").Findings, finding => finding.Check == Checks.ClusterAdmin && finding.Subject == Sketch.Subject(subject));

    [Theory]
    [InlineData("list")]
    [InlineData("watch")]
    public void RbacToolSecretReaders_ListAndWatch_ReadSecretsToo(string verb) =>
        Assert.Contains(Scan($"User ann may {verb} secrets in dev").Findings, finding => finding.Check == Checks.ReadSecrets);

    [Fact]
    public void RbacTool78_ManyKinds_CostNothing()
    {
        // 300 kinds with 20 verbs each on 2,000 roles are 12 million single permissions; they are matched, never made.
        var rule = new PolicyRule { ApiGroups = ["example.com"], Resources = [.. Enumerable.Range(0, 300).Select(i => $"kind{i}")], Verbs = [.. Enumerable.Range(0, 20).Select(i => $"verb{i}")] };
        var state = new RbacState
        {
            Roles = [.. Enumerable.Range(0, 2000).Select(i => new RoleObject { Name = $"r{i}", Rules = [rule] })],
            Bindings = [.. Enumerable.Range(0, 2000).Select(i => new BindingObject { Name = $"b{i}", Role = new("ClusterRole", $"r{i}"), Subjects = [new("User", $"u{i}")] })],
        };

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(RbacAudit.Scan(new RbacIndex(state), new AuditSettings()).Findings);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000_000);
    }

    [Fact]
    public void Kubescape3069_WhatCouldNotBeRead_IsNotPassed()
    {
        var result = Scan("gap clusterrolebindings\ngap serviceaccounts");

        Assert.Contains(result.NotEvaluated, one => one.Check == Checks.ClusterAdmin.Id);
        Assert.Contains(result.NotEvaluated, one => one.Check == Checks.DanglingAccount.Id);
    }

    [Fact]
    public void KubiScan13_WhatEveryClusterHas_IsNoNoise() =>
        Assert.Empty(RbacAudit.Scan(new RbacIndex(KubernetesDefaults.Completed(new RbacState())), new AuditSettings()).Findings);

    [Fact]
    public void KubiScan70_AnonymousWithView_IsARisk()
    {
        var finding = Assert.Single(Scan("User system:anonymous has view").Findings);

        Assert.Equal((Checks.Anonymous, Severity.High), (finding.Check, finding.Severity));
        Assert.Contains("anybody who reaches the API server, without a credential", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Rakkess167_OtherAuthorizers_AreSaidToBeUnseen() =>
        Assert.Contains(Scan("User ann has view").NotEvaluated, one => one.Check.Length == 0 && one.Why.Contains("other authorizers", StringComparison.Ordinal));

    [Fact]
    public void KubeHoundImpersonationAndNames_ArePartOfPaths()
    {
        var index = Sketch.Index("""
            ServiceAccount ops/root may * *:*
            User ann may impersonate serviceaccounts=mid in ops
            ServiceAccount ops/mid may create serviceaccounts/token=root in ops
            """);

        Assert.Equal("User ann → ServiceAccount ops/mid → ServiceAccount ops/root → administrator of the cluster", new AttackPaths(index).From(Requester.Of("ann"), PathTarget.ClusterAdmin)[0].ToString());
        Assert.Equal(Severity.Critical, RbacAudit.Scan(index, new AuditSettings()).Findings.Single(finding => finding.Check == Checks.Impersonate).Severity);
    }

    [Fact]
    public void KubeHoundRoleBind_ByNameToo_IsAStep()
    {
        var index = Sketch.Index("""
            clusterrole all * *:*
            User ann may bind rbac:clusterroles=all; create rbac:clusterrolebindings
            """);

        Assert.Equal("User ann → ClusterRole all in the whole cluster → administrator of the cluster", Assert.Single(new AttackPaths(index).From(Requester.Of("ann"), PathTarget.ClusterAdmin)).ToString());
    }

    [Fact]
    public void KubeHoundCriticalRoles_AreWhatTheyGiveAndNotWhatTheyAreCalled()
    {
        Assert.Contains(Scan("clusterrole harmless * *:*\nUser ann has harmless").Findings, finding => finding.Check == Checks.ClusterAdmin);
        Assert.DoesNotContain(Scan("clusterrole cluster-admin get pods\nUser ann has cluster-admin").Findings, finding => finding.Check == Checks.ClusterAdmin);
    }

    [Fact]
    public void RbacPoliceAccounts_ThatNoPodRunsAs_AreLookedAtToo() =>
        Assert.Contains(Scan("whole\naccount dev/bot\nServiceAccount dev/bot may get secrets").Findings, finding => finding.Check == Checks.ReadSecrets && finding.Subject == Sketch.Subject("ServiceAccount dev/bot"));

    [Fact]
    public void RbacPolicePrivilegedNamespaces_AreNotOnlyKubeSystem() =>
        Assert.Equal(Severity.Critical, Scan("ServiceAccount gitops/controller has cluster-admin\nUser ann may create pods in gitops").Findings.Single(finding => finding.Check == Checks.RunWorkloads).Severity);

    [Fact]
    public void Audit2Rbac24_MinimalRoles_NeverCreateByName()
    {
        var rules = MinimalRole.Covering([AccessQuestion.For("create", "", "configmaps", "a", "dev"), AccessQuestion.For("get", "", "configmaps", "a", "dev")]);

        Assert.All(rules.Where(rule => rule.Verbs.Contains("create")), rule => Assert.Empty(rule.ResourceNames));
    }

    private static AuditResult Scan(string state) => RbacAudit.Scan(Sketch.Index(state), new AuditSettings());
}
