using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>What a finding says, and what is folded into another one.</summary>
public class FindingWordsTests
{
    private const string Cluster = "whole\nclusterrole cluster-admin * *:*\nnamespace kube-system\nnamespace dev\n";

    [Fact]
    public void Scan_Everything_IsOneFindingThatSaysSo()
    {
        var finding = Assert.Single(Scan(Cluster + "Group dev has cluster-admin").Findings);

        Assert.Equal("LR001", finding.Check.Id);
        Assert.Equal("rule 1 of ClusterRole cluster-admin, through ClusterRoleBinding b2, lets Group dev do everything with everything in the whole cluster. Every other ability that is looked for is part of it and not listed apart.", finding.Evidence);
        Assert.Equal("Delete ClusterRoleBinding b2; bind a role with what is used instead. Give only the rights that are used, and the rest for a time when it is needed.", finding.Fix);
        Assert.Equal(0, Assert.Single(finding.Rules).RuleIndex);
    }

    [Fact]
    public void Scan_Workloads_FoldWhatAPodGivesAnyway()
    {
        var findings = Scan(Cluster + "Group dev may create,update,patch,delete pods,pods/exec,pods/portforward,pods/ephemeralcontainers in dev").Findings;

        var finding = Assert.Single(findings);
        Assert.Equal("LR010", finding.Check.Id);
        Assert.Contains("It also lets it change existing Pods (LR011), run commands in Pods (LR012), add containers to running Pods (LR013), forward ports of Pods (LR014) and delete workloads (LR024); that is not listed apart.", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_EditInANamespace_IsAFewFindings() =>
        Assert.Equal(["LR003", "LR007", "LR010", "LR022", "LR025"], Scan("Group dev has edit in shop").Findings.Select(finding => finding.Check.Id).Order());

    [Fact]
    public void Scan_NamedWorkloads_FoldNothing() =>
        Assert.Equal(["LR012", "LR010"], Scan(Cluster + "Group dev may patch apps:deployments=web in dev\nGroup dev may create pods/exec in dev").Findings.Select(finding => finding.Check.Id));

    [Fact]
    public void Scan_Evidence_NamesRulesVerbsNamesAndPlace()
    {
        var finding = Assert.Single(Scan(Cluster + "account dev/root\nServiceAccount dev/root may * *:*\nUser ann may get pods; get,watch secrets=a,b in dev").Findings, one => one.Subject?.Name == "ann");

        Assert.Equal(
            "rule 2 (get, watch on secrets) of Role dev/r4, through RoleBinding dev/b4, lets User ann read Secrets (only a and b) in dev, which is privileged since ServiceAccount dev/root is there, who becomes administrator of the cluster.",
            finding.Evidence);
        Assert.StartsWith("Delete RoleBinding dev/b4, or take it out of rule 2 of Role dev/r4.", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_ABindingOfSeveral_SaysWhomToTakeOut()
    {
        var state = Sketch.State(Cluster + "Group dev has cluster-admin");
        var binding = state.Bindings[0] with { Subjects = [new("Group", "dev"), new("Group", "ops"), new("Group", "ops")] };

        var findings = Scan(state with { Bindings = [binding] }).Findings;

        Assert.Equal(["Take Group dev out of ClusterRoleBinding b2", "Take Group ops out of ClusterRoleBinding b2"], findings.Select(finding => finding.Fix.Split(';')[0]).Order());
    }

    [Fact]
    public void Scan_TheSameStateInAnotherOrder_HasTheSameFingerprints()
    {
        var state = Sketch.State(Cluster + "Group dev may get secrets; create pods in dev\nUser ann has cluster-admin\nUser bob may impersonate users");
        var turned = state with { Roles = [.. state.Roles.Reverse()], Bindings = [.. state.Bindings.Reverse()] };

        var fingerprints = Scan(state).Findings.Select(finding => finding.Fingerprint).ToList();
        Assert.Equal(fingerprints, Scan(turned).Findings.Select(finding => finding.Fingerprint));
        Assert.Equal(fingerprints.Count, fingerprints.Distinct().Count());
    }

    private static AuditResult Scan(string state) => Scan(Sketch.State(state));

    private static AuditResult Scan(RbacState state) => RbacAudit.Scan(new RbacIndex(state), new AuditSettings());
}
