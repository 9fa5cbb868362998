using System.Collections.Immutable;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>What Lapse's own account is found with is accepted by default exactly as long as it has no more than it needs.</summary>
public class OwnAccountTests
{
    private static readonly Subject Portal = Subject.OfAccount("lapse-system", "lapse-portal");

    // It hands out cluster-admin in shop, which lets it become whoever runs there; and it may read what is in its own namespace.
    private const string Needed = """
        whole
        clusterrole cluster-admin * *:*
        account lapse-system/lapse-portal
        ServiceAccount lapse-system/lapse-portal may create,delete rbac:rolebindings; bind rbac:clusterroles=cluster-admin in shop
        ServiceAccount lapse-system/lapse-portal may get,list rbac:roles
        """;

    [Fact]
    public void Judge_NoMoreThanItNeeds_IsAcceptedWithTheReasonAndStillFound()
    {
        var findings = Of(Scan(Needed));

        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal("It gives access.", finding.AcceptedBecause));
        // Without anybody who says that it is Lapse's, the same findings stand.
        var alone = Of(RbacAudit.Scan(Sketch.Index(Needed), new AuditSettings()));
        Assert.Equal(findings.Select(finding => finding.Fingerprint), alone.Select(finding => finding.Fingerprint));
        Assert.All(alone, finding => Assert.Empty(finding.AcceptedBecause));
    }

    [Fact]
    public void Judge_LessThanItNeeds_IsAccepted() =>
        Assert.All(Of(Scan("whole\nclusterrole cluster-admin * *:*\naccount lapse-system/lapse-portal\nServiceAccount lapse-system/lapse-portal may create rbac:rolebindings; bind rbac:clusterroles=cluster-admin in shop")), finding => Assert.NotEmpty(finding.AcceptedBecause));

    [Theory]
    [InlineData("ServiceAccount lapse-system/lapse-portal may get secrets=one in shop")]
    [InlineData("ServiceAccount lapse-system/lapse-portal may bind rbac:clusterroles=other in shop")]
    [InlineData("ServiceAccount lapse-system/lapse-portal may create,delete rbac:rolebindings; bind rbac:clusterroles=cluster-admin in other")]
    [InlineData("ServiceAccount lapse-system/lapse-portal may get /metrics")]
    // By a group that it is in, or as a user that has its name.
    [InlineData("Group system:serviceaccounts:lapse-system may get secrets in shop")]
    [InlineData("User system:serviceaccount:lapse-system:lapse-portal may get secrets in shop")]
    public void Judge_AnythingMore_LetsAllOfItStand(string more)
    {
        var findings = Of(Scan($"{Needed}\n{more}"));

        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Empty(finding.AcceptedBecause));
    }

    [Fact]
    public void Judge_WhatEverybodyHas_IsFoundOfTheGroupAndNotOfTheAccount()
    {
        var result = Scan($"{Needed}\nGroup system:authenticated may get secrets in shop\nGroup system:serviceaccounts may get configmaps");

        Assert.All(Of(result), finding => Assert.NotEmpty(finding.AcceptedBecause));
        Assert.Contains(result.Findings, finding => finding.Subject == Subject.OfGroup("system:authenticated") && finding.AcceptedBecause.Length == 0);
        Assert.DoesNotContain(result.Findings, finding => finding.Subject == Subject.OfGroup("system:authenticated") && finding.AcceptedBecause.Length > 0);
    }

    [Theory]
    [InlineData("roles")]
    [InlineData("clusterroles")]
    [InlineData("rolebindings")]
    [InlineData("clusterrolebindings")]
    public void Judge_PartThatCouldNotBeRead_AcceptsNothing(string part) =>
        Assert.All(Of(Scan($"{Needed}\ngap {part}")), finding => Assert.Empty(finding.AcceptedBecause));

    [Fact]
    public void Judge_OfOthersAndOfWhatRunsAsIt_Stands()
    {
        var result = Scan($"{Needed}\nServiceAccount shop/bot may create,delete rbac:rolebindings; bind rbac:clusterroles=cluster-admin in shop\npod lapse-system/stranger as lapse-portal");

        Assert.All(result.Findings.Where(finding => finding.Subject != Portal), finding => Assert.Empty(finding.AcceptedBecause));
        Assert.Empty(Assert.Single(result.Findings, finding => finding.Check == Checks.StrongWorkload).AcceptedBecause);
    }

    [Fact]
    public void Keep_OfAnAcceptedFinding_IsAcceptedUntilItCannotBeLookedForOrHasMore()
    {
        var now = new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
        var (accepted, stands) = (Of(Scan(Needed))[0], Of(RbacAudit.Scan(Sketch.Index(Needed), new AuditSettings()))[0]);
        var kept = KeptFinding.New(default, accepted, now);
        Assert.True(kept.IsAccepted(now.AddYears(10)));

        kept.NotEvaluated(1, now);
        Assert.False(kept.IsAccepted(now));
        kept.Seen(accepted, now);
        Assert.True(kept.IsAccepted(now));
        kept.Seen(stands, now);
        Assert.False(kept.IsAccepted(now));
    }

    private static AuditResult Scan(string state) => RbacAudit.Scan(Sketch.Index(state), new AuditSettings(), new AuditRecords
    {
        Own =
        [
            new OwnAccount(Portal,
            [
                new RoleObject { Namespace = "shop", Name = "lapse-portal", Rules = [Sketch.Rule("create,get,list,watch,delete rbac:rolebindings"), Sketch.Rule("bind rbac:clusterroles=cluster-admin")] },
                new RoleObject { Name = "lapse-portal-read", Rules = [Sketch.Rule("get,list,watch rbac:roles,rbac:clusterroles")] },
            ], "It gives access."),
        ],
    });

    private static List<Finding> Of(AuditResult result) => [.. result.Findings.Where(finding => finding.Subject == Portal && finding.Check != Checks.StrongWorkload)];
}
