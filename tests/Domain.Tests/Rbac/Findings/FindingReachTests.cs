using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>What is found over several bindings, steps and namespaces.</summary>
public class FindingReachTests
{
    [Fact]
    public void Scan_Many_CountsBindingsAndSubjects()
    {
        var settings = new AuditSettings { ManyRoles = 3, ManySubjects = 3 };
        string[] lines = ["User ann may get pods in dev", "User ann may get pods in dev", "User bob may get pods in dev"];

        Assert.DoesNotContain(RbacAudit.Scan(Sketch.Index(lines), settings).Findings, finding => finding.Check == Checks.Many);
        var found = RbacAudit.Scan(Sketch.Index([.. lines, "User ann may get pods in dev", "User eve may get pods in dev"]), settings).Findings.Where(finding => finding.Check == Checks.Many).ToList();
        Assert.Equal(["dev", "User ann"], found.Select(finding => finding.Subject?.ToString() ?? finding.Namespace).Order());
    }

    [Fact]
    public void Scan_APathOfSeveralSteps_IsOneFindingWithItsShortestWay()
    {
        var finding = Assert.Single(Scan("""
            account dev/bot
            account ops/root
            pod dev/x as bot
            ServiceAccount dev/bot may create pods in ops
            ServiceAccount ops/root may * *:*
            User ann may create pods/exec in dev
            """).Findings, finding => finding.Check == Checks.Path);

        Assert.Equal("User ann", finding.Subject.ToString());
        Assert.StartsWith("User ann → ServiceAccount dev/bot → ServiceAccount ops/root → administrator of the cluster. 1. User ann enters a running Pod of ServiceAccount dev/bot", finding.Evidence, StringComparison.Ordinal);
        Assert.Equal(3, finding.Rules.Length);
    }

    [Fact]
    public void Scan_APathByAGroupOfEverybody_IsSaidOfTheGroupAlone()
    {
        var findings = Scan("""
            account kube-system/root
            ServiceAccount kube-system/root may * *:*
            pod kube-system/x as root
            Group system:authenticated may create pods/exec in kube-system
            User ann may get pods
            User bob may get pods
            """).Findings;

        Assert.Equal(["Group system:authenticated"], findings.Where(finding => finding.Check == Checks.Path).Select(finding => finding.Subject.ToString()));
    }

    [Fact]
    public void Scan_PrivilegedNamespaces_AreASettingAndLearnt()
    {
        const string State = "User ann may create pods in ops\naccount ops/root\nnamespace ops";

        Severity Of(AuditSettings settings, string more) => RbacAudit.Scan(Sketch.Index("whole", State, more), settings).Findings.Single(finding => finding.Check == Checks.RunWorkloads && finding.Subject?.Name == "ann").Severity;
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), ""));
        Assert.Equal(Severity.Critical, Of(new AuditSettings { PrivilegedNamespaces = ["ops"] }, ""));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "ServiceAccount ops/root may * *:*"));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "account far/root\nServiceAccount far/root may * *:*\nServiceAccount ops/root may create pods in far"));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "Group system:serviceaccounts:ops may * *:*"));
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), "ServiceAccount ops/gone may * *:*"));
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), "Group system:authenticated may * *:*"));
    }

    private static AuditResult Scan(string state) => Scan(Sketch.State(state));

    private static AuditResult Scan(RbacState state) => RbacAudit.Scan(new RbacIndex(state), new AuditSettings());
}
