using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Which entry's form.</summary>
/// <param name="Id">The entry's id; <c>new</c> for a form to add one.</param>
/// <param name="Shown">How many versions of its history.</param>
public sealed record EntryFormAsk(string Id, int Shown = VersionHistory.First);

/// <summary>What an entry's form starts with.</summary>
/// <param name="Current">The version in force; <see langword="null"/> for a new entry.</param>
/// <param name="IsWithdrawn">Whether it is out of the catalogue.</param>
/// <param name="Clusters">The clusters to choose from.</param>
/// <param name="Workflows">The workflows to choose from, each with who approves in words.</param>
/// <param name="Roles">Names of roles that Lapse has seen, to pick from.</param>
/// <param name="History">Its versions, the newest first.</param>
/// <param name="HasSecondAdmin">Whether another admin could be asked to confirm.</param>
public sealed record EntryFormView(
    ElevatedRoleVersion? Current, bool IsWithdrawn, IReadOnlyList<Choice> Clusters, IReadOnlyList<WorkflowChoice> Workflows, IReadOnlyList<string> Roles,
    IReadOnlyList<VersionLine> History, bool HasSecondAdmin);

/// <summary>A workflow to choose.</summary>
/// <param name="Id">The workflow.</param>
/// <param name="Title">Its title.</param>
/// <param name="Requesters">Who may ask, in words.</param>
/// <param name="Approvers">Who approves, in words.</param>
public sealed record WorkflowChoice(WorkflowId Id, string Title, string Requesters, string Approvers);

/// <summary>What the form of an entry starts with; only for admins.</summary>
public sealed class EntryFormQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, SecondAdmins seconds) : IPageQuery<EntryFormAsk, EntryFormView>
{
    // More than anybody scrolls through; the list of a form is no page of its own.
    private const int MostChoices = 500;
    private static readonly Refusal NotThere = new("EntryUnknown", "There is no such entry.", "/admin/catalogue");

    /// <inheritdoc/>
    public async Task<Outcome<EntryFormView>> AskAsync(Actor actor, EntryFormAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;

        ElevatedRoleVersion? current = null;
        var withdrawn = false;
        IReadOnlyList<VersionLine> history = [];
        if (ask.Id != "new")
        {
            if (!UuidId.TryParse<ElevatedRoleId>(ask.Id, out var id)) return NotThere;
            if (await db.ElevatedRoles.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellation) is not { } role) return NotThere;
            withdrawn = role.RetiredAt is not null;
            var from = role.CurrentVersion - Math.Clamp(ask.Shown, 1, AdminReading.Most);
            var versions = await db.ElevatedRoleVersions.AsNoTracking().Where(v => v.ElevatedRoleId == id && v.Version >= from).OrderByDescending(v => v.Version).ToListAsync(cancellation);
            current = versions[0];
            history = await VersionHistory.LinesAsync(db, [.. versions.Select(v => new VersionHistory.Row(v.Version, v.Canonical(), v.MadeBy, v.MadeAt, v.Attestation.ChangeId))], cancellation);
        }
        var clusters = await db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null).OrderBy(c => c.Name).Take(MostChoices).Select(c => new { c.Id, c.Title, c.Name }).ToListAsync(cancellation);
        var workflows = await db.Workflows.AsNoTracking().OrderBy(w => w.Name).Take(MostChoices)
            .Join(db.WorkflowVersions, w => new { w.Id, Version = w.CurrentVersion }, v => new { Id = v.WorkflowId, v.Version }, (w, v) => new { w.Name, Version = v }).OrderBy(w => w.Name).ToListAsync(cancellation);
        var roles = await db.RoleSnapshots.AsNoTracking().Where(s => s.Rules != null).Select(s => s.RoleName).Distinct().OrderBy(n => n).Take(MostChoices).ToListAsync(cancellation);
        return new EntryFormView(
            current, withdrawn,
            [.. clusters.Select(c => new Choice(c.Id.ToString(), c.Title))],
            [.. workflows.Select(w => new WorkflowChoice(w.Version.WorkflowId, w.Version.Title, string.Join(" or ", w.Version.RequesterGroups), WorkflowWords.Approvers(w.Version.Stages)))],
            roles, history, await seconds.ExistAsync(db, admin.Value.Id, cancellation));
    }
}
