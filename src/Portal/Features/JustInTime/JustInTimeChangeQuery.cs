using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>One change from standing to just-in-time access, and how far it got; for admins and auditors.</summary>
public sealed class JustInTimeChangeQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, JustInTimePlans plans, TimeProvider clock) : IPageQuery<JustInTimeChangeAsk, JustInTimeChangeView>
{
    private static readonly Refusal NoChange = new("ChangeUnknown", "There is no such change.", "/rbac");

    /// <inheritdoc/>
    public async Task<Outcome<JustInTimeChangeView>> AskAsync(Actor actor, JustInTimeChangeAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var id = ConfigurationChangeId.From(ask.Id);
        var change = await db.ConfigurationChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.Kind == ChangeKind.JustInTime, cancellation);
        // A draft is its author's alone.
        if (change is null || (change.Status == ChangeStatus.Draft && change.AuthorId != reader.Value.Id)) return NoChange;
        var said = JustInTimeChange.FromCanonical(change.After);
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == said.ClusterId, cancellation);
        var head = (await db.HeadsAsync([cluster], clock.GetUtcNow(), cancellation))[0];
        var author = await db.People.AsNoTracking().SingleAsync(p => p.Id == change.AuthorId, cancellation);
        var confirmer = change.ConfirmerId is { } second ? await db.People.Where(p => p.Id == second).Select(p => p.Name).SingleAsync(cancellation) : null;
        var preview = change.Status is ChangeStatus.Draft or ChangeStatus.AwaitingSecondAdmin ? await plans.PreviewAsync(db, cluster, change, said, cancellation) : null;
        var names = await ConfigurationNames.ReadAsync(db, [.. ChangeDiff.Named(change.After).Distinct()], cancellation);
        return new JustInTimeChangeView(
            head, id, change.Title, change.Status, author.Name, author.UserName, change.AuthorId == reader.Value.Id, confirmer, change.CreatedAt, change.ExpiresAt, change.SettledAt,
            ChangeDiff.Of(null, change.After, names), [.. said.Bindings.Select(StandingLine.Of)], preview is null ? null : [.. preview.Affected.Select(AffectedLine.Of)],
            await RemovalRows.ReadAsync(db, db.StandingRemovals.AsNoTracking().Where(r => r.ChangeId == id).OrderBy(r => r.Position), cancellation), reader.Value.IsAdmin);
    }
}
