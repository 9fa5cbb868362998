using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>What was not read is said, and never taken for absent or for passed.</summary>
public class NotEvaluatedTests
{
    private const string Cluster = "whole\nclusterrole cluster-admin * *:*\nnamespace kube-system\nnamespace dev\n";

    [Theory]
    [InlineData("roles")]
    [InlineData("clusterroles")]
    [InlineData("rolebindings")]
    [InlineData("clusterrolebindings")]
    [InlineData("serviceaccounts")]
    [InlineData("workloads")]
    [InlineData("tokens")]
    public void Scan_APartThatWasNotRead_IsNotEvaluatedByEachCheckThatNeedsIt(string part)
    {
        var result = Scan(Cluster + $"gap {part}");

        foreach (var check in Checks.All.Where(check => check.Needs.Contains(part)))
            Assert.Contains(result.NotEvaluated, one => one.Check == check.Id && one.Why.Contains($"The rule that lets {part} be listed is missing.", StringComparison.Ordinal));
        Assert.DoesNotContain(result.NotEvaluated, one => one.Why.Contains("missing", StringComparison.Ordinal) && !Checks.All.Single(check => check.Id == one.Check).Needs.Contains(part));
    }

    [Fact]
    public void Scan_WhatWasNotRead_IsNeitherMissingNorDangling()
    {
        Assert.DoesNotContain(Scan(Cluster + "gap serviceaccounts\nServiceAccount dev/bot may get pods").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.DoesNotContain(Scan(Cluster + "gap clusterroles\nUser ann has gone").Findings, finding => finding.Check == Checks.DanglingRole);
    }

    [Fact]
    public void Scan_ABrokenDocument_ConcernsEveryCheck() =>
        Assert.Contains(new NotEvaluated("", "roles.yaml, document 3: It is no YAML."), Scan(new RbacState { Gaps = [new Gap("roles.yaml, document 3", "It is no YAML.")] }).NotEvaluated);

    [Fact]
    public void Scan_AlwaysSaysThatRbacIsALowerBound() =>
        Assert.Contains(Scan(new RbacState()).NotEvaluated, one => one.Check.Length == 0 && one.Why.Contains("system:masters", StringComparison.Ordinal));

    [Fact]
    public void Scan_ManifestsWithADanglingRole_SayItIsNotAmongThem()
    {
        var finding = Assert.Single(Scan("User ann has gone in dev").Findings);

        Assert.Equal((Checks.DanglingRole, Severity.Low), (finding.Check, finding.Severity));
        Assert.Equal("RoleBinding dev/b1 gives ClusterRole gone, which is neither in these manifests nor in every cluster.", finding.Evidence);
    }

    [Fact]
    public void Scan_ManifestsWithoutAnAccount_ProveNothing()
    {
        Assert.DoesNotContain(Scan("ServiceAccount dev/bot may get pods in dev").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.Contains(Scan("ServiceAccount dev/bot may get pods in dev").NotEvaluated, one => one.Check == "LR031");
        Assert.DoesNotContain(Scan("account dev/other\nServiceAccount far/bot may get pods in dev\nServiceAccount dev/default may get pods in dev").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.Equal(Severity.Low, Scan("account dev/other\nServiceAccount dev/bot has cluster-admin").Findings.Single(finding => finding.Check == Checks.DanglingAccount).Severity);
    }

    private static AuditResult Scan(string state) => Scan(Sketch.State(state));

    private static AuditResult Scan(RbacState state) => RbacAudit.Scan(new RbacIndex(state), new AuditSettings());
}
