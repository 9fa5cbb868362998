using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Lapse's own accounts in its own audit: with exactly what <c>lapse cluster-rights</c> prints they are accepted and counted so, with more they are not.</summary>
public sealed class OwnAccountAuditTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private static readonly PortalAccount Account = PortalAccount.Default;
    private static readonly ServiceAccountToken Token = new(Account.Namespace, Account.Name, null);

    private RbacWorld _rbac = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock) { ReadAs = Token };
        // Somebody in each namespace of the catalogue whom whoever may bind there becomes.
        _rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Role("edit", "", new PolicyRule { Verbs = ["create"], ApiGroups = [""], Resources = ["pods"] }));
        _rbac.Put(RbacWorld.Binding("operator", "", "everything", RbacWorld.Account("payments-prod", "operator")));
        Put(ClusterRights.Manifests(await EntriesAsync(), Account));
    }

    [Fact]
    public async Task ExactlyItsRights_AreAcceptedCountedAndNeverGone()
    {
        await _rbac.LookAsync();

        await using var db = Database.CreateDbContext();
        var findings = await db.RbacFindings.AsNoTracking().Where(f => f.SubjectName == Account.Name && f.SubjectNamespace == Account.Namespace).ToListAsync(Cancellation);
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.True(finding.IsAccepted(Clock.Now) && finding.GoneAt is null && finding.AcceptedUntil is null));
        var snapshot = await db.RbacSnapshots.SingleAsync(Cancellation);
        Assert.Equal(findings.Count, snapshot.Accepted);
        // In SQL as in the domain: hidden from the open ones, found among the accepted ones, and in the head.
        var open = (await Findings(FindingStanding.Open)).Value;
        Assert.DoesNotContain(open.Rows, row => row.Subject == Subject.OfAccount(Account.Namespace, Account.Name));
        var accepted = (await Findings(FindingStanding.Accepted)).Value;
        Assert.Equal(findings.Select(finding => finding.Fingerprint).Order(), accepted.Rows.Select(row => row.Fingerprint).Order());
        Assert.All(accepted.Rows, row => Assert.Contains("no more rights here than the catalogue makes necessary", row.AcceptedBecause, StringComparison.Ordinal));
        Assert.Equal((findings.Count, open.Rows.Count), (open.Head.Accepted.Total, open.Head.Open.Total));
    }

    [Fact]
    public async Task OneRuleMore_LetsAllStandUntilItIsGone()
    {
        await _rbac.LookAsync();
        _rbac.Put(RbacWorld.Binding("more", "payments-prod", "everything", RbacWorld.Account(Account.Namespace, Account.Name)));
        await _rbac.LookAsync();
        Assert.Equal(0, await AcceptedAsync());

        _rbac.Remove(RbacWorld.Binding("more", "payments-prod", "everything"));
        await _rbac.LookAsync();
        Assert.NotEqual(0, await AcceptedAsync());
    }

    [Fact]
    public async Task RightsForAReviewedRemoval_AreWhatItNeedsAsLongAsThatIsInHand()
    {
        var reviewed = new ReviewedBinding(new()
        {
            Name = "erin-edit",
            Namespace = "monitoring",
            RoleRef = new(BindingKeys.RbacGroup, "ClusterRole", "edit"),
            Subjects = [new("User", BindingKeys.RbacGroup, "oidc:erin", "")],
            Uid = "b3f7",
            ResourceVersion = "1",
        });
        Put(ClusterRights.Manifests(await EntriesAsync(), Account, standing: [reviewed]));
        await _rbac.LookAsync();
        Assert.Equal(0, await AcceptedAsync());

        await using (var db = Database.CreateDbContext())
        {
            var entry = await db.ElevatedRoleVersions.AsNoTracking().FirstAsync(v => v.ElevatedRoleId == World.OnePeer.ElevatedRoleId, Cancellation);
            var said = new JustInTimeChange(World.Cluster.Id, entry, MakesEntry: false, [reviewed], []);
            var change = ConfigurationChange.Draft(ChangeKind.JustInTime, entry.ElevatedRoleId.Value, "Make it just-in-time", null, said.Canonical(), null, needsSecondAdmin: false, World.Sam.PersonId, Clock.Now);
            db.ConfigurationChanges.Add(change);
            db.StandingRemovals.AddRange(StandingRemoval.Of(change.Id, said, Clock.Now));
            await db.CommitAsync(Cancellation);
        }
        await _rbac.LookAsync();
        Assert.NotEqual(0, await AcceptedAsync());
    }

    [Fact]
    public async Task EntryThatIsRetired_LeavesTheAccountWithMoreThanItNeeds()
    {
        await _rbac.LookAsync();
        Assert.NotEqual(0, await AcceptedAsync());
        await using (var db = Database.CreateDbContext())
        {
            (await db.ElevatedRoles.SingleAsync(r => r.Id == World.OnePeer.ElevatedRoleId, Cancellation)).Retire(Clock.Now);
            await db.CommitAsync(Cancellation);
        }

        // Nothing changed in the cluster; what is needed there did.
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());
        Assert.Equal(0, await AcceptedAsync());
    }

    [Fact]
    public async Task AccountThatIsNotLapses_IsNotAcceptedForItsName()
    {
        _rbac.ReadAs = Token with { Name = "another" };
        await _rbac.LookAsync();
        Assert.Equal(0, await AcceptedAsync());

        _rbac.ReadAs = null;
        await _rbac.LookAsync();
        Assert.Equal(0, await AcceptedAsync());
    }

    [Fact]
    public async Task Reaper_IsLapsesOwnOnlyWhereItLeavesItsSign()
    {
        var audit = new ClusterAudit(Database, TestInstallation.BindingKey, new RbacOptions(), Clock);
        Assert.Equal("lapse-portal", Assert.Single((await audit.RecordsAsync(World.Cluster, Token, Cancellation)).Records.Own).Account.Name);
        await using (var db = Database.CreateDbContext())
        {
            if (await db.ClusterHealth.SingleOrDefaultAsync(h => h.ClusterId == World.Cluster.Id, Cancellation) is not { } health) db.ClusterHealth.Add(health = new ClusterHealth { ClusterId = World.Cluster.Id });
            health.Reaper = ReaperState.Silent;
            await db.CommitAsync(Cancellation);
        }

        var own = (await audit.RecordsAsync(World.Cluster, null, Cancellation)).Records.Own;

        // What it needs is what its manifests give, each where they give it.
        Assert.Equal(Subject.OfAccount("lapse-reaper", "lapse-reaper"), Assert.Single(own).Account);
        Assert.Equal(["ClusterRole lapse-reaper: get, list, delete", "Role lapse-reaper/lapse-reaper-sign: patch"], own[0].Needed.Select(role => $"{role.Reference}: {string.Join(", ", role.Rules.Single().Verbs)}"));
    }

    private Task<Domain.Outcome<RbacFindingsView>> Findings(FindingStanding standing) =>
        new RbacFindingsQuery(Database, Guard, Clock).AskAsync(World.Sam, new(World.Cluster.Name, FindingFilter.None with { Standing = standing }, Take: RbacFindingsAsk.Most), Cancellation);

    private async Task<IReadOnlyList<ClusterRightsEntry>> EntriesAsync()
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.ElevatedRoleVersions.AsNoTracking().Where(v => v.ClusterId == World.Cluster.Id).ToListAsync(Cancellation);
        return [.. entries.Select(e => new ClusterRightsEntry(e.Namespaces, e.Role))];
    }

    private async Task<int> AcceptedAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.RbacFindings.CountAsync(f => f.GoneAt == null && f.AcceptedBecause != "", Cancellation);
    }

    private void Put(IEnumerable<IKubernetesObject<V1ObjectMeta>> manifests)
    {
        foreach (var manifest in manifests)
        {
            RbacObject? found = manifest switch
            {
                V1ClusterRole role => RbacMapping.From(role),
                V1Role role => RbacMapping.From(role),
                V1ClusterRoleBinding binding => RbacMapping.From(binding),
                V1RoleBinding binding => RbacMapping.From(binding),
                V1ServiceAccount account => RbacMapping.From(account),
                _ => null,
            };
            if (found is not null) _rbac.Put(found);
        }
    }
}
