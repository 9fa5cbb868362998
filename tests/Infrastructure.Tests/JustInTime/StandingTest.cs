using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>A standing binding in a real cluster, and a change that takes it away, reviewed by two admins with real evidence.</summary>
public abstract class StandingTest(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    protected const string Name = "erin-edit";

    /// <summary>The entry that offers the access instead.</summary>
    protected ElevatedRoleVersion Entry { get; private set; } = null!;

    /// <summary>Makes the binding, with all that a binding may carry.</summary>
    protected Task<V1RoleBinding> MakeAsync(string name = Name) => Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
        new()
        {
            Metadata = new() { Name = name, Labels = new Dictionary<string, string> { ["team"] = "observability" }, Annotations = new Dictionary<string, string> { ["why"] = "“the old days”\nsecond line" } },
            RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" },
            Subjects = [User("oidc:erin"), User("oidc:alice"), new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Group", Name = "ops" }],
        },
        Place.Name, cancellationToken: Cancellation);

    /// <summary>The binding, and a change in force that takes it away.</summary>
    /// <param name="second">Whether a second admin confirmed it.</param>
    /// <param name="makesEntry">Whether the change makes the entry; else an operator vouches for it.</param>
    internal async Task<StandingRemoval> ReviewedAsync(bool second = true, bool makesEntry = false)
    {
        await MakeAsync();
        var reviewed = new ReviewedBinding(((GetBindingResult.Found)await SeeAsync()).Binding);
        ConfigurationChange? change = null;
        Entry = (await Story.EntryAsync([Place.Name], Cancellation, attest: makesEntry ? AttestAsync : null)).Entry;
        await using var db = Database.CreateDbContext();
        if (makesEntry) change = await db.ConfigurationChanges.SingleAsync(c => c.Kind == ChangeKind.JustInTime, Cancellation);
        else db.ConfigurationChanges.Add(change = await ChangeAsync(db, Entry, false));
        var removals = StandingRemoval.Of(change.Id, JustInTimeChange.FromCanonical(change.After), DateTimeOffset.UtcNow);
        db.StandingRemovals.AddRange(removals);
        await db.CommitAsync(Cancellation);
        return removals[0];

        async Task<ConfigurationChange> ChangeAsync(PortalDbContext context, ElevatedRoleVersion entry, bool makes)
        {
            var now = DateTimeOffset.UtcNow;
            var said = new JustInTimeChange(Story.Cluster.Id, entry, makes, [reviewed], []);
            var made = ConfigurationChange.Draft(ChangeKind.JustInTime, entry.ElevatedRoleId.Value, "Make it just-in-time", null, said.Canonical(), null, second, Story.Dana.PersonId, now);
            made.Proved((await Story.ProveAsync(context, StepUpActs.Propose(made), Story.Dana, Cancellation)).Id, now);
            if (second) made.Confirmed(Story.Dave.PersonId, (await Story.ProveAsync(context, StepUpActs.Confirm(made, Story.Dave.PersonId), Story.Dave, Cancellation)).Id, now);
            return made;
        }

        async Task<Attestation> AttestAsync(PortalDbContext context, ChangeKind kind, Guid subject, JsonObject canonical)
        {
            if (kind == ChangeKind.Workflow) return await Story.ByAdmins(Story.Dana, Story.Dave, Cancellation)(context, kind, subject, canonical);
            var made = await ChangeAsync(context, ElevatedRoleVersion.FromCanonical(CanonicalJson.Parse(CanonicalJson.ToText(canonical))!.AsObject(), new(null, null), null, default), true);
            context.ConfigurationChanges.Add(made);
            return Attestation.ByChange(made.Id);
        }
    }

    /// <summary>An admin proves that the binding shall be made again.</summary>
    internal async Task<StepUpProof> WantBackAsync(StandingRemoval removal, Actor? admin = null, string[]? groups = null)
    {
        var who = admin ?? Story.Dana;
        StepUpProof proof = null!;
        await ChangeAsync(removal, async (db, row) =>
        {
            proof = await Story.ProveAsync(db, StepUpActs.Restore(row, who.PersonId), who, Cancellation, groups);
            row.Restore(who.PersonId, proof.Id, DateTimeOffset.UtcNow);
        });
        return proof;
    }

    /// <summary>A worker does all that can be done now, whatever was done before.</summary>
    internal async Task<StandingRemoval> WorkAsync(StandingRemoval removal)
    {
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET due_at = now() - interval '1 minute'", Cancellation);
        await Create().Get<StandingWorker>().RunAsync(removal.Id, Cancellation);
        return await ReadAsync(removal);
    }

    internal async Task<StandingRemoval> ReadAsync(StandingRemoval removal)
    {
        await using var db = Database.CreateDbContext();
        return await db.StandingRemovals.AsNoTracking().SingleAsync(r => r.Id == removal.Id, Cancellation);
    }

    internal async Task ChangeAsync(StandingRemoval removal, Func<PortalDbContext, StandingRemoval, Task> change)
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        await change(db, (await db.LockAsync(removal.Id, Cancellation))!);
        await db.CommitAsync(Cancellation);
    }

    protected Task<GetBindingResult> SeeAsync(string name = Name) => Place.Api.GetBindingAsync(name, Place.Name, Cancellation);

    protected async Task<BindingObject> ThereAsync() => Xunit.Assert.IsType<GetBindingResult.Found>(await SeeAsync()).Binding;

    /// <summary>What the ledger says of it, without alerts.</summary>
    internal async Task<List<string>> ActsAsync(StandingRemoval removal) => [.. (await LedgerAsync(LedgerSubject.Of(removal.Id))).Select(e => e.Act).Where(act => act != LedgerActs.Alert)];

    /// <summary>The alerts about it: their kind, and the code where they have one.</summary>
    internal async Task<List<(string Kind, string? Code)>> AlertsAsync(StandingRemoval removal) =>
        [.. (await AlertsAsync(LedgerSubject.Of(removal.Id))).Select(alert => (alert["kind"]!.GetValue<string>(), alert["code"]?.GetValue<string>()))];

    protected static Rbacv1Subject User(string name) => new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = name };
}
