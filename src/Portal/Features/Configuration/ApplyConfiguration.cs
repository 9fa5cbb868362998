using System.Text.Json.Nodes;
using System.Xml;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Configuration;

/// <summary>
/// Brings the configuration to what an operator's file says. The operator has the installation's key in hand and signs each
/// new version with it; what is as the file says already is left alone, so applying twice changes nothing.
/// </summary>
public sealed class ApplyConfiguration(IDbContextFactory<PortalDbContext> contexts, InstallationKey key, Sealer sealer, TimeProvider clock)
{
    private readonly List<string> _changes = [];

    /// <summary>Applies the file in one transaction.</summary>
    /// <returns>What changed, in words; or the first thing that is wrong, and then nothing changed.</returns>
    public async Task<Outcome<IReadOnlyList<string>>> ApplyAsync(AppliedConfiguration configuration, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        _changes.Clear();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // One at a time: two that run at once would both make version 1.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(7135113)", cancellation);

        foreach (var workflow in configuration.Workflows ?? [])
            if (await WorkflowAsync(db, workflow, now, cancellation) is { } refusal) return refusal;
        foreach (var cluster in configuration.Clusters ?? [])
            if (await ClusterAsync(db, cluster, now, cancellation) is { } refusal) return refusal;
        await db.SaveChangesAsync(cancellation);
        foreach (var entry in configuration.Entries ?? [])
            if (await EntryAsync(db, entry, now, cancellation) is { } refusal) return refusal;
        foreach (var role in configuration.Roles ?? [])
            if (await RoleAsync(db, role, cancellation) is { } refusal) return refusal;

        if (_changes.Count > 0)
            db.Record(now, LedgerActor.Operator, LedgerActs.OperatorApplied, "configuration", new JsonObject { ["changes"] = new JsonArray([.. _changes.Select(c => (JsonNode)c)]) });
        await db.CommitAsync(cancellation);
        return _changes.ToList();
    }

    private async Task<Refusal?> WorkflowAsync(PortalDbContext db, AppliedWorkflow applied, DateTimeOffset now, CancellationToken cancellation)
    {
        var workflow = await db.Workflows.SingleOrDefaultAsync(w => w.Name == applied.Name, cancellation);
        var current = workflow is null ? null : await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == workflow.Id && v.Version == workflow.CurrentVersion, cancellation);
        var id = workflow?.Id ?? UuidId.New<WorkflowId>(now);
        WorkflowVersion Version(int number, Attestation attestation) => new()
        {
            WorkflowId = id,
            Version = number,
            Title = applied.Title,
            RequesterGroups = [.. applied.Requesters],
            Stages = [.. applied.Stages.Select(s => new ApprovalStage(s.Name, s.Approvers, s.Approvals))],
            TimeToLive = XmlConvert.ToTimeSpan(applied.TimeToLive),
            ProvisionWithin = applied.ProvisionWithin is { } within ? XmlConvert.ToTimeSpan(within) : TimeSpan.FromMinutes(15),
            Attestation = attestation,
            MadeAt = now,
        };
        var wanted = Version(current?.Version ?? 1, new(null, null));
        if (wanted.Check() is { } wrong) return wrong with { Message = $"Workflow {applied.Name}: {wrong.Message}" };
        if (current is not null && current.Digest().SequenceEqual(wanted.Digest())) return null;

