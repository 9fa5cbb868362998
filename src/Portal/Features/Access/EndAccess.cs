using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Access;

/// <summary>Takes access away before its time: the holder drops it, an approver or admin revokes it. It never waits for a step-up.</summary>
[UseCase]
public sealed class EndAccess(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    private static readonly Refusal NotFound = new("GrantUnknown", "There is no such access, or it is not yours to end.", "/access");

    /// <summary>The holder gives it back.</summary>
    public Task<Outcome<Done>> DropAsync(Actor actor, GrantId id, CancellationToken cancellation) =>
        EndAsync(actor, id, EndReason.Dropped, "", cancellation);

    /// <summary>An approver of it or an admin takes it away.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="id">Which grant.</param>
    /// <param name="reason">Why, for the thread; may be empty.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public Task<Outcome<Done>> RevokeAsync(Actor actor, GrantId id, string reason, CancellationToken cancellation) =>
        EndAsync(actor, id, EndReason.Revoked, reason, cancellation);

    private async Task<Outcome<Done>> EndAsync(Actor actor, GrantId id, EndReason how, string why, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (why.Length > DecisionRules.LongestComment || !Domain.Text.PlainText.IsText(why)) return new Refusal("ReasonTooLong", "Keep the reason within 2,000 plain characters.");
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var grant = await db.LockAsync(id, cancellation);
        if (grant is null || !await MayEndAsync(db, grant, how, current.Value, cancellation)) return NotFound;
        using var span = LapseTraces.Start("access.end", grant.RequestId);
        // Whoever ends an access wants it gone, and an extension that took over at the same moment lives on.
        if (grant.EndReason == EndReason.Superseded) return await TakenOverAsync(db, grant, cancellation);
        // Ending what is ending or over already is done, not refused: a double click does one thing.
        if (grant.Status == GrantStatus.Revoking || grant.IsOver) return new Done();

        db.End(grant, how, current.Value.Id, why.Trim(), now);
        if (grant.IsOver) await db.CloseIfOverAsync(grant, cancellation);
        await db.CommitAsync(cancellation);
        return new Done();
    }

    private static async Task<bool> MayEndAsync(PortalDbContext db, Grant grant, EndReason how, CurrentPerson person, CancellationToken cancellation)
    {
        if (how == EndReason.Dropped) return grant.PersonId == person.Id;
        if (person.IsAdmin) return true;
        var workflow = await db.AccessRequests.Where(r => r.Id == grant.RequestId)
            .Join(db.WorkflowVersions, r => new { r.WorkflowId, Version = r.WorkflowVersion }, v => new { v.WorkflowId, v.Version }, (_, v) => v)
            .AsNoTracking().SingleAsync(cancellation);
        return grant.PersonId != person.Id && workflow.Stages.Any(s => s.MayBeDecidedBy(person.Session.Groups));
    }

    private static async Task<Outcome<Done>> TakenOverAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var successor = await db.Grants.AsNoTracking()
            .Where(g => g.Status == GrantStatus.Active && g.PersonId == grant.PersonId && g.ClusterId == grant.ClusterId && g.Namespace == grant.Namespace && g.RoleKind == grant.RoleKind && g.RoleName == grant.RoleName)
            .OrderByDescending(g => g.CreatedAt)
            .Select(g => (AccessRequestId?)g.RequestId).FirstOrDefaultAsync(cancellation);
        return successor is { } request
            ? new Refusal("TakenOver", "Its extension took over, so this one is ending anyway. End the extension if the access shall end.", RequestWords.Address(request))
            : new Done();
    }
}
