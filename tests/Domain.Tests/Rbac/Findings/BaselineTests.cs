using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>Kubernetes' own roles and bindings: known, no finding as they are, and found when somebody changed them.</summary>
public class BaselineTests
{
    private const string Cluster = "whole\nclusterrole cluster-admin * *:*\nnamespace kube-system\nnamespace dev\n";

    [Fact]
    public void Scan_Manifests_KnowTheRolesOfEveryCluster()
    {
        var findings = Scan("ServiceAccount ci/bot has cluster-admin\nGroup dev has edit in shop\nGroup ops has admin in shop\nUser ann has view in shop").Findings;

        Assert.Contains(findings, finding => finding.Check == Checks.ClusterAdmin && finding.Subject?.Name == "bot");
        Assert.Contains(findings, finding => finding.Check == Checks.ReadSecrets && finding.Subject?.Name == "dev");
        Assert.Contains(findings, finding => finding.Check == Checks.RunWorkloads && finding.Subject?.Name == "ops");
        Assert.DoesNotContain(findings, finding => finding.Check == Checks.DanglingRole || finding.Subject?.Name == "ann");
    }

    [Fact]
    public void Scan_AnAggregatedDefaultRole_IsChangedOnlyByWhatIsDangerous()
    {
        RbacState Of(string rules) => KubernetesDefaults.Completed(new RbacState()) is var defaults
            ? defaults with { Roles = [.. defaults.Roles, new RoleObject { Name = "operator-view", Labels = RbacObject.NoTexts.Add("rbac.authorization.k8s.io/aggregate-to-view", "true"), Rules = [.. rules.Split("; ").Select(Sketch.Rule)] }] }
            : defaults;

        Assert.Empty(Scan(Of("get,list,watch example.com:widgets")).Findings);
        var finding = Scan(Of("get,list,watch example.com:widgets; get,list secrets")).Findings.Single(finding => finding.Role == "ClusterRole view");
        Assert.Equal((Checks.ChangedDefaultRole, Severity.Critical), (finding.Check, finding.Severity));
        Assert.Contains("ClusterRole operator-view adds that by its label.", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_TheBootstrapLabelAlone_HidesNothing()
    {
        var state = Sketch.State("Group dev has cluster-admin");
        var label = RbacObject.NoTexts.Add("kubernetes.io/bootstrapping", "rbac-defaults");

        Assert.Equal(Checks.ClusterAdmin, Assert.Single(Scan(state with { Bindings = [state.Bindings[0] with { Labels = label }] }).Findings).Check);
    }

    [Fact]
    public void Scan_ASubjectHiddenInADefaultBinding_IsFound()
    {
        var added = new BindingObject { Name = "cluster-admin", Role = new("ClusterRole", "cluster-admin"), Subjects = [new("Group", "system:masters"), new("User", "eve")] };
        var swapped = new BindingObject { Name = "system:basic-user", Role = new("ClusterRole", "cluster-admin"), Subjects = [new("Group", "system:authenticated")] };

        Assert.Equal([Checks.ClusterAdmin, Checks.ChangedDefaultBinding], Scan(new RbacState { Bindings = [added] }).Findings.Select(finding => finding.Check));
        Assert.All(Scan(new RbacState { Bindings = [added] }).Findings, finding => Assert.Equal("User eve", finding.Subject.ToString()));
        Assert.Equal(["LR001", "LR029", "LR042"], Scan(new RbacState { Bindings = [swapped] }).Findings.Select(finding => finding.Check.Id));
    }

    [Fact]
    public void Scan_AChangedDefaultRole_CountsForItsDefaultSubjectsToo()
    {
        var findings = Scan(Cluster + "clusterrole system:basic-user create authorization.k8s.io:selfsubjectaccessreviews; list secrets").Findings;
        Assert.Equal(["LR041"], findings.Select(finding => finding.Check.Id));

        var state = Sketch.State(Cluster + "clusterrole system:basic-user create authorization.k8s.io:selfsubjectaccessreviews; list secrets");
        var bound = state with { Bindings = [KubernetesDefaults.Binding("", "system:basic-user")!] };
        Assert.Equal(["LR004", "LR041"], Scan(bound).Findings.Select(finding => finding.Check.Id));
        Assert.Equal(1, Scan(bound).Findings[0].Rules[0].RuleIndex);
    }

    private static AuditResult Scan(string state) => Scan(Sketch.State(state));

    private static AuditResult Scan(RbacState state) => RbacAudit.Scan(new RbacIndex(state), new AuditSettings());
}
