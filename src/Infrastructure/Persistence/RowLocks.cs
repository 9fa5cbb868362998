using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.People;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Persistence;

/// <summary>
/// Locks one row for the rest of the transaction and reads it (<c>SELECT … FOR UPDATE</c>), so that what is decided from it still
/// holds at the commit. <see langword="null"/> if there is no such row.
/// </summary>
public static class RowLocks
{
    /// <summary>Locks a grant.</summary>
    public static Task<Grant?> LockAsync(this PortalDbContext db, GrantId id, CancellationToken cancellation) =>
        db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a request.</summary>
    public static Task<AccessRequest?> LockAsync(this PortalDbContext db, AccessRequestId id, CancellationToken cancellation) =>
        db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a configuration change.</summary>
    public static Task<ConfigurationChange?> LockAsync(this PortalDbContext db, ConfigurationChangeId id, CancellationToken cancellation) =>
        db.ConfigurationChanges.FromSql($"SELECT *, xmin FROM configuration_changes WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a cluster.</summary>
    public static Task<Cluster?> LockAsync(this PortalDbContext db, ClusterId id, CancellationToken cancellation) =>
        db.Clusters.FromSql($"SELECT *, xmin FROM clusters WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a catalogue entry.</summary>
    public static Task<ElevatedRole?> LockAsync(this PortalDbContext db, ElevatedRoleId id, CancellationToken cancellation) =>
        db.ElevatedRoles.FromSql($"SELECT *, xmin FROM elevated_roles WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a workflow.</summary>
    public static Task<Workflow?> LockAsync(this PortalDbContext db, WorkflowId id, CancellationToken cancellation) =>
        db.Workflows.FromSql($"SELECT *, xmin FROM workflows WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a person.</summary>
    public static Task<Person?> LockAsync(this PortalDbContext db, PersonId id, CancellationToken cancellation) =>
        db.People.FromSql($"SELECT *, xmin FROM people WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks the removal of a standing binding.</summary>
    public static Task<StandingRemoval?> LockAsync(this PortalDbContext db, StandingRemovalId id, CancellationToken cancellation) =>
        db.StandingRemovals.FromSql($"SELECT *, xmin FROM standing_removals WHERE id = {id.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a finding.</summary>
    public static Task<KeptFinding?> LockFindingAsync(this PortalDbContext db, ClusterId cluster, string fingerprint, CancellationToken cancellation) =>
        db.RbacFindings.FromSql($"SELECT *, xmin FROM rbac_findings WHERE cluster_id = {cluster.Value} AND fingerprint = {fingerprint} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks what is known of the last look at a cluster's RBAC.</summary>
    public static Task<RbacLook?> LockRbacLookAsync(this PortalDbContext db, ClusterId cluster, CancellationToken cancellation) =>
        db.RbacLooks.FromSql($"SELECT * FROM rbac_looks WHERE cluster_id = {cluster.Value} FOR UPDATE").SingleOrDefaultAsync(cancellation);

    /// <summary>Locks a challenge. Not tracked: challenges are moved by guarded updates only.</summary>
    public static Task<StepUpChallenge?> LockAsync(this PortalDbContext db, StepUpChallengeId id, CancellationToken cancellation) =>
        db.StepUpChallenges.FromSql($"SELECT *, xmin FROM step_up_challenges WHERE id = {id.Value} FOR UPDATE").AsNoTracking().SingleOrDefaultAsync(cancellation);
}
