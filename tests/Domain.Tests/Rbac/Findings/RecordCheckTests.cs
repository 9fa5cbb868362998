using System.Collections.Immutable;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>The checks that need more than a state: activity, and what was left behind after temporary access.</summary>
public class RecordCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Subject Bot = Subject.OfAccount("ci", "bot");
    private const string Strong = "whole\naccount ci/bot\nServiceAccount ci/bot may get,list,create,delete secrets,pods";

    [Fact]
    public void Unused_WithoutActivity_IsNotEvaluated()
    {
        var result = RbacAudit.Scan(Sketch.Index(Strong), new AuditSettings());

        Assert.Contains(new NotEvaluated("LR036", "No activity has been recorded yet, so that nobody knows what is used."), result.NotEvaluated);
        Assert.DoesNotContain(result.Findings, finding => finding.Check == Checks.UnusedRights);
    }

    [Fact]
    public void Unused_WithTooLittleActivity_IsNotEvaluated()
    {
        var result = Scan(29);

        Assert.Contains(new NotEvaluated("LR036", "Activity has been recorded for 29 of the 30 days that are looked at."), result.NotEvaluated);
        Assert.DoesNotContain(result.Findings, finding => finding.Check == Checks.UnusedRights);
    }

    [Fact]
    public void Unused_NothingDoneInTime_IsAFinding()
    {
        var finding = Assert.Single(Scan(30).Findings, finding => finding.Check == Checks.UnusedRights);

        Assert.Equal((Severity.High, Bot), (finding.Severity, finding.Subject));
        Assert.Contains("In 30 days ServiceAccount ci/bot did nothing that ClusterRole r1 through ClusterRoleBinding b1 allows", finding.Evidence, StringComparison.Ordinal);
        Assert.Equal("Delete ClusterRoleBinding b1.", finding.Fix);
    }

    [Fact]
    public void Unused_APartDone_NamesTheRoleThatCoversIt()
    {
        var finding = Assert.Single(Scan(30, AccessQuestion.For("get", "", "secrets", "db", "dev"), AccessQuestion.For("create", "", "pods", "", "dev")).Findings, finding => finding.Check == Checks.UnusedRights);

        Assert.Equal(Severity.Medium, finding.Severity);
        Assert.Equal("Bind a role with exactly these rules instead of ClusterRole r1: create pods (core); get secrets (core) named db.", finding.Fix);
    }

    [Fact]
    public void Unused_AllOfItDone_IsNoFinding()
    {
        var all = from verb in new[] { "get", "list", "create", "delete" } from resource in new[] { "secrets", "pods" } from name in new[] { "", "x" } select AccessQuestion.For(verb, "", resource, verb is "list" or "create" ? "" : name, "dev");

        Assert.DoesNotContain(Scan(30, [.. all]).Findings, finding => finding.Check == Checks.UnusedRights);
    }

    [Fact]
    public void Unused_ByAnotherBinding_DoesNotCount()
    {
        var result = Scan("whole\naccount ci/bot\nServiceAccount ci/bot may get secrets in prod\nServiceAccount ci/bot may get secrets in dev", 30, AccessQuestion.For("get", "", "secrets", "", "dev"));

        var finding = Assert.Single(result.Findings, finding => finding.Check == Checks.UnusedRights);
        Assert.Equal("prod", finding.Namespace);
    }

    [Fact]
    public void Unused_AWeakRole_IsNotLookedAt() =>
        Assert.DoesNotContain(Scan("whole\naccount ci/bot\nServiceAccount ci/bot may get pods in dev", 30).Findings, finding => finding.Check == Checks.UnusedRights);

    [Fact]
    public void MadePermanent_WithoutRecords_IsNotEvaluated() =>
        Assert.Contains(RbacAudit.Scan(Sketch.Index(Strong), new AuditSettings()).NotEvaluated, one => one.Check == "LR040");

    [Theory]
    [InlineData("ClusterRoleBinding", null, "b1", "uid", "High")]
    [InlineData("RoleBinding", "dev", "b3", "uid", "Critical")]
    [InlineData("ServiceAccount", "ci", "bot", "uid", "Medium")]
    [InlineData("Secret", "ci", "t", "uid", "Critical")]
    [InlineData("CertificateSigningRequest", null, "any", "uid", "High")]
    [InlineData("ClusterRoleBinding", null, "b1", "another", "-")]
    [InlineData("ClusterRoleBinding", null, "gone", "uid", "-")]
    [InlineData("RoleBinding", "other", "b3", "uid", "-")]
    [InlineData("ServiceAccount", "dev", "bot", "uid", "-")]
    public void MadePermanent_WhatIsStillThere_IsAFinding(string kind, string? space, string name, string uid, string expected)
    {
        var state = Sketch.State("whole\naccount ci/bot\ntoken ci/t of root\nUser eve may get configmaps\nUser ann may get secrets in dev\nServiceAccount ci/root may * *:*");
        state = state with
        {
            Bindings = [.. state.Bindings.Select(one => one with { Uid = "uid" })],
            ServiceAccounts = [.. state.ServiceAccounts.Select(one => one with { Uid = "uid" })],
            Tokens = [.. state.Tokens.Select(one => one with { Uid = "uid" })],
        };
        var left = new LeftBehind(Now, Now.AddHours(1), 1, [new AppearedObject(kind, space, name, uid, Now)], []);

        var found = RbacAudit.Scan(new RbacIndex(state), new AuditSettings(), new AuditRecords { LeftBehind = [new("Ann", "admin in dev on 1 November", left)] }).Findings.Where(finding => finding.Check == Checks.MadePermanent).ToList();

        if (expected == "-")
        {
            Assert.Empty(found);
            return;
        }

        Assert.Equal(expected, Assert.Single(found).Severity.ToString());
        Assert.Contains("appeared while Ann had admin in dev on 1 November and is still there. Somebody else may have made it.", found[0].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void MadePermanent_WhatCouldNotBeLookedAt_IsNotEvaluated()
    {
        var left = new LeftBehind(Now, Now.AddHours(1), 60, [], [new NotLookedAt("Secrets with tokens", "whoever may list Secrets may read them")]);

        var result = RbacAudit.Scan(Sketch.Index(Strong), new AuditSettings(), new AuditRecords { LeftBehind = [new("Ann", "admin", left)] });

        Assert.Contains(new NotEvaluated("LR040", "60 more objects appeared during admin of Ann; they are not named one by one."), result.NotEvaluated);
        Assert.Contains(new NotEvaluated("", "After temporary access, Secrets with tokens were not looked at: whoever may list Secrets may read them."), result.NotEvaluated);
    }

    private static AuditResult Scan(int days, params AccessQuestion[] done) => Scan(Strong, days, done);

    private static AuditResult Scan(string state, int days, params AccessQuestion[] done)
    {
        var requests = ImmutableDictionary<Subject, ImmutableArray<AccessQuestion>>.Empty;
        if (done.Length > 0) requests = requests.Add(Bot, [.. done]);
        return RbacAudit.Scan(Sketch.Index(state), new AuditSettings(), new AuditRecords { Activity = new(Now.AddDays(-days), Now, requests) });
    }
}
