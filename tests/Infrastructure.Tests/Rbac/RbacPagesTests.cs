using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What the audit's pages read, for whom, and the acceptance of findings.</summary>
public sealed class RbacPagesTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private readonly RbacOptions _options = new();
    private RbacWorld _rbac = null!;

    private RbacFindingsQuery Findings => new(Database, Guard, Clock);

    private AcceptFinding Accept => new(Database, Guard, _options, Clock);

    private WithdrawAcceptance Withdraw => new(Database, Guard, Clock);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock);
        _rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Binding("ci", "", "everything", RbacWorld.Account("ci", "deployer"), new BindingSubject("User", "anna"), new BindingSubject("Group", "100%_sure")));
        // All that could be held against it but the binding is as it should be.
        _rbac.Put(new NamespaceObject { Name = "ci" });
        _rbac.Put(new ServiceAccountObject { Name = "deployer", Namespace = "ci", AutomountsToken = false });
        await _rbac.LookAsync();
    }

    [Fact]
    public async Task Pages_ByEveryWrongPerson_AreRefused()
    {
        var fingerprint = (await FindingAsync()).Fingerprint;
        foreach (var wrong in new[] { World.Alice, World.Bob, World.Mallory, await SignInAgainAsync(World.Dana, "developers") })
        {
            foreach (var refusal in await AskAllAsync(wrong, fingerprint)) Assert.Equal("AuditDenied", refusal?.Code);
        }
        foreach (var nobody in await NobodyAsync())
        {
            foreach (var refusal in await AskAllAsync(nobody, fingerprint)) Assert.Contains(refusal?.Code, new[] { "SignInAgain", "Disabled" });
        }
        foreach (var reader in new[] { World.Dana, World.Sam })
        {
            foreach (var refusal in await AskAllAsync(reader, fingerprint)) Assert.True(refusal is null or { Code: "NothingToCompare" });
        }
    }

    [Fact]
    public async Task Findings_PagedByKeyset_EachOnceTheGravestFirst()
    {
        await using (var db = Database.CreateDbContext())
        {
            for (var i = 0; i < 30; i++) db.RbacFindings.Add(KeptFinding.New(World.Cluster.Id, Made($"LR{i % 3:000}", (Severity)(i % 5), $"ns-{i}"), Clock.Now));
            await db.CommitAsync(Cancellation);
        }
        List<FindingRow> rows = [];
        for (FindingCursor? after = null; ;)
        {
            var part = await AskAsync(new(World.Cluster.Name, FindingFilter.None, after, 7));
            Assert.Equal(33, part.Found.Total);
            rows.AddRange(part.Rows);
            after = part.Next;
            if (after is null) break;
        }

        Assert.Equal(33, rows.DistinctBy(row => row.Fingerprint).Count());
        Assert.Equal(rows.OrderByDescending(row => row.Severity).ThenBy(row => row.Check, StringComparer.Ordinal).ThenBy(row => row.Fingerprint, StringComparer.Ordinal).Select(row => row.Fingerprint), rows.Select(row => row.Fingerprint));
        var filtered = await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Severities = [Severity.High, Severity.Low], Check = "LR001" }));
        Assert.All(filtered.Rows, row => Assert.True(row.Check == "LR001" && row.Severity is Severity.High or Severity.Low));
        Assert.NotEmpty(filtered.Rows);
        Assert.Equal("ns-4", Assert.Single((await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Namespace = "ns-4" }))).Rows).Namespace);
        Assert.Equal(["LR000", "LR001", "LR002"], filtered.Checks.Select(check => check.Check));
    }

    [Fact]
    public async Task Findings_BySubjectAndText_TypedWildcardsAreNone()
    {
        var ask = new RbacFindingsAsk(World.Cluster.Name, FindingFilter.None);
        Assert.Equal(3, (await AskAsync(ask)).Rows.Count);
        Assert.Equal("anna", Assert.Single((await AskAsync(ask with { Filter = ask.Filter with { Subject = "User anna" } })).Rows).Subject!.Value.Name);
        Assert.Equal("100%_sure", Assert.Single((await AskAsync(ask with { Filter = ask.Filter with { Text = "100%_SURE" } })).Rows).Subject!.Value.Name);
        Assert.Empty((await AskAsync(ask with { Filter = ask.Filter with { Text = "an%a" } })).Rows);
        foreach (var odd in new[] { "\0", new string('x', 5000), "a\nb" })
        {
            Assert.Empty((await AskAsync(ask with { Filter = ask.Filter with { Text = odd } })).Rows);
            Assert.Empty((await AskAsync(ask with { After = new(Severity.Critical, odd, odd) })).Rows);
            Assert.Equal("ClusterUnknown", (await Findings.AskAsync(World.Dana, ask with { Cluster = odd }, Cancellation)).Refusal?.Code);
        }
    }

    [Fact]
    public async Task Accept_UntilADay_HidesItCountsItAndBringsItBack()
    {
        var finding = await FindingAsync();
        Assert.True((await Accept.AcceptAsync(World.Dana, World.Cluster.Id, finding.Fingerprint, " The CI needs it until the move ", " Platform team ", Start.AddHours(6), Cancellation)).Succeeded);

        var open = await AskAsync(new(World.Cluster.Name, FindingFilter.None));
        Assert.DoesNotContain(open.Rows, row => row.Fingerprint == finding.Fingerprint);
        Assert.Equal((2, 1), (open.Head.Open.Total, open.Head.Accepted.Critical));
        var accepted = Assert.Single((await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Standing = FindingStanding.Accepted }))).Rows);
        Assert.Equal((finding.Fingerprint, Start.AddHours(6)), (accepted.Fingerprint, accepted.AcceptedUntil!.Value));
        Assert.Equal(3, (await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Standing = FindingStanding.Standing }))).Rows.Count);
        var view = await ViewAsync(finding.Fingerprint);
        Assert.Equal(("The CI needs it until the move", "Platform team", Severity.Critical, "dana"), (view.Acceptances[0].Reason, view.Acceptances[0].Owner, view.Acceptances[0].Severity, view.Acceptances[0].By));
        // A snapshot in between changes nothing about it.
        _rbac.Put(new NamespaceObject { Name = "new" });
        await _rbac.LookAsync();
        Assert.Equal(1, (await _rbac.Snapshots.ListAsync(World.Cluster.Id, null, 1, Cancellation))[0].Accepted);
        Assert.Equal(2, (await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows.Count);

        Clock.Now = Start.AddHours(6);
        Assert.Equal(3, (await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows.Count);
        Assert.Null((await ViewAsync(finding.Fingerprint)).Finding.AcceptedUntil);
        await using var db = Database.CreateDbContext();
        Assert.Equal(LedgerSubject.Of(World.Cluster.Id), (await db.LedgerEntries.SingleAsync(e => e.Act == LedgerActs.FindingAccepted, Cancellation)).Subject);
    }

    [Fact]
    public async Task Accept_ThenWithdraw_ShowsItAtOnceAndKeepsBoth()
    {
        var finding = await FindingAsync();
        Assert.Equal("NotAccepted", (await Withdraw.WithdrawAsync(World.Dana, World.Cluster.Id, finding.Fingerprint, "x", Cancellation)).Refusal?.Code);
        await Accept.AcceptAsync(World.Dana, World.Cluster.Id, finding.Fingerprint, "Known", "Platform", Clock.Now.AddDays(1), Cancellation);
        Assert.Equal("ReasonMissing", (await Withdraw.WithdrawAsync(World.Dave, World.Cluster.Id, finding.Fingerprint, " ", Cancellation)).Refusal?.Code);
        Clock.Now += TimeSpan.FromSeconds(1);
        Assert.True((await Withdraw.WithdrawAsync(World.Dave, World.Cluster.Id, finding.Fingerprint, "Not any more", Cancellation)).Succeeded);

        Assert.Equal(3, (await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows.Count);
        Assert.Equal([("dave", true), ("dana", false)], (await ViewAsync(finding.Fingerprint)).Acceptances.Select(a => (a.By, a.Until is null)));
        // Neither the portal nor anybody with its role can take one of them away.
        await using var db = Database.CreateDbContext();
        await Assert.ThrowsAnyAsync<Exception>(() => db.RbacAcceptances.ExecuteDeleteAsync(Cancellation));
        await Assert.ThrowsAnyAsync<Exception>(() => db.RbacAcceptances.ExecuteUpdateAsync(set => set.SetProperty(a => a.Reason, ""), Cancellation));
    }

    [Theory]
    [InlineData("", "Platform", 1, "ReasonMissing")]
    [InlineData("   ", "Platform", 1, "ReasonMissing")]
    [InlineData("Known", "", 1, "OwnerMissing")]
    [InlineData("Known", "a\nb", 1, "OwnerMissing")]
    [InlineData("Known", "Platform", 0, "EndPassed")]
    [InlineData("Known", "Platform", -1, "EndPassed")]
    [InlineData("Known", "Platform", 367, "EndTooLate")]
    public async Task Accept_WithoutReasonOwnerOrEnd_IsRefused(string reason, string owner, int days, string code)
    {
        Assert.Equal(code, (await Accept.AcceptAsync(World.Dana, World.Cluster.Id, (await FindingAsync()).Fingerprint, reason, owner, Clock.Now.AddDays(days), Cancellation)).Refusal?.Code);
        await using var db = Database.CreateDbContext();
        Assert.Empty(await db.RbacAcceptances.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Accept_WhatIsNotThereOrGone_IsRefused()
    {
        var finding = await FindingAsync();
        foreach (var odd in new[] { "", "\0", new string('0', 32) })
            Assert.Equal("FindingUnknown", (await Accept.AcceptAsync(World.Dana, World.Cluster.Id, odd, "Known", "Platform", Clock.Now.AddDays(1), Cancellation)).Refusal?.Code);
        Assert.Equal("FindingUnknown", (await Accept.AcceptAsync(World.Dana, new ClusterId(Guid.NewGuid()), finding.Fingerprint, "Known", "Platform", Clock.Now.AddDays(1), Cancellation)).Refusal?.Code);
        _rbac.Remove(RbacWorld.Binding("ci", "", "everything"));
        await _rbac.LookAsync();
        Assert.Equal("FindingGone", (await Accept.AcceptAsync(World.Dana, World.Cluster.Id, finding.Fingerprint, "Known", "Platform", Clock.Now.AddDays(1), Cancellation)).Refusal?.Code);
        Assert.Equal(3, (await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Standing = FindingStanding.Gone }))).Rows.Count);
        Assert.Empty((await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows);
    }

    [Fact]
    public async Task Accept_ThenItBecomesGraver_IsShownAgain()
    {
        var (low, high) = (Made("LR009", Severity.Low, "x"), Made("LR009", Severity.High, "x"));
        await using var db = Database.CreateDbContext();
        var kept = KeptFinding.New(World.Cluster.Id, low, Clock.Now);
        db.RbacFindings.Add(kept);
        await db.CommitAsync(Cancellation);
        await Accept.AcceptAsync(World.Dana, World.Cluster.Id, kept.Fingerprint, "Known", "Platform", Clock.Now.AddDays(1), Cancellation);
        Assert.DoesNotContain((await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows, row => row.Fingerprint == kept.Fingerprint);

        await using var later = Database.CreateDbContext();
        (await later.RbacFindings.SingleAsync(f => f.Fingerprint == kept.Fingerprint, Cancellation)).Seen(high, Clock.Now);
        await later.CommitAsync(Cancellation);
        Assert.Contains((await AskAsync(new(World.Cluster.Name, FindingFilter.None))).Rows, row => row.Fingerprint == kept.Fingerprint && row.AcceptedUntil is null);
    }

    [Fact]
    public async Task Accept_TwoAdminsAtOnce_BothAreKeptAndTheLastCounts()
    {
        var finding = await FindingAsync();
        var both = await Task.WhenAll(
            Accept.AcceptAsync(World.Dana, World.Cluster.Id, finding.Fingerprint, "One", "Platform", Clock.Now.AddDays(1), Cancellation),
            Accept.AcceptAsync(World.Dave, World.Cluster.Id, finding.Fingerprint, "Two", "Platform", Clock.Now.AddDays(2), Cancellation));

        Assert.All(both, one => Assert.True(one.Succeeded));
        await using var db = Database.CreateDbContext();
        Assert.Equal(2, await db.RbacAcceptances.CountAsync(Cancellation));
    }

    [Fact]
    public async Task HistoryAndDiff_OfSnapshots_ShowRiskAndWhatChanged()
    {
        _rbac.Remove(RbacWorld.Binding("ci", "", "everything"));
        await _rbac.LookAsync();
        _rbac.Put(new NamespaceObject { Name = "new" });
        await _rbac.LookAsync();

        var history = await new RbacHistoryQuery(Database, _rbac.Snapshots, Guard, Clock).AskAsync(World.Sam, new(World.Cluster.Name, null, 2), Cancellation);
        Assert.Equal([(3, 0), (2, 0)], history.Value.Snapshots.Select(s => (s.Number, s.Findings.Critical)));
        var older = await new RbacHistoryQuery(Database, _rbac.Snapshots, Guard, Clock).AskAsync(World.Sam, new(World.Cluster.Name, history.Value.Next, 2), Cancellation);
        Assert.Equal([(1, 3)], older.Value.Snapshots.Select(s => (s.Number, s.Findings.Critical)));
        Assert.Null(older.Value.Next);

        var diff = new RbacDiffQuery(Database, _rbac.Snapshots, Guard, Clock);
        Assert.Equal("Namespace new", Assert.Single((await diff.AskAsync(World.Sam, new(World.Cluster.Name), Cancellation)).Value.Changes).What.Reference);
        var all = (await diff.AskAsync(World.Sam, new(World.Cluster.Name, 3, 1), Cancellation)).Value;
        Assert.Equal((1, 3, 2), (all.From.Number, all.To.Number, all.Total));
        Assert.Equal("SnapshotUnknown", (await diff.AskAsync(World.Sam, new(World.Cluster.Name, 1, 99), Cancellation)).Refusal?.Code);
        Assert.Equal("NothingToCompare", (await diff.AskAsync(World.Sam, new(World.Cluster.Name, null, 1), Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Overview_ClusterNeverLookedAt_SaysSo()
    {
        await using (var db = Database.CreateDbContext()) await db.Clusters.Where(c => c.Id == World.Cluster.Id).ExecuteUpdateAsync(set => set.SetProperty(c => c.Title, "Kept"), Cancellation);
        var head = Assert.Single((await new RbacOverviewQuery(Database, Guard, Clock).AskAsync(World.Sam, new(), Cancellation)).Value.Clusters);
        Assert.Equal((1, Clock.Now, 3), (head.Snapshot, head.LookedAt!.Value, head.Open.Critical));

        await Database.ExecuteAsOwnerAsync("TRUNCATE rbac_looks, rbac_snapshots, rbac_objects, rbac_contents, rbac_findings CASCADE", Cancellation);
        head = Assert.Single((await new RbacOverviewQuery(Database, Guard, Clock).AskAsync(World.Sam, new(), Cancellation)).Value.Clusters);
        Assert.Equal((0, null, 0), (head.Snapshot, head.LookedAt, head.Open.Total));
    }

    private static Finding Made(string check, Severity severity, string space) =>
        new() { Check = new(check, "Title of " + check, "Attack", "Fix"), Severity = severity, Namespace = space, Evidence = "Evidence", Fix = "Fix" };

    private async Task<FindingRow> FindingAsync() => (await AskAsync(new(World.Cluster.Name, FindingFilter.None with { Subject = "ServiceAccount ci/deployer" }))).Rows.Single();

    private async Task<RbacFindingsView> AskAsync(RbacFindingsAsk ask) => (await Findings.AskAsync(World.Sam, ask, Cancellation)).Value;

    private async Task<RbacFindingView> ViewAsync(string fingerprint) => (await new RbacFindingQuery(Database, Guard, _options, Clock).AskAsync(World.Sam, new(World.Cluster.Name, fingerprint), Cancellation)).Value;

    private async Task<IReadOnlyList<Refusal?>> AskAllAsync(Actor actor, string fingerprint) =>
    [
        (await new RbacOverviewQuery(Database, Guard, Clock).AskAsync(actor, new(), Cancellation)).Refusal,
        (await Findings.AskAsync(actor, new(World.Cluster.Name, FindingFilter.None), Cancellation)).Refusal,
        (await new RbacFindingQuery(Database, Guard, _options, Clock).AskAsync(actor, new(World.Cluster.Name, fingerprint), Cancellation)).Refusal,
        (await new RbacHistoryQuery(Database, _rbac.Snapshots, Guard, Clock).AskAsync(actor, new(World.Cluster.Name), Cancellation)).Refusal,
        (await new RbacDiffQuery(Database, _rbac.Snapshots, Guard, Clock).AskAsync(actor, new(World.Cluster.Name), Cancellation)).Refusal,
    ];
}
