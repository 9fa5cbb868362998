using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>The titles of what a diff names by id.</summary>
/// <param name="Clusters">Titles of clusters.</param>
/// <param name="Workflows">Titles of workflows in their current version.</param>
internal sealed record ConfigurationNames(IReadOnlyDictionary<Guid, string> Clusters, IReadOnlyDictionary<Guid, string> Workflows)
{
    /// <summary>Reads those that the diffs at hand name.</summary>
    public static async Task<ConfigurationNames> ReadAsync(PortalDbContext db, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var clusterIds = ids.Select(ClusterId.From).ToList();
        var workflowIds = ids.Select(WorkflowId.From).ToList();
        var clusters = await db.Clusters.AsNoTracking().Where(c => clusterIds.Contains(c.Id)).Select(c => new { c.Id, c.Title }).ToListAsync(cancellation);
        var workflows = await db.Workflows.AsNoTracking().Where(w => workflowIds.Contains(w.Id))
            .Join(db.WorkflowVersions, w => new { w.Id, Version = w.CurrentVersion }, v => new { Id = v.WorkflowId, v.Version }, (_, v) => new { v.WorkflowId, v.Title }).ToListAsync(cancellation);
        return new(clusters.ToDictionary(c => c.Id.Value, c => c.Title), workflows.ToDictionary(w => w.WorkflowId.Value, w => w.Title));
    }
}
