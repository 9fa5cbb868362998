using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What is kept of a cluster's RBAC: only what changed, exactly, by one replica, and never half of it.</summary>
public sealed class RbacKeeperTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private RbacWorld _rbac = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock);
        _rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.ReadPods));
        _rbac.Put(RbacWorld.Binding("ci-admin", "", "everything", RbacWorld.Account("ci", "deployer")));
        _rbac.Put(new NamespaceObject { Name = "ci" });
        _rbac.Put(new ServiceAccountObject { Name = "deployer", Namespace = "ci", AutomountsToken = false });
        _rbac.Put(new WorkloadObject { Name = "web", Namespace = "ci", WorkloadKind = "Deployment", ServiceAccount = "deployer", ReachesItsNode = true });
        _rbac.Put(new TokenSecretObject { Name = "deployer-token", Namespace = "ci", ServiceAccount = "deployer" });
    }

    [Fact]
    public async Task Keep_EveryKindAndOddName_IsRebuiltExactly()
    {
        _rbac.Put(RbacWorld.Role("odd \0 name\n\"" + new string('x', 5000), "ci", new PolicyRule { Verbs = ["get", "get"], ApiGroups = ["", "apps"], Resources = ["pods/log", "*/scale"], ResourceNames = ["a", "\0"] }, new PolicyRule { NonResourceUrls = ["/x*"], Verbs = ["get"] }));
        _rbac.Put(RbacWorld.Role("union") with { Aggregates = [new LabelSelector { MatchLabels = RbacObject.NoTexts.Add("a", "b"), MatchExpressions = [new("c", "In", ["d", "e"])] }], Labels = RbacObject.NoTexts.Add("z", "").Add("a", "ü𝄞") });
        _rbac.Put(new WorkloadObject { Name = "p", Namespace = "ci", WorkloadKind = "Pod", Node = "n1", Owner = "Node n1", AutomountsToken = true });
        _rbac.Gaps.Add(new("served", "A reason"));

        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());

        var kept = await _rbac.Snapshots.StateAsync(World.Cluster.Id, null, Cancellation);
        Assert.Equal(_rbac.Say(), RbacWorld.Say(kept!.State));
        Assert.Equal(kept.State.Objects.Count(), kept.Snapshot.Objects.Values.Sum());
    }

    [Fact]
    public async Task Keep_NothingDifferent_WritesNoSnapshotButTheTime()
    {
        await _rbac.LookAsync();
        Assert.Equal(Kept.Unchanged, await _rbac.LookAsync());
        Assert.Equal(Kept.Unchanged, await _rbac.LookAsync(workloads: false));

        await using var db = Database.CreateDbContext();
        Assert.Equal(1, await db.RbacSnapshots.CountAsync(Cancellation));
        var look = await db.RbacLooks.SingleAsync(Cancellation);
        Assert.Equal((Clock.Now, Clock.Now.AddMinutes(-1), 1, ""), (look.LookedAt!.Value, look.WorkloadsAt!.Value, look.Number, look.Failure));
    }

    [Fact]
    public async Task Keep_OneObjectChanged_WritesThatOneAlone()
    {
        await _rbac.LookAsync();
        var first = _rbac.Say();
        var (objects, contents) = await CountAsync();

        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.ReadPods, RbacWorld.Everything));
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync(workloads: false));
        var second = _rbac.Say();
        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.ReadPods));
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());

        // Changed and changed back is a row more each time, and one content.
        Assert.Equal((objects + 2, contents + 1), await CountAsync());
        Assert.Equal(first, RbacWorld.Say((await _rbac.Snapshots.StateAsync(World.Cluster.Id, 1, Cancellation))!.State));
        Assert.Equal(second, RbacWorld.Say((await _rbac.Snapshots.StateAsync(World.Cluster.Id, 2, Cancellation))!.State));
        Assert.Equal(first, RbacWorld.Say((await _rbac.Snapshots.StateAsync(World.Cluster.Id, 3, Cancellation))!.State));
        Assert.Null(await _rbac.Snapshots.StateAsync(World.Cluster.Id, 4, Cancellation));
    }

    [Fact]
    public async Task Keep_KindThatCannotBeReadAnyMore_IsAGapAndNothingOfItIsGone()
    {
        await _rbac.LookAsync();
        _rbac.Unread.Add("ClusterRoleBinding");
        _rbac.Gaps.Add(new("clusterrolebindings", "Lapse may not list them."));
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());

        var during = (await _rbac.Snapshots.StateAsync(World.Cluster.Id, null, Cancellation))!;
        Assert.Empty(during.State.Bindings);
        Assert.False(during.State.IsKnown("clusterrolebindings"));
        Assert.Equal((0, 0, 0), (during.Snapshot.Added, during.Snapshot.Changed, during.Snapshot.Removed));
        await using (var db = Database.CreateDbContext())
        {
            var finding = await db.RbacFindings.Where(f => f.CheckId == "LR001").SingleAsync(Cancellation);
            Assert.Equal((null, Clock.Now, 1), (finding.GoneAt, finding.NotEvaluatedSince, finding.LastSnapshot));
        }

        // What became of it meanwhile shows when it can be read again.
        _rbac.Unread.Clear();
        _rbac.Gaps.Clear();
        _rbac.Remove(RbacWorld.Binding("ci-admin", "", "everything"));
        await _rbac.LookAsync();
        var diff = await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 3, Cancellation);
        Assert.Equal((RbacChangeKind.Removed, "ClusterRoleBinding ci-admin"), (Assert.Single(diff!.Changes).Kind, diff.Changes[0].What.Reference));
        Assert.Equal(["ClusterRoleBinding"], (await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 2, Cancellation))!.NotCompared);
        await using var after = Database.CreateDbContext();
        Assert.Equal((Clock.Now, null), await after.RbacFindings.Where(f => f.CheckId == "LR001").Select(f => new ValueTuple<DateTimeOffset?, DateTimeOffset?>(f.GoneAt, f.NotEvaluatedSince)).SingleAsync(Cancellation) is var (gone, open) ? (gone!.Value, open) : default);
    }

    [Fact]
    public async Task Keep_TwoReplicasAtOnce_OneSnapshot()
    {
        var began = await _rbac.BeginAsync();
        var kept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _rbac.Keeper().KeepAsync(World.Cluster, _rbac.Read(), began, Cancellation)));

        Assert.Single(kept, Kept.Snapshot);
        Assert.DoesNotContain(kept, one => one is not (Kept.Snapshot or Kept.Overtaken or Kept.Unchanged));
        await using var db = Database.CreateDbContext();
        Assert.Equal([1], await db.RbacSnapshots.Select(s => s.Number).ToListAsync(Cancellation));
        Assert.Equal(_rbac.Read().Objects.Count, await db.RbacObjects.CountAsync(v => v.Until == null, Cancellation));
    }

    [Fact]
    public async Task Keep_SomebodyBeganALaterLook_KeepsNothing()
    {
        var earlier = await _rbac.BeginAsync();
        var read = _rbac.Read();
        _rbac.Remove(RbacWorld.Binding("ci-admin", "", "everything"));
        await _rbac.LookAsync();

        Assert.Equal(Kept.Overtaken, await _rbac.Keeper().KeepAsync(World.Cluster, read, earlier, Cancellation));
        Assert.Empty((await _rbac.Snapshots.StateAsync(World.Cluster.Id, null, Cancellation))!.State.Bindings);
    }

    [Fact]
    public async Task Keep_DiesBeforeTheEnd_KeepsNothingAndTheNextLookAll()
    {
        await _rbac.LookAsync();
        _rbac.Put(RbacWorld.Binding("second", "", "everything", new BindingSubject("User", "mallory")));
        await Database.ExecuteAsOwnerAsync("""
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
            CREATE TRIGGER die BEFORE INSERT ON rbac_snapshots FOR EACH ROW EXECUTE FUNCTION die();
            """, Cancellation);
        var before = await CountAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => _rbac.LookAsync());
        Assert.Equal(before, await CountAsync());

        await Database.ExecuteAsOwnerAsync("DROP TRIGGER die ON rbac_snapshots; DROP FUNCTION die()", Cancellation);
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());
        Assert.Equal(_rbac.Say(), RbacWorld.Say((await _rbac.Snapshots.StateAsync(World.Cluster.Id, 2, Cancellation))!.State));
        await using var db = Database.CreateDbContext();
        Assert.Equal(2, await db.RbacFindings.CountAsync(f => f.CheckId == "LR001", Cancellation));
    }

    [Fact]
    public async Task Keep_FindingGoneAndBack_SaysSinceWhenItStands()
    {
        await _rbac.LookAsync();
        var first = Clock.Now;
        _rbac.Remove(RbacWorld.Binding("ci-admin", "", "everything"));
        await _rbac.LookAsync();
        var gone = Clock.Now;
        await using (var db = Database.CreateDbContext())
        {
            var finding = await db.RbacFindings.Where(f => f.CheckId == "LR001").SingleAsync(Cancellation);
            Assert.Equal((gone, 1, first, first), (finding.GoneAt, finding.LastSnapshot, finding.FirstSeenAt, finding.StandsSince));
            Assert.Equal(0, (await db.RbacSnapshots.SingleAsync(s => s.Number == 2, Cancellation)).Critical);
        }

        _rbac.Put(RbacWorld.Binding("ci-admin", "", "everything", RbacWorld.Account("ci", "deployer")));
        await _rbac.LookAsync();
        await using var after = Database.CreateDbContext();
        var back = await after.RbacFindings.Where(f => f.CheckId == "LR001").SingleAsync(Cancellation);
        Assert.Equal((null, null, first, Clock.Now), (back.GoneAt, back.LastSnapshot, back.FirstSeenAt, back.StandsSince));
        Assert.Equal(Severity.Critical, back.Severity);
        Assert.Equal(new Subject(SubjectKind.ServiceAccount, "deployer", "ci"), back.Subject);
        Assert.Equal(RbacWorld.Everything, Assert.Single(back.Rules).Rule);
    }

    [Fact]
    public async Task Keep_OtherSettings_AuditsTheSameStateAnew()
    {
        await _rbac.LookAsync();
        var other = new RbacWorld(Database, World.Cluster, Clock, new RbacOptions { ManyRoles = 3 });
        var read = _rbac.Read();

        Assert.Equal(Kept.Snapshot, await other.Keeper().KeepAsync(World.Cluster, read, await _rbac.BeginAsync(), Cancellation));
        Assert.Equal(Kept.Unchanged, await other.Keeper().KeepAsync(World.Cluster, read, await _rbac.BeginAsync(), Cancellation));
        var snapshots = await _rbac.Snapshots.ListAsync(World.Cluster.Id, null, 10, Cancellation);
        Assert.Equal([(2, 0), (1, 7)], snapshots.Select(s => (s.Number, s.Added)));
    }

    [Fact]
    public async Task Diff_AddedChangedReplacedAndBack_SaysWhat()
    {
        _rbac.Put(RbacWorld.Binding("people", "ci", "reader", new BindingSubject("User", "anna")));
        _rbac.Put(RbacWorld.Role("comes-back", "", RbacWorld.ReadPods));
        await _rbac.LookAsync();
        _rbac.Put(RbacWorld.Role("comes-back"));
        await _rbac.LookAsync();
        _rbac.Put(RbacWorld.Role("comes-back", "", RbacWorld.ReadPods));
        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.ReadPods, new PolicyRule { Verbs = ["delete", "get"], ApiGroups = [""], Resources = ["pods"] }));
        _rbac.Put(RbacWorld.Binding("people", "ci", "reader", new BindingSubject("User", "bert")) with { Uid = "another", Created = Clock.Now });
        _rbac.Put(new NamespaceObject { Name = "new" });
        await _rbac.LookAsync();

        var diff = (await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 3, Cancellation))!;

        Assert.Equal(["Added Namespace new", "Changed Role ci/reader", "Replaced RoleBinding ci/people"], diff.Changes.Select(change => $"{change.Kind} {change.What.Reference}"));
        var role = diff.Changes[1];
        Assert.Equal(["delete, get: pods in core"], Assert.Single(role.Fields).After);
        Assert.Equal("delete", Assert.Single(Assert.Single(role.Widens).Verbs));
        var binding = diff.Changes[2];
        Assert.Equal(("subjects", "User anna", "User bert"), (Assert.Single(binding.Fields).Name, binding.Fields[0].Before.Single(), binding.Fields[0].After.Single()));
        Assert.All(diff.Changes, change => Assert.False(change.IsLapses));
        Assert.Empty((await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 3, 3, Cancellation))!.Changes);
        Assert.Null(await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 9, Cancellation));
    }

    [Fact]
    public async Task Indexes_Newest_IsReadOnceForEachSnapshot()
    {
        var indexes = new RbacIndexes(Database, _rbac.Snapshots);
        Assert.Null(await indexes.NewestAsync(World.Cluster.Id, Cancellation));
        await _rbac.LookAsync();

        var first = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => indexes.NewestAsync(World.Cluster.Id, Cancellation)));
        Assert.All(first, one => Assert.Same(first[0], one));
        var question = AccessQuestion.For("get", "", "secrets", namespaceName: "kube-system");
        Assert.Equal("deployer", Assert.Single(first[0]!.Index.WhoCan(question)).Subject.Name);

        _rbac.Remove(RbacWorld.Binding("ci-admin", "", "everything"));
        await _rbac.LookAsync();
        var second = (await indexes.NewestAsync(World.Cluster.Id, Cancellation))!;
        Assert.Equal(2, second.Snapshot.Number);
        Assert.Empty(second.Index.WhoCan(question));
    }

    [Fact]
    public async Task Findings_WhatAppearedDuringTemporaryAccess_StandUntilItIsGone()
    {
        var grant = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        await ActivateAsync(grant, Start);
        _rbac.Put(RbacWorld.Binding("mine", "ci", "everything", new BindingSubject("User", "mallory")));
        await _rbac.LookAsync();
        await using (var db = Database.CreateDbContext())
        {
            Assert.Empty(await db.RbacFindings.Where(f => f.CheckId == "LR040").ToListAsync(Cancellation));
            var uid = _rbac.Read().Objects.Single(one => one.Name == "mine").Uid;
            var left = new Domain.Access.LeftBehind(Start, Clock.Now, 1, [new Domain.Access.AppearedObject("RoleBinding", "ci", "mine", uid, Start)], [new Domain.Access.NotLookedAt("Short-lived tokens", "nobody keeps them")]);
            db.Alert(Clock.Now, LedgerSubject.Of(grant), LeftBehindLook.AlertKind, left.ToJson());
            await db.CommitAsync(Cancellation);
        }

        // Nothing in the cluster changed; what is known of it did.
        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());
        Assert.Equal(Kept.Unchanged, await _rbac.LookAsync());
        await using (var db = Database.CreateDbContext())
        {
            var finding = await db.RbacFindings.SingleAsync(f => f.CheckId == "LR040", Cancellation);
            Assert.Equal((null, "RoleBinding ci/mine"), (finding.GoneAt, finding.Binding));
            Assert.Contains("oidc:alice", finding.Evidence, StringComparison.Ordinal);
        }

        _rbac.Remove(RbacWorld.Binding("mine", "ci", "everything"));
        await _rbac.LookAsync();
        await using var after = Database.CreateDbContext();
        Assert.Equal(Clock.Now, (await after.RbacFindings.SingleAsync(f => f.CheckId == "LR040", Cancellation)).GoneAt);
    }

    [Fact]
    public async Task CleanUp_OldSnapshots_GoAndWhatLaterOnesNeedStays()
    {
        var rbac = new RbacWorld(Database, World.Cluster, Clock, new RbacOptions { KeepSnapshots = TimeSpan.FromDays(30) });
        rbac.Put(RbacWorld.Role("stays", "", RbacWorld.ReadPods));
        rbac.Put(RbacWorld.Role("changes", "", RbacWorld.ReadPods));
        await rbac.LookAsync();
        rbac.Put(RbacWorld.Role("changes", "", RbacWorld.Everything));
        rbac.Put(RbacWorld.Binding("short", "", "changes", new BindingSubject("User", "mallory")));
        await rbac.LookAsync();
        rbac.Remove(RbacWorld.Binding("short", "", "changes"));
        await rbac.LookAsync();
        var third = rbac.Say();
        Clock.Now += TimeSpan.FromDays(40);
        rbac.Put(RbacWorld.Role("new", "", RbacWorld.ReadPods));
        await rbac.LookAsync();
        var fourth = rbac.Say();

        await rbac.CleanUp.RunAsync(Cancellation);
        await rbac.CleanUp.RunAsync(Cancellation);

        // The third stood when the month began.
        Assert.Equal([4, 3], (await rbac.Snapshots.ListAsync(World.Cluster.Id, null, 10, Cancellation)).Select(s => s.Number));
        Assert.Equal(third, RbacWorld.Say((await rbac.Snapshots.StateAsync(World.Cluster.Id, 3, Cancellation))!.State));
        Assert.Equal(fourth, RbacWorld.Say((await rbac.Snapshots.StateAsync(World.Cluster.Id, 4, Cancellation))!.State));
        await using var db = Database.CreateDbContext();
        Assert.Equal((3, 4), (await db.RbacObjects.CountAsync(Cancellation), await db.RbacContents.CountAsync(Cancellation)));
        Assert.Empty(await db.RbacFindings.ToListAsync(Cancellation));
        // Not even by hand.
        await Assert.ThrowsAnyAsync<Exception>(() => Database.ExecuteAsOwnerAsync("DELETE FROM rbac_contents", Cancellation));
    }

    private async Task<(int Objects, int Contents)> CountAsync()
    {
        await using var db = Database.CreateDbContext();
        return (await db.RbacObjects.CountAsync(Cancellation), await db.RbacContents.CountAsync(Cancellation));
    }
}
