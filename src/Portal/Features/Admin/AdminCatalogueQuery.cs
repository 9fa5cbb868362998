using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>A part of the catalogue's administration.</summary>
public enum CatalogueSection
{
    /// <summary>The entries that are offered.</summary>
    Entries,

    /// <summary>The entries that were withdrawn.</summary>
    Withdrawn,

    /// <summary>The workflows.</summary>
    Workflows,
}

/// <summary>Which part of the catalogue.</summary>
/// <param name="Section">Entries or workflows.</param>
/// <param name="After">Where the part before ended.</param>
/// <param name="Take">How many.</param>
public sealed record AdminCatalogueAsk(CatalogueSection Section, NameCursor? After = null, int Take = AdminCatalogueAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 50;
}

/// <summary>The catalogue as admins see it.</summary>
/// <param name="Entries">Entries, by short name; empty in the section of workflows.</param>
/// <param name="Workflows">Workflows, by short name; empty in the sections of entries.</param>
/// <param name="Next">Where more begin; <see langword="null"/> when there are no more.</param>
/// <param name="Waiting">Changes that wait.</param>
/// <param name="CanAddEntries">Whether there is a cluster and a workflow to make an entry with.</param>
public sealed record AdminCatalogueView(
    IReadOnlyList<EntryRow> Entries, IReadOnlyList<WorkflowRow> Workflows, NameCursor? Next, IReadOnlyList<WaitingChange> Waiting, bool CanAddEntries);

/// <summary>One entry in the list.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Title">Its title.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Role">Its role.</param>
/// <param name="Namespaces">Where; empty means cluster-wide.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="Maximum">The longest duration.</param>
/// <param name="Workflow">The workflow's title.</param>
/// <param name="Version">The version in force.</param>
/// <param name="MadeAt">Since when.</param>
public sealed record EntryRow(
    ElevatedRoleId Id, string Title, ClusterEnvironment Environment, RoleReference Role, IReadOnlyList<string> Namespaces, string Cluster, TimeSpan Maximum, string Workflow, int Version, DateTimeOffset MadeAt);

/// <summary>One workflow in the list.</summary>
/// <param name="Id">The workflow.</param>
/// <param name="Title">Its title.</param>
/// <param name="RequesterGroups">Who may ask.</param>
/// <param name="Approvers">Who approves, in words.</param>
/// <param name="Entries">How many entries that are offered it governs.</param>
/// <param name="Version">The version in force.</param>
/// <param name="MadeAt">Since when.</param>
public sealed record WorkflowRow(WorkflowId Id, string Title, IReadOnlyList<string> RequesterGroups, string Approvers, int Entries, int Version, DateTimeOffset MadeAt);

/// <summary>What the page of the catalogue's administration shows; only for admins.</summary>
public sealed class AdminCatalogueQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard) : IPageQuery<AdminCatalogueAsk, AdminCatalogueView>
{
    /// <inheritdoc/>
    public async Task<Outcome<AdminCatalogueView>> AskAsync(Actor actor, AdminCatalogueAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;

        var take = Math.Clamp(ask.Take, 1, AdminReading.Most);
        var waiting = await db.WaitingAsync(WaitingChanges.OfCatalogue, admin.Value.Id, cancellation);
        var canAdd = await db.Clusters.AnyAsync(c => c.RetiredAt == null, cancellation) && await db.Workflows.AnyAsync(cancellation);
        if (ask.Section == CatalogueSection.Workflows)
        {
            var workflows = await WorkflowsAsync(db, ask.After, take + 1, cancellation);
            return new AdminCatalogueView([], [.. workflows.Take(take).Select(w => w.Row)], workflows.Count > take ? new(workflows[take - 1].Name) : null, waiting, canAdd);
        }
        var entries = await EntriesAsync(db, ask.Section == CatalogueSection.Withdrawn, ask.After, take + 1, cancellation);
        return new AdminCatalogueView([.. entries.Take(take).Select(e => e.Row)], [], entries.Count > take ? new(entries[take - 1].Name) : null, waiting, canAdd);
    }

    private static async Task<List<(string Name, EntryRow Row)>> EntriesAsync(PortalDbContext db, bool withdrawn, NameCursor? after, int take, CancellationToken cancellation)
    {
        var roles = db.ElevatedRoles.AsNoTracking().Where(r => (r.RetiredAt != null) == withdrawn);
        if (after is not null) roles = roles.Where(r => EF.Functions.GreaterThan(ValueTuple.Create(r.Name), ValueTuple.Create(after.Name)));
        var found = await (
            from role in roles.OrderBy(r => r.Name).Take(take)
            join version in db.ElevatedRoleVersions on new { role.Id, Version = role.CurrentVersion } equals new { Id = version.ElevatedRoleId, version.Version }
            join cluster in db.Clusters on version.ClusterId equals cluster.Id
            join workflow in db.Workflows on version.WorkflowId equals workflow.Id
            join rules in db.WorkflowVersions on new { workflow.Id, Version = workflow.CurrentVersion } equals new { Id = rules.WorkflowId, rules.Version }
            orderby role.Name
            select new { role.Name, Entry = version, Cluster = cluster.Title, Workflow = rules.Title }).ToListAsync(cancellation);
        return [.. found.Select(f => (f.Name, new EntryRow(
            f.Entry.ElevatedRoleId, f.Entry.Title, f.Entry.Environment, f.Entry.Role, f.Entry.Namespaces, f.Cluster, f.Entry.Maximum, f.Workflow, f.Entry.Version, f.Entry.MadeAt)))];
    }

    private static async Task<List<(string Name, WorkflowRow Row)>> WorkflowsAsync(PortalDbContext db, NameCursor? after, int take, CancellationToken cancellation)
    {
        var workflows = db.Workflows.AsNoTracking().AsQueryable();
        if (after is not null) workflows = workflows.Where(w => EF.Functions.GreaterThan(ValueTuple.Create(w.Name), ValueTuple.Create(after.Name)));
        var found = await (
            from workflow in workflows.OrderBy(w => w.Name).Take(take)
            join version in db.WorkflowVersions on new { workflow.Id, Version = workflow.CurrentVersion } equals new { Id = version.WorkflowId, version.Version }
            orderby workflow.Name
            select new
            {
                workflow.Name,
                Version = version,
                Entries = db.ElevatedRoles.Where(r => r.RetiredAt == null).Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).Count(v => v.WorkflowId == workflow.Id),
            }).ToListAsync(cancellation);
        return [.. found.Select(f => (f.Name, new WorkflowRow(
            f.Version.WorkflowId, f.Version.Title, f.Version.RequesterGroups, WorkflowWords.Approvers(f.Version.Stages), f.Entries, f.Version.Version, f.Version.MadeAt)))];
    }
}
