using Lapse.Domain;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Which workflow's form.</summary>
/// <param name="Id">The workflow's id; <c>new</c> for a form to add one.</param>
/// <param name="Shown">How many versions of its history.</param>
public sealed record WorkflowFormAsk(string Id, int Shown = VersionHistory.First);

/// <summary>What a workflow's form starts with.</summary>
/// <param name="Current">The version in force; <see langword="null"/> for a new workflow.</param>
/// <param name="Governs">Titles of entries that are offered and governed by it, some of them if there are many.</param>
/// <param name="GovernsMore">Whether there are more.</param>
/// <param name="History">Its versions, the newest first.</param>
/// <param name="HasSecondAdmin">Whether another admin could be asked to confirm.</param>
public sealed record WorkflowFormView(WorkflowVersion? Current, IReadOnlyList<string> Governs, bool GovernsMore, IReadOnlyList<VersionLine> History, bool HasSecondAdmin);

/// <summary>What the form of a workflow starts with; only for admins.</summary>
public sealed class WorkflowFormQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, SecondAdmins seconds) : IPageQuery<WorkflowFormAsk, WorkflowFormView>
{
    private const int FewEntries = 10;
    private static readonly Refusal NotThere = new("WorkflowUnknown", "There is no such workflow.", "/admin/catalogue?show=workflows");

    /// <inheritdoc/>
    public async Task<Outcome<WorkflowFormView>> AskAsync(Actor actor, WorkflowFormAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var second = await seconds.ExistAsync(db, admin.Value.Id, cancellation);
        if (ask.Id == "new") return new WorkflowFormView(null, [], false, [], second);
        if (!UuidId.TryParse<WorkflowId>(ask.Id, out var id)) return NotThere;
        if (await db.Workflows.AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, cancellation) is not { } workflow) return NotThere;

        var from = workflow.CurrentVersion - Math.Clamp(ask.Shown, 1, AdminReading.Most);
        var versions = await db.WorkflowVersions.AsNoTracking().Where(v => v.WorkflowId == id && v.Version >= from).OrderByDescending(v => v.Version).ToListAsync(cancellation);
        var history = await VersionHistory.LinesAsync(db, [.. versions.Select(v => new VersionHistory.Row(v.Version, v.Canonical(), v.MadeBy, v.MadeAt, v.Attestation.ChangeId))], cancellation);
        var governs = await db.ElevatedRoles.Where(r => r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
            .Where(v => v.WorkflowId == id).OrderBy(v => v.Title).Select(v => v.Title).Take(FewEntries + 1).ToListAsync(cancellation);
        return new WorkflowFormView(versions[0], [.. governs.Take(FewEntries)], governs.Count > FewEntries, history, second);
    }
}
