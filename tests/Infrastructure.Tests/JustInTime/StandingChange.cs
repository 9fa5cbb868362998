using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>A standing binding in a real cluster, and a change that takes it away, reviewed by two admins with real evidence.</summary>
internal sealed class StandingChange(Story story, TestDatabase database, IKubernetes client, ClusterApi api, string place)
{
    /// <summary>What the binding is called.</summary>
    public const string Name = "erin-edit";

    /// <summary>Somebody who has the access by it.</summary>
    public const string Person = "oidc:erin";

    /// <summary>Makes the binding, with all that a binding may carry.</summary>
    public Task<V1RoleBinding> MakeAsync(string name, CancellationToken cancellation) => client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
        new()
        {
            Metadata = new() { Name = name, Labels = new Dictionary<string, string> { ["team"] = "observability" }, Annotations = new Dictionary<string, string> { ["why"] = "“the old days”\nsecond line" } },
            RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" },
            Subjects = [User(Person), User("oidc:alice"), new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Group", Name = "ops" }],
        },
        place, cancellationToken: cancellation);

    /// <summary>What is there under its name.</summary>
    public Task<GetBindingResult> SeeAsync(string name, CancellationToken cancellation) => api.GetBindingAsync(name, place, cancellation);

    /// <summary>The binding, and a change in force that takes it away.</summary>
    /// <param name="second">Whether a second admin confirmed it.</param>
    /// <param name="makesEntry">Whether the change makes the entry; else an operator vouches for it.</param>
    /// <param name="cancellation">The caller's.</param>
    public async Task<(StandingRemoval Removal, ElevatedRoleVersion Entry)> ReviewedAsync(bool second, bool makesEntry, CancellationToken cancellation)
    {
        await MakeAsync(Name, cancellation);
        var reviewed = new ReviewedBinding(((GetBindingResult.Found)await SeeAsync(Name, cancellation)).Binding);
        ConfigurationChange? change = null;
        var offered = (await story.EntryAsync([place], cancellation, attest: makesEntry ? AttestAsync : null)).Entry;
        await using var db = database.CreateDbContext();
        if (makesEntry) change = await db.ConfigurationChanges.SingleAsync(c => c.Kind == ChangeKind.JustInTime, cancellation);
        else db.ConfigurationChanges.Add(change = await ChangeAsync(db, offered, false));
        var removals = StandingRemoval.Of(change.Id, JustInTimeChange.FromCanonical(change.After), DateTimeOffset.UtcNow);
        db.StandingRemovals.AddRange(removals);
        await db.CommitAsync(cancellation);
        return (removals[0], offered);

        async Task<ConfigurationChange> ChangeAsync(PortalDbContext context, ElevatedRoleVersion entry, bool makes)
        {
            var now = DateTimeOffset.UtcNow;
            var said = new JustInTimeChange(story.Cluster.Id, entry, makes, [reviewed], []);
            var made = ConfigurationChange.Draft(ChangeKind.JustInTime, entry.ElevatedRoleId.Value, "Make it just-in-time", null, said.Canonical(), null, second, story.Dana.PersonId, now);
            made.Proved((await story.ProveAsync(context, StepUpActs.Propose(made), story.Dana, cancellation)).Id, now);
            if (second) made.Confirmed(story.Dave.PersonId, (await story.ProveAsync(context, StepUpActs.Confirm(made, story.Dave.PersonId), story.Dave, cancellation)).Id, now);
            return made;
        }

        async Task<Attestation> AttestAsync(PortalDbContext context, ChangeKind kind, Guid subject, JsonObject canonical)
        {
            if (kind == ChangeKind.Workflow) return await story.ByAdmins(story.Dana, story.Dave, cancellation)(context, kind, subject, canonical);
            var made = await ChangeAsync(context, ElevatedRoleVersion.FromCanonical(CanonicalJson.Parse(CanonicalJson.ToText(canonical))!.AsObject(), new(null, null), null, default), true);
            context.ConfigurationChanges.Add(made);
            return Attestation.ByChange(made.Id);
        }
    }

    /// <summary>An admin proves that the binding shall be made again.</summary>
    public async Task<StepUpProof> WantBackAsync(StandingRemovalId removal, Actor admin, CancellationToken cancellation, string[]? groups = null)
    {
        await using var db = database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var row = (await db.LockAsync(removal, cancellation))!;
        var proof = await story.ProveAsync(db, StepUpActs.Restore(row, admin.PersonId), admin, cancellation, groups);
        row.Restore(admin.PersonId, proof.Id, DateTimeOffset.UtcNow);
        await db.CommitAsync(cancellation);
        return proof;
    }

    /// <summary>A user as the subject of a binding.</summary>
    public static Rbacv1Subject User(string name) => new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = name };
}
