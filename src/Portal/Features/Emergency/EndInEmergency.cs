using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Emergency;

/// <summary>What an emergency ended.</summary>
/// <param name="Grants">How much access began to end.</param>
/// <param name="IsHeld">Whether Lapse is on hold since.</param>
public sealed record EmergencyEnd(int Grants, bool IsHeld);

/// <summary>
/// An admin ends all access of a person, in a cluster or everywhere, and may put Lapse on hold with it. It takes access away, so it never
/// waits for a step-up. All of it is one transaction: killed in the middle, nothing has happened and the admin sees that; committed, the
/// reconciler ends what is marked, whatever becomes of this replica.
/// </summary>
[UseCase]
public sealed class EndInEmergency(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    /// <summary>The kind under which it is counted among the alerts.</summary>
    public const string AlertKind = "Emergency";

    /// <summary>Ends the access of a scope.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="scope">Whose.</param>
    /// <param name="hold">Whether Lapse is put on hold too.</param>
    /// <param name="why">Why, for everybody; may be empty.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public Task<Outcome<EmergencyEnd>> EndAsync(Actor actor, EmergencyScope scope, bool hold, string why, CancellationToken cancellation) => ActAsync(actor, why, async (db, admin, words, now) =>
    {
        if (!await ExistsAsync(db, scope, cancellation)) return new Refusal("ScopeUnknown", "There is no such person or cluster. Nothing was ended.");
        // Newer grants before older ones, grants before requests and both before the hold, as everywhere, so that nobody waits for somebody who waits for them.
        var grants = await LiveIn(db, scope).ToListAsync(cancellation);
        foreach (var grant in grants) db.End(grant, EndReason.Revoked, admin, words, now);
        await db.CloseIfOverAsync([.. grants.Where(g => g.IsOver)], cancellation);
        if (hold) await Holds.BeginAsync(db, HoldCause.Admin, words, LedgerActor.Of(admin), now, cancellation);
        db.Record(now, LedgerActor.Of(admin), LedgerActs.EmergencyEnded, scope.Subject, new JsonObject { ["grants"] = grants.Count, ["hold"] = hold, ["why"] = words });
        return new EmergencyEnd(grants.Count, hold);
    }, cancellation);

    /// <summary>Puts Lapse on hold and ends nothing.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="why">Why, for everybody; may be empty.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public Task<Outcome<EmergencyEnd>> HoldAsync(Actor actor, string why, CancellationToken cancellation) => ActAsync(actor, why, async (db, admin, words, now) =>
    {
        await Holds.BeginAsync(db, HoldCause.Admin, words, LedgerActor.Of(admin), now, cancellation);
        return new EmergencyEnd(0, IsHeld: true);
    }, cancellation);

    private async Task<Outcome<EmergencyEnd>> ActAsync(
        Actor actor, string why, Func<PortalDbContext, PersonId, string, DateTimeOffset, Task<Outcome<EmergencyEnd>>> act, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (why.Length > Domain.Holds.Hold.LongestWhy || !PlainText.IsText(why)) return new Refusal("ReasonTooLong", "Keep the reason within 500 plain characters. Nothing was ended.");
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var words = why.Trim() is { Length: > 0 } said ? said : "An admin declared an emergency.";
        var outcome = await act(db, current.Value.Id, words, now);
        if (!outcome.Succeeded) return outcome;
        await db.CommitAsync(cancellation);
        LapseMetrics.Alert(AlertKind);
        return outcome;
    }

    private static async Task<bool> ExistsAsync(PortalDbContext db, EmergencyScope scope, CancellationToken cancellation) => scope switch
    {
        EmergencyScope.OfPerson person => await db.People.AnyAsync(p => p.Id == person.Id, cancellation),
        EmergencyScope.InCluster cluster => await db.Clusters.AnyAsync(c => c.Id == cluster.Id, cancellation),
        EmergencyScope.Everything => true,
        _ => throw new InvalidOperationException("There is no other scope."),
    };

    private static IQueryable<Grant> LiveIn(PortalDbContext db, EmergencyScope scope)
    {
        var person = (scope as EmergencyScope.OfPerson)?.Id.Value;
        var cluster = (scope as EmergencyScope.InCluster)?.Id.Value;
        return db.Grants.FromSql($"""
            SELECT *, xmin FROM grants
            WHERE status IN ('Scheduled', 'Provisioning', 'Active')
              AND ({person}::uuid IS NULL OR person_id = {person}::uuid) AND ({cluster}::uuid IS NULL OR cluster_id = {cluster}::uuid)
            ORDER BY id DESC FOR UPDATE
            """);
    }
}