        if (workflow is null) db.Workflows.Add(workflow = Workflow.Create(id, applied.Name));
        else workflow.NextVersion();
        var next = Version(workflow.CurrentVersion, new(null, null));
        db.WorkflowVersions.Add(Version(workflow.CurrentVersion, Sign(next.Digest())));
        _changes.Add($"workflow {applied.Name} version {workflow.CurrentVersion}");
        return null;
    }

    private async Task<Refusal?> ClusterAsync(PortalDbContext db, AppliedCluster applied, DateTimeOffset now, CancellationToken cancellation)
    {
        var settings = new ClusterSettings(applied.Name, applied.Title, applied.Environment, applied.Server, applied.Ca, CredentialKind.Token, applied.UserNameClaim, applied.UserNamePrefix, applied.GroupsClaim, applied.GroupsPrefix);
        if (settings.Check() is { } wrong) return wrong with { Message = $"Cluster {applied.Name}: {wrong.Message}" };
        var cluster = await db.Clusters.SingleOrDefaultAsync(c => c.Name == applied.Name, cancellation);
        var before = cluster?.SettingsDigest();
        var credential = applied.Token is { } token ? new ClusterCredential.Token(token) : cluster?.Open(sealer) is { Succeeded: true, Value: var address } ? address.Credential : null;
        if (cluster is null) db.Clusters.Add(cluster = Cluster.Register(UuidId.New<ClusterId>(now), settings));
        else if (cluster.Settings() != settings) cluster.Change(settings);
        var changed = before is null || !before.SequenceEqual(cluster.SettingsDigest());
        if (credential is not null && (changed || applied.Token is not null))
        {
            var checkedAddress = ClusterAddress.From(applied.Server, applied.Ca, credential);
            if (!checkedAddress.Succeeded) return checkedAddress.Refusal! with { Message = $"Cluster {applied.Name}: {checkedAddress.Refusal!.Message}" };
            cluster.Seal(credential, sealer);
            if (!changed) _changes.Add($"credential of cluster {applied.Name}");
        }
        if (changed) _changes.Add($"cluster {applied.Name} version {cluster.Version}");
        return null;
    }

    private async Task<Refusal?> EntryAsync(PortalDbContext db, AppliedEntry applied, DateTimeOffset now, CancellationToken cancellation)
    {
        var cluster = await db.Clusters.SingleOrDefaultAsync(c => c.Name == applied.Cluster, cancellation);
        if (cluster is null) return new("ClusterUnknown", $"Entry {applied.Name}: there is no cluster {applied.Cluster}.");
        var workflow = await db.Workflows.SingleOrDefaultAsync(w => w.Name == applied.Workflow, cancellation);
        if (workflow is null) return new("WorkflowUnknown", $"Entry {applied.Name}: there is no workflow {applied.Workflow}.");
        var role = await db.ElevatedRoles.SingleOrDefaultAsync(r => r.Name == applied.Name, cancellation);
        var current = role is null ? null : await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == role.Id && v.Version == role.CurrentVersion, cancellation);
        var id = role?.Id ?? UuidId.New<ElevatedRoleId>(now);
        ElevatedRoleVersion Version(int number, Attestation attestation) => new()
        {
            ElevatedRoleId = id,
            Version = number,
            Title = applied.Title,
            Description = applied.Description ?? "",
            ClusterId = cluster.Id,
            Environment = applied.Environment,
            RoleKind = applied.Role.Kind,
            RoleName = applied.Role.Name,
            Namespaces = [.. applied.Namespaces],
            Maximum = XmlConvert.ToTimeSpan(applied.Maximum),
            Default = XmlConvert.ToTimeSpan(applied.Default),
            WorkflowId = workflow.Id,
            ConfirmAfterStepUp = applied.ConfirmAfterStepUp ?? applied.Namespaces.Count == 0,
            Attestation = attestation,
            MadeAt = now,
        };
        var wanted = Version(current?.Version ?? 1, new(null, null));
        if (ElevatedRoleRules.Check(wanted) is { } wrong) return wrong with { Message = $"Entry {applied.Name}: {wrong.Message}" };
        if (current is not null && current.Digest().SequenceEqual(wanted.Digest())) return null;

        if (role is null) db.ElevatedRoles.Add(role = ElevatedRole.Create(id, applied.Name));
        else role.NextVersion();
        var next = Version(role.CurrentVersion, new(null, null));
        db.ElevatedRoleVersions.Add(Version(role.CurrentVersion, Sign(next.Digest())));
        _changes.Add($"entry {applied.Name} version {role.CurrentVersion}");
        return null;
    }

    private static async Task<Refusal?> RoleAsync(PortalDbContext db, AppliedRole applied, CancellationToken cancellation)
    {
        var cluster = await db.Clusters.SingleOrDefaultAsync(c => c.Name == applied.Cluster, cancellation);
        if (cluster is null) return new("ClusterUnknown", $"Role {applied.Name}: there is no cluster {applied.Cluster}.");
        var place = applied.Namespace ?? "";
        // What the cluster itself said is newer than any file.
        if (await db.RoleSnapshots.AnyAsync(s => s.ClusterId == cluster.Id && s.RoleKind == applied.Kind && s.RoleName == applied.Name && s.Namespace == place, cancellation)) return null;
        db.RoleSnapshots.Add(new RoleSnapshot
        {
            ClusterId = cluster.Id,
            RoleKind = applied.Kind,
            RoleName = applied.Name,
            Namespace = place,
            Rules = RoleRules.From(applied.Rules.Select(r => r.ToRule())).ToCanonicalJson(),
        });
        return null;
    }

    private Attestation Sign(byte[] digest) => Attestation.ByOperator(key.Sign(InstallationKey.ConfigurationDomain, digest));
}
