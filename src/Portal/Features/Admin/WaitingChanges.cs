using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Reads the changes that wait: an admin's own drafts, and everybody's that want a second admin.</summary>
internal static class WaitingChanges
{
    /// <summary>The kinds on the page of clusters.</summary>
    public static readonly ChangeKind[] OfClusters = [ChangeKind.Cluster, ChangeKind.RetireCluster];

    /// <summary>The kinds on the page of the catalogue.</summary>
    public static readonly ChangeKind[] OfCatalogue = [ChangeKind.ElevatedRole, ChangeKind.RetireElevatedRole, ChangeKind.Workflow, ChangeKind.JustInTime];

    // Oldest first; what is settled makes room for the next.
    private const int Most = 50;

    /// <summary>The changes of these kinds that wait, the oldest first.</summary>
    public static async Task<IReadOnlyList<WaitingChange>> WaitingAsync(this PortalDbContext db, ChangeKind[] kinds, PersonId viewer, CancellationToken cancellation)
    {
        var found = await (
            from change in db.ConfigurationChanges.AsNoTracking()
            where kinds.Contains(change.Kind) && (change.Status == ChangeStatus.AwaitingSecondAdmin || (change.Status == ChangeStatus.Draft && change.AuthorId == viewer))
            join author in db.People on change.AuthorId equals author.Id
            orderby change.CreatedAt, change.Id
            select new { Change = change, author.Name, author.UserName }).Take(Most).ToListAsync(cancellation);
        if (found.Count == 0) return [];
        var names = await ConfigurationNames.ReadAsync(db, [.. found.SelectMany(f => ChangeDiff.Named(f.Change.Before).Concat(ChangeDiff.Named(f.Change.After))).Distinct()], cancellation);
        var present = await PresentAsync(db, [.. found.Select(f => f.Change)], cancellation);
        return [.. found.Select(f => new WaitingChange(
            f.Change.Id, f.Change.Kind, f.Change.Title, f.Change.Status, f.Name, f.UserName, f.Change.AuthorId == viewer, f.Change.CreatedAt, f.Change.ExpiresAt,
            !Fits(f.Change, present.GetValueOrDefault((IsCluster(f.Change), f.Change.SubjectId))),
            ChangeDiff.Of(f.Change.Before, f.Change.After, names)))];
    }

    private sealed record Present(int Version, bool IsRetired, string? Canonical);

    private static bool IsCluster(ConfigurationChange change) => change.Kind is ChangeKind.Cluster or ChangeKind.RetireCluster;

    private static async Task<Dictionary<(bool IsCluster, Guid Id), Present>> PresentAsync(PortalDbContext db, List<ConfigurationChange> changes, CancellationToken cancellation)
    {
        var ids = changes.Select(c => c.SubjectId).Distinct().ToList();
        var (clusterIds, roleIds, workflowIds) = (ids.Select(ClusterId.From).ToList(), ids.Select(ElevatedRoleId.From).ToList(), ids.Select(WorkflowId.From).ToList());
        var present = new Dictionary<(bool, Guid), Present>();
        foreach (var cluster in await db.Clusters.AsNoTracking().Where(c => clusterIds.Contains(c.Id)).ToListAsync(cancellation))
            present[(true, cluster.Id.Value)] = new(cluster.Version, cluster.RetiredAt is not null, CanonicalJson.ToText(cluster.Canonical()));
        foreach (var role in await db.ElevatedRoles.AsNoTracking().Where(r => roleIds.Contains(r.Id)).ToListAsync(cancellation))
            present[(false, role.Id.Value)] = new(role.CurrentVersion, role.RetiredAt is not null, null);
        foreach (var workflow in await db.Workflows.AsNoTracking().Where(w => workflowIds.Contains(w.Id)).ToListAsync(cancellation))
            present[(false, workflow.Id.Value)] = new(workflow.CurrentVersion, false, null);
        return present;
    }

    // The same comparison as when it is applied; said beforehand, so that nobody proves who they are for nothing.
    private static bool Fits(ConfigurationChange change, Present? present) => change.Kind switch
    {
        ChangeKind.Cluster => string.Equals(change.Before, present?.Canonical, StringComparison.Ordinal),
        ChangeKind.RetireCluster or ChangeKind.RetireElevatedRole => present is { IsRetired: false } && present.Version == Version(change),
        ChangeKind.ElevatedRole or ChangeKind.Workflow => (present?.Version ?? 0) + 1 == Version(change),
        ChangeKind.JustInTime => JustInTimeChange.MadeEntry(change.After) is null ? present is { IsRetired: false } && present.Version == Version(change) : present is null,
    };

    private static int Version(ConfigurationChange change)
    {
        var after = CanonicalJson.Parse(change.After)!.AsObject();
        return (after["entry"]?.AsObject() ?? after)["version"]!.GetValue<int>();
    }
}
