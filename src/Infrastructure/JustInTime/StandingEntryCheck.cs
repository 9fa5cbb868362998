using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>
/// Asks, right before a standing binding is deleted, whether the access can be asked for instead: the entry is offered, somebody vouches
/// for it and for its workflow, and Lapse could bind its role there. Entry first, then removal.
/// </summary>
internal sealed class StandingEntryCheck(IDbContextFactory<PortalDbContext> contexts, AttestationVerifier attestations)
{
    /// <summary>Why nobody could ask instead; <see langword="null"/> if they can.</summary>
    /// <returns>The reason, and whether it is an alarm.</returns>
    public async Task<(Refusal Refusal, bool IsAlarm)?> CheckAsync(StandingFacts facts, ClusterApi api, CancellationToken cancellation)
    {
        var (entry, found) = await FindAsync(facts, cancellation);
        if (found is not null) return found;
        var rules = await api.ReadRoleAsync(entry!.RoleKind, entry.RoleName, entry.RoleKind == RoleKind.Role ? entry.Namespaces[0] : null, cancellation);
        if (!rules.Succeeded) return (new("RoleUnreadable", $"The cluster does not give the rules of {entry.Role}: {rules.Failure!.Message}"), false);
        if (RequestRules.CheckRules(rules.Value) is { } unusable) return (unusable, false);
        var missing = await MissingRights.FindAsync(api, new(entry.Namespaces, entry.Role), cancellation);
        if (!missing.Succeeded) return (new("ClusterDoesNotAnswer", $"The cluster did not say whether Lapse could bind the entry's role: {missing.Failure!.Message}"), false);
        return missing.Value.Count == 0 ? null
            : (new("RightsMissing", $"Nobody could use the catalogue entry instead: Lapse lacks the right to {string.Join("; ", missing.Value.Select(right => right.Words))}."), false);
    }

    private async Task<(ElevatedRoleVersion? Entry, (Refusal, bool)? Found)> FindAsync(StandingFacts facts, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var id = facts.Removal.ElevatedRoleId;
        var role = await db.ElevatedRoles.AsNoTracking().SingleAsync(r => r.Id == id, cancellation);
        if (role.RetiredAt is not null) return (null, (new("EntryWithdrawn", "The catalogue entry has been withdrawn, so nobody could ask instead."), false));
        var entry = await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == id && v.Version == role.CurrentVersion, cancellation);
        string[] places = facts.Reviewed.Binding.Namespace is { } place ? [place] : [];
        if (entry.ClusterId != facts.Cluster.Id || facts.Reviewed.Role is not { } wanted || !JustInTimeProposal.Covers(entry, wanted, places))
            return (null, (new("EntryElsewhere", "The catalogue entry has been changed and does not offer this role here any more."), false));
        if (await attestations.VerifyAsync(db, entry.Attestation, ChangeKind.ElevatedRole, id.Value, entry.Canonical(), "catalogue entry", cancellation) is { } unvouched) return (null, (unvouched, true));
        var workflow = await db.WorkflowVersions.AsNoTracking()
            .SingleAsync(v => v.WorkflowId == entry.WorkflowId && db.Workflows.Any(w => w.Id == v.WorkflowId && w.CurrentVersion == v.Version), cancellation);
        return await attestations.VerifyAsync(db, workflow.Attestation, ChangeKind.Workflow, workflow.WorkflowId.Value, workflow.Canonical(), "workflow", cancellation) is { } ungoverned
            ? (null, (ungoverned, true))
            : (entry, null);
    }
}
