using Lapse.Domain.Access;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kubernetes;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;
using BindingSubject = Lapse.Domain.Rbac.State.BindingSubject;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Whoever keeps a snapshot and loses the database in the middle has kept nothing of it, and the next look keeps it whole.</summary>
public sealed class KeepKilledTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private RbacWorld _rbac = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _rbac = new(Database, World.Cluster, Clock);
        _rbac.Put(RbacWorld.Role("everything", "", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.ReadPods));
        _rbac.Put(RbacWorld.Binding("ci-admin", "", "everything", RbacWorld.Account("ci", "deployer")));
        await _rbac.LookAsync();
    }

    // Where it waits for what somebody else holds: before it wrote anything, after the objects, and after all but the end.
    [Theory]
    [InlineData("SELECT 1 FROM rbac_looks FOR UPDATE")]
    [InlineData("SELECT 1 FROM rbac_findings FOR UPDATE")]
    [InlineData("LOCK TABLE rbac_snapshots IN SHARE MODE")]
    public async Task Keep_ConnectionTerminatedInTheTransaction_KeepsNothingAndTheNextLookAll(string hold)
    {
        var before = await PictureAsync();
        _rbac.Remove(RbacWorld.Binding("ci-admin", "", "everything"));
        _rbac.Put(RbacWorld.Role("reader", "ci", RbacWorld.Everything));
        _rbac.Put(RbacWorld.Binding("new", "ci", "everything", new BindingSubject("User", "mallory")));
        var began = await _rbac.BeginAsync();
        await using (var holder = await Database.Owner.OpenConnectionAsync(Cancellation))
        {
            await using var transaction = await holder.BeginTransactionAsync(Cancellation);
            await using (var command = new NpgsqlCommand(hold, holder, transaction)) await command.ExecuteNonQueryAsync(Cancellation);
            var keeping = _rbac.Keeper().KeepAsync(World.Cluster, _rbac.Read(), began, Cancellation);
            await Wait.UntilAsync(TerminateAsync, "whoever waits for the lock is terminated", Cancellation);
            await Assert.ThrowsAnyAsync<Exception>(() => keeping);
        }

        Assert.Equal(before, await PictureAsync());
        Assert.Equal(1, (await _rbac.Snapshots.StateAsync(World.Cluster.Id, null, Cancellation))!.Snapshot.Number);

        Assert.Equal(Kept.Snapshot, await _rbac.LookAsync());
        Assert.Equal(_rbac.Say(), RbacWorld.Say((await _rbac.Snapshots.StateAsync(World.Cluster.Id, null, Cancellation))!.State));
        Assert.Equal(3, (await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 2, Cancellation))!.Changes.Length);
        await using var db = Database.CreateDbContext();
        Assert.NotNull((await db.RbacFindings.SingleAsync(f => f.CheckId == "LR001", Cancellation)).GoneAt);

        async Task<bool> TerminateAsync()
        {
            await using var command = Database.Owner.CreateCommand("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            return (long)(await command.ExecuteScalarAsync(Cancellation))! > 0;
        }
    }

    [Fact]
    public async Task Diff_BindingThatLapseSigned_IsItsOwnAndOneThatOnlyLooksSoIsNot()
    {
        BindingSpec Spec(string cluster) => TestBindings.Spec("ci", "everything") with { Cluster = cluster, NotAfter = Clock.Now.AddDays(1) };
        var (spec, other, elsewhere) = (Spec(World.Cluster.Name), Spec(World.Cluster.Name), Spec("elsewhere"));
        var made = spec.ToObject(TestInstallation.BindingKey.Sign(spec));
        Put(made);
        // Signed by somebody else; and by Lapse, but for another cluster.
        Put(other.ToObject(other.Sign()));
        Put(elsewhere.ToObject(TestInstallation.BindingKey.Sign(elsewhere)));
        await _rbac.LookAsync();

        var diff = (await _rbac.Snapshots.DiffAsync(World.Cluster.Id, 1, 2, Cancellation))!;

        Assert.Equal(3, diff.Changes.Length);
        Assert.Equal(made.Name, Assert.Single(diff.Changes, change => change.IsLapses).What.Name);
        // And what Lapse gives for a time is no standing access.
        await using var db = Database.CreateDbContext();
        Assert.DoesNotContain(await db.RbacFindings.Select(f => f.Binding).ToListAsync(Cancellation), binding => binding.EndsWith(made.Name, StringComparison.Ordinal));
    }

    private void Put(Domain.Access.BindingObject made) => _rbac.Put(new Domain.Rbac.State.BindingObject
    {
        Namespace = made.Namespace ?? "",
        Name = made.Name,
        Labels = RbacObject.NoTexts.AddRange(made.Labels),
        Annotations = RbacObject.NoTexts.AddRange(made.Annotations),
        Role = new(made.RoleRef.Kind, made.RoleRef.Name),
        Subjects = [.. made.Subjects.Select(subject => new BindingSubject(subject.Kind, subject.Name, subject.Namespace, subject.ApiGroup))],
    });

    private async Task<string> PictureAsync()
    {
        await using var command = Database.Owner.CreateCommand("""
            SELECT concat_ws('|', (SELECT count(*) FROM rbac_snapshots), (SELECT count(*) FROM rbac_objects), (SELECT count(*) FROM rbac_objects WHERE until IS NULL), (SELECT count(*) FROM rbac_contents),
                (SELECT string_agg(fingerprint || coalesce(gone_at::text, ''), ',' ORDER BY fingerprint) FROM rbac_findings), (SELECT string_agg(number || rbac_digest || looked_at::text, ',') FROM rbac_looks))
            """);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
