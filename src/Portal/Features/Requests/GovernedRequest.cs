using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>A request with the versions that govern it.</summary>
/// <param name="Request">The request, locked and tracked.</param>
/// <param name="Entry">Its pinned entry version.</param>
/// <param name="Workflow">Its pinned workflow version.</param>
/// <param name="Cluster">Its cluster.</param>
internal sealed record GovernedRequest(AccessRequest Request, ElevatedRoleVersion Entry, WorkflowVersion Workflow, Cluster Cluster)
{
    /// <summary>There is no such request, or this person may not know of it; both look the same.</summary>
    public static readonly Refusal NotFound = new("RequestUnknown", "There is no such request, or it is not yours to see.", "/requests");

    /// <summary>
    /// Locks the request until the transaction ends and reads what governs it. Two people who act at once come one after
    /// the other, and the second sees what the first did.
    /// </summary>
    /// <param name="db">A context with an open transaction.</param>
    /// <param name="id">The request.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns><see langword="null"/> if there is none.</returns>
    public static async Task<GovernedRequest?> LockAsync(PortalDbContext db, AccessRequestId id, CancellationToken cancellation)
    {
        var request = await db.LockAsync(id, cancellation);
        if (request is null) return null;
        var entry = await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == request.ElevatedRoleId && v.Version == request.ElevatedRoleVersion, cancellation);
        var workflow = await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == request.WorkflowId && v.Version == request.WorkflowVersion, cancellation);
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == request.ClusterId, cancellation);
        return new(request, entry, workflow, cluster);
    }

    /// <summary>The decisions on the request's current version.</summary>
    public Task<List<Decision>> DecisionsAsync(PortalDbContext db, CancellationToken cancellation) =>
        db.Decisions.AsNoTracking().Where(d => d.RequestId == Request.Id && d.RequestVersion == Request.Version).ToListAsync(cancellation);
}

/// <summary>Reads the rules of an entry's role as its cluster last gave them.</summary>
internal static class RoleRulesReading
{
    /// <summary>The rules; <see langword="null"/> when the cluster has no such role or never said.</summary>
    public static async Task<RoleRules?> ReadRulesAsync(this PortalDbContext db, ElevatedRoleVersion entry, CancellationToken cancellation)
    {
        var place = entry.RoleKind == RoleKind.Role ? entry.Namespaces[0] : "";
        var rules = await db.RoleSnapshots.AsNoTracking()
            .Where(s => s.ClusterId == entry.ClusterId && s.RoleKind == entry.RoleKind && s.RoleName == entry.RoleName && s.Namespace == place)
            .Select(s => s.Rules)
            .SingleOrDefaultAsync(cancellation);
        return rules is null ? null : RoleRules.Parse(rules);
    }
}
