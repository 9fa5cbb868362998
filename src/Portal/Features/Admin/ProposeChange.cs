using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>
/// An admin's wish to change the configuration: checked, written down with its diff, and brought to its step-up. Nothing is
/// in force before that, and, where two admins exist and the change gives more, before the second one agrees.
/// </summary>
[UseCase]
public sealed class ProposeChange(
    IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, StepUpEngine stepUp, Sealer sealer, ClusterChecks checks, SecondAdmins seconds, JustInTimePlans plans, PortalGroups groups, TimeProvider clock)
{
    /// <summary>The admin is none.</summary>
    internal static readonly Refusal NotAnAdmin = new("NotAnAdmin", "Only admins change the configuration.");

    /// <summary>The thing that changes was changed by somebody else meanwhile.</summary>
    internal static readonly Refusal Moved = new("ConfigurationMoved", "Somebody else has changed this since you opened it. Nothing was saved; look at it again.");

    /// <summary>A new or changed catalogue entry. Refused, with the rule that is missing, if Lapse could not bind its role.</summary>
    public Task<Outcome<StepUpChallengeId>> SaveEntryAsync(Actor actor, EntryForm form, CancellationToken cancellation) => ProposeAsync(actor, "/admin/catalogue", async (db, admin, now) =>
    {
        var current = form.Id is not { } known ? null : await db.ElevatedRoles.Where(r => r.Id == known)
            .Join(db.ElevatedRoleVersions, r => new { Id = r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).AsNoTracking().SingleOrDefaultAsync(cancellation);
        if (form.Id is not null && current?.Version != form.BaseVersion) return Moved;
        // To offer again what was withdrawn gives something that is not given now, like a new entry.
        var isOffered = current is not null && await db.ElevatedRoles.AnyAsync(r => r.Id == current.ElevatedRoleId && r.RetiredAt == null, cancellation);
        var after = new ElevatedRoleVersion
        {
            ElevatedRoleId = form.Id ?? UuidId.New<ElevatedRoleId>(now),
            Version = (current?.Version ?? 0) + 1,
            Title = form.Title.Trim(),
            Description = form.Description.Trim(),
            ClusterId = form.ClusterId,
            Environment = form.Environment,
            RoleKind = form.Role.Kind,
            RoleName = form.Role.Name,
            Namespaces = [.. form.Namespaces.Order(StringComparer.Ordinal)],
            Maximum = form.Maximum,
            Default = form.Default,
            WorkflowId = form.WorkflowId,
            ConfirmAfterStepUp = form.ConfirmAfterStepUp,
            Attestation = new(null, null),
            MadeAt = now,
        };
        if (ElevatedRoleRules.Check(after) is { } wrong) return wrong;
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == form.ClusterId && c.RetiredAt == null, cancellation);
        if (cluster is null) return new Refusal("ClusterUnknown", "Choose a cluster.");
        if (!await db.Workflows.AnyAsync(w => w.Id == form.WorkflowId, cancellation)) return new Refusal("WorkflowUnknown", "Choose a workflow.");
        if (await checks.CheckEntryAsync(cluster, after, cancellation) is { } unbindable) return unbindable;
        return ConfigurationChange.Draft(ChangeKind.ElevatedRole, after.ElevatedRoleId.Value, $"{(current is null ? "Add" : isOffered ? "Change" : "Offer again")} {after.Title}", current?.Canonical(), after.Canonical(), null,
            ChangeRules.Loosens(isOffered ? current : null, after) && await seconds.ExistAsync(db, admin, cancellation), admin, now);
    }, cancellation);

    /// <summary>Takes an entry out of the catalogue.</summary>
    public Task<Outcome<StepUpChallengeId>> RetireEntryAsync(Actor actor, ElevatedRoleId id, CancellationToken cancellation) => ProposeAsync(actor, "/admin/catalogue", async (db, admin, now) =>
    {
        var current = await db.ElevatedRoles.Where(r => r.Id == id && r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { Id = r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).AsNoTracking().SingleOrDefaultAsync(cancellation);
        if (current is null) return Moved;
        return ConfigurationChange.Draft(ChangeKind.RetireElevatedRole, id.Value, $"Withdraw {current.Title}", current.Canonical(),
            new JsonObject { ["type"] = "retire-elevated-role", ["id"] = id.ToString(), ["version"] = current.Version }, null, needsSecondAdmin: false, admin, now);
    }, cancellation);

    /// <summary>A new or changed workflow.</summary>
    public Task<Outcome<StepUpChallengeId>> SaveWorkflowAsync(Actor actor, WorkflowForm form, CancellationToken cancellation) => ProposeAsync(actor, "/admin/catalogue", async (db, admin, now) =>
    {
        var current = form.Id is not { } known ? null : await db.Workflows.Where(w => w.Id == known)
            .Join(db.WorkflowVersions, w => new { Id = w.Id, Version = w.CurrentVersion }, v => new { Id = v.WorkflowId, v.Version }, (_, v) => v).AsNoTracking().SingleOrDefaultAsync(cancellation);
        if (form.Id is not null && current?.Version != form.BaseVersion) return Moved;
        var after = new WorkflowVersion
        {
            WorkflowId = form.Id ?? UuidId.New<WorkflowId>(now),
            Version = (current?.Version ?? 0) + 1,
            Title = form.Title.Trim(),
            RequesterGroups = [.. form.RequesterGroups],
            Stages = [.. form.Stages],
            TimeToLive = form.TimeToLive,
            ProvisionWithin = form.ProvisionWithin,
            Attestation = new(null, null),
            MadeAt = now,
        };
        if (after.Check() is { } wrong) return wrong;
        return ConfigurationChange.Draft(ChangeKind.Workflow, after.WorkflowId.Value, $"{(current is null ? "Add" : "Change")} workflow {after.Title}", current?.Canonical(), after.Canonical(), null,
            ChangeRules.Loosens(current, after) && await seconds.ExistAsync(db, admin, cancellation), admin, now);
    }, cancellation);

    /// <summary>A new or changed cluster. Refused if it does not answer, if the address is not allowed, or if its mapping gives reserved names.</summary>
    public Task<Outcome<StepUpChallengeId>> SaveClusterAsync(Actor actor, ClusterForm form, CancellationToken cancellation) => ProposeAsync(actor, "/admin/clusters", async (db, admin, now) =>
    {
        var current = form.Id is not { } known ? null : await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == known && c.RetiredAt == null, cancellation);
        if (form.Id is not null && current?.Version != form.BaseVersion) return Moved;
        var read = ClusterChecks.ReadAccess(form.Access, current, sealer);
        if (!read.Succeeded) return read.Refusal!;
        var address = read.Value;
        var server = form.Access is ClusterAccess.Unchanged ? current!.Server : address.Server.AbsoluteUri.TrimEnd('/');
        var settings = new ClusterSettings(current?.Name ?? form.Name, form.Title.Trim(), form.Environment, server, address.CertificateAuthority, address.Credential.Kind(), form.UserNameClaim.Trim(), form.UserNamePrefix, form.GroupsClaim.Trim(), form.GroupsPrefix);
        if (settings.Check() is { } wrong) return wrong;
        if (current is null && await db.Clusters.AnyAsync(c => c.Name == settings.Name, cancellation)) return new Refusal("ClusterNameTaken", "Another cluster has this name.");
        var test = await checks.TestAsync(address, cancellation);
        if (!test.Succeeded) return test.Refusal!;
        var id = current?.Id ?? UuidId.New<ClusterId>(now);
        var after = Cluster.Canonical(id, settings);
        // A credential that stays is not copied: it lives in the cluster's row, where it is renewed.
        var secret = form.Access is ClusterAccess.Unchanged ? null : sealer.Seal(SealPurposes.ChangeSecret(CanonicalJson.Digest(after)), SealedCredential.Write(address.Credential));
        return ConfigurationChange.Draft(ChangeKind.Cluster, id.Value, $"{(current is null ? "Register" : "Change")} cluster {settings.Title}", current?.Canonical(), after, secret,
            await seconds.ExistAsync(db, admin, cancellation), admin, now);
    }, cancellation);

    /// <summary>Takes a cluster out of use. Refused while somebody has access there, or the catalogue still offers some.</summary>
    public Task<Outcome<StepUpChallengeId>> RetireClusterAsync(Actor actor, ClusterId id, CancellationToken cancellation) => ProposeAsync(actor, "/admin/clusters", async (db, admin, now) =>
    {
        var current = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.RetiredAt == null, cancellation);
        if (current is null) return Moved;
        if (await CheckUnusedAsync(db, current, cancellation) is { } inUse) return inUse;
        return ConfigurationChange.Draft(ChangeKind.RetireCluster, id.Value, $"Retire cluster {current.Title}", current.Canonical(),
            new JsonObject { ["type"] = "retire-cluster", ["id"] = id.ToString(), ["version"] = current.Version }, null, await seconds.ExistAsync(db, admin, cancellation), admin, now);
    }, cancellation);

    /// <summary>Standing access becomes a catalogue entry, and its bindings go. Refused if somebody would be left without a way to ask, unless the admin names them.</summary>
    public Task<Outcome<StepUpChallengeId>> SaveJustInTimeAsync(Actor actor, JustInTimeForm form, CancellationToken cancellation) =>
        ProposeAsync(actor, JustInTimeWords.ListAddress(form.Cluster), (db, admin, now) => plans.DraftAsync(db, form, admin, now, cancellation), cancellation);

    /// <summary>Begins the step-up of a change that its author wrote down and left.</summary>
    public async Task<Outcome<StepUpChallengeId>> ContinueAsync(Actor actor, ConfigurationChangeId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return NotAnAdmin;
        var change = await db.ConfigurationChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.AuthorId == current.Value.Id, cancellation);
        if (change is null) return ChangeRows.NotWaiting;
        return await stepUp.BeginAsync(actor, ActKind.ProposeChange, id.Value, 1, "", confirmAfter: change.Kind == ChangeKind.Cluster, ChangeRows.PageOf(change), cancellation);
    }

    /// <summary>Why a cluster cannot be taken out of use now; <see langword="null"/> if it can.</summary>
    internal static async Task<Refusal?> CheckUnusedAsync(PortalDbContext db, Cluster cluster, CancellationToken cancellation)
    {
        if (await db.Grants.AnyAsync(g => g.ClusterId == cluster.Id && g.Status != GrantStatus.Ended && g.Status != GrantStatus.Failed, cancellation))
            return new("ClusterHasGrants", $"Somebody still has access in {cluster.Title}. Revoke it or wait for its end, then retire the cluster; nothing was changed.", "/access");
        if (await db.ElevatedRoles.Where(r => r.RetiredAt == null).Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).AnyAsync(v => v.ClusterId == cluster.Id, cancellation))
            return new("ClusterHasEntries", $"The catalogue still offers access in {cluster.Title}. Withdraw those entries first; nothing was changed.", "/admin/catalogue");
        return null;
    }

    /// <summary>Begins the step-up by which a second admin puts a change in force.</summary>
    public async Task<Outcome<StepUpChallengeId>> ConfirmAsync(Actor actor, ConfigurationChangeId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return NotAnAdmin;
        var change = await db.ConfigurationChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation);
        if (await CheckStillBindableAsync(db, change, cancellation) is { } unbindable) return unbindable;
        return await stepUp.BeginAsync(actor, ActKind.ConfirmChange, id.Value, 1, "", confirmAfter: false, change is null ? "/admin/catalogue" : ChangeRows.PageOf(change), cancellation);
    }

    // Days may have passed since it was proposed: role and rights are asked for again before anybody proves who they are for it.
    private async Task<Refusal?> CheckStillBindableAsync(PortalDbContext db, ConfigurationChange? change, CancellationToken cancellation)
    {
        if (change is { Kind: ChangeKind.JustInTime, Status: ChangeStatus.AwaitingSecondAdmin }) return await plans.CheckStillAsync(db, change, cancellation);
        // Whatever else is wrong with it is said by the act itself.
        if (change is not { Kind: ChangeKind.ElevatedRole, Status: ChangeStatus.AwaitingSecondAdmin }) return null;
        var entry = ElevatedRoleVersion.FromCanonical(CanonicalJson.Parse(change.After)!.AsObject(), Attestation.ByChange(change.Id), change.AuthorId, change.CreatedAt);
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == entry.ClusterId && c.RetiredAt == null, cancellation);
        return cluster is null ? null : await checks.CheckEntryAsync(cluster, entry, cancellation);
    }

    private async Task<Outcome<StepUpChallengeId>> ProposeAsync(
        Actor actor, string page, Func<PortalDbContext, PersonId, DateTimeOffset, Task<Outcome<ConfigurationChange>>> draft, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!groups.IsAdmin(current.Value.Session.Groups)) return NotAnAdmin;
        var change = await draft(db, current.Value.Id, clock.GetUtcNow());
        if (!change.Succeeded) return change.Refusal!;
        // Somebody who comes back and saves again wants this one and not both.
        foreach (var earlier in await db.ConfigurationChanges.Where(c => c.Kind == change.Value.Kind && c.SubjectId == change.Value.SubjectId && c.AuthorId == current.Value.Id && c.Status == ChangeStatus.Draft).ToListAsync(cancellation))
        {
            earlier.Withdraw(clock.GetUtcNow());
            db.Record(clock.GetUtcNow(), LedgerActor.Of(current.Value.Id), LedgerActs.ChangeWithdrawn, LedgerSubject.Of(earlier.Id), new() { ["title"] = earlier.Title });
        }
        db.ConfigurationChanges.Add(change.Value);
        await db.CommitAsync(cancellation);
        return await stepUp.BeginAsync(actor, ActKind.ProposeChange, change.Value.Id.Value, 1, "", confirmAfter: change.Value.Kind == ChangeKind.Cluster, page, cancellation);
    }
}
