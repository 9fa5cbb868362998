using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.People;

/// <summary>
/// What ends when somebody is shut out: their sign-ins, their access, their requests and changes that wait, and every approval of theirs
/// that has not become access yet. Access of others that began already stays: it was decided while the decider was trusted, and whoever
/// thinks otherwise can revoke it.
/// </summary>
public static class ShutOut
{
    private const string Why = "an admin disabled the person who asked";
    private const string ApproverWhy = "an admin disabled a person who approved it";

    /// <summary>Ends all of it, in the caller's transaction; the caller commits.</summary>
    /// <param name="db">A context with an open transaction, in which the person is disabled.</param>
    /// <param name="person">Who is shut out.</param>
    /// <param name="by">The admin who did it; <see langword="null"/> if nobody knows.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    /// <returns>How much there was to end.</returns>
    public static async Task<ShutOutCounts> EndEverythingOfAsync(this PortalDbContext db, PersonId person, PersonId? by, DateTimeOffset now, CancellationToken cancellation)
    {
        var actor = by is { } admin ? LedgerActor.Of(admin) : LedgerActor.Lapse;
        var sessions = await db.SignInSessions.Where(s => s.PersonId == person && s.EndedAt == null).ToListAsync(cancellation);
        foreach (var session in sessions) session.End(now);
        // Newer grants before older ones, and grants before requests, as everywhere, so that two who lock both never wait for each other.
        var grants = await EndGrantsAsync(db, person, by, now, cancellation);
        var requests = await EndRequestsAsync(db, person, actor, now, cancellation);
        var changes = await EndChangesAsync(db, person, actor, now, cancellation);
        await db.CloseIfOverAsync([.. grants.Where(g => g.IsOver)], cancellation);
        return new(sessions.Count, grants.Count, requests, changes);
    }

    private static async Task<List<Grant>> EndGrantsAsync(PortalDbContext db, PersonId person, PersonId? by, DateTimeOffset now, CancellationToken cancellation)
    {
        var grants = await db.Grants.FromSql($"""
            SELECT g.*, g.xmin FROM grants g
            WHERE (g.person_id = {person.Value} AND g.status IN ('Scheduled', 'Provisioning', 'Active'))
               OR (g.status IN ('Scheduled', 'Provisioning') AND EXISTS (
                    SELECT 1 FROM decisions d WHERE d.request_id = g.request_id AND d.request_version = g.request_version AND d.person_id = {person.Value} AND d.verdict = 'Approve'))
            ORDER BY g.id DESC FOR UPDATE
            """).ToListAsync(cancellation);
        foreach (var grant in grants) db.End(grant, EndReason.Revoked, by, grant.PersonId == person ? Why : ApproverWhy, now);
        return grants;
    }

    private static async Task<int> EndRequestsAsync(PortalDbContext db, PersonId person, string actor, DateTimeOffset now, CancellationToken cancellation)
    {
        var requests = await db.AccessRequests.FromSql($"""
            SELECT r.*, r.xmin FROM access_requests r
            WHERE (r.requester_id = {person.Value} AND r.status IN ('Draft', 'AwaitingApproval'))
               OR (r.status = 'AwaitingApproval' AND EXISTS (
                    SELECT 1 FROM decisions d WHERE d.request_id = r.id AND d.request_version = r.version AND d.person_id = {person.Value} AND d.verdict = 'Approve'))
            ORDER BY r.id FOR UPDATE
            """).ToListAsync(cancellation);
        foreach (var request in requests)
        {
            if (request.RequesterId == person)
            {
                request.Withdraw(now);
                db.Record(now, actor, LedgerActs.RequestWithdrawn, LedgerSubject.Of(request.Id), new JsonObject { ["reason"] = Why });
                continue;
            }
            var workflow = await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == request.WorkflowId && v.Version == request.WorkflowVersion, cancellation);
            request.Reopen(RoleRules.Parse(request.PinnedRules), workflow, now);
            db.Record(now, actor, LedgerActs.RequestReopened, LedgerSubject.Of(request.Id), new JsonObject { ["version"] = request.Version, ["reason"] = ApproverWhy });
        }
        return requests.Count;
    }

    private static async Task<int> EndChangesAsync(PortalDbContext db, PersonId person, string actor, DateTimeOffset now, CancellationToken cancellation)
    {
        var changes = await db.ConfigurationChanges.FromSql($"""
            SELECT *, xmin FROM configuration_changes WHERE author_id = {person.Value} AND status IN ('Draft', 'AwaitingSecondAdmin') ORDER BY id FOR UPDATE
            """).ToListAsync(cancellation);
        foreach (var change in changes)
        {
            change.Withdraw(now);
            db.Record(now, actor, LedgerActs.ChangeWithdrawn, LedgerSubject.Of(change.Id), new JsonObject { ["title"] = change.Title, ["reason"] = "an admin disabled its author" });
        }
        return changes.Count;
    }
}

/// <summary>How much ended with a person.</summary>
/// <param name="Sessions">Sign-ins.</param>
/// <param name="Grants">Their access, and access of others that they approved and that had not begun.</param>
/// <param name="Requests">Their requests, and those of others that have to be decided anew.</param>
/// <param name="Changes">Changes of the configuration that waited.</param>
public sealed record ShutOutCounts(int Sessions, int Grants, int Requests, int Changes)
{
    /// <summary>Whether there was nothing.</summary>
    public bool IsNothing => this is { Sessions: 0, Grants: 0, Requests: 0, Changes: 0 };

    /// <summary>For the ledger.</summary>
    public JsonObject ToJson() => new() { ["sessions"] = Sessions, ["grants"] = Grants, ["requests"] = Requests, ["changes"] = Changes };
}
