using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.People;

/// <summary>
/// Ends what people hold who are disabled: what slipped through in the moment when they were, or was theirs when somebody disabled them
/// in the database.
/// </summary>
public sealed class ShutOutSweep(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    private const int Batch = 100;

    /// <summary>Ends all of it.</summary>
    /// <returns>For how many people there was something to end.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var ended = 0;
        foreach (var person in await FindAsync(cancellation))
            if (await EndAsync(person, cancellation)) ended++;
        return ended;
    }

    private async Task<List<PersonId>> FindAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var found = await db.Database.SqlQuery<Guid>($"""
            SELECT p.id AS "Value" FROM people p WHERE p.disabled_at IS NOT NULL AND (
                EXISTS (SELECT 1 FROM grants g WHERE g.person_id = p.id AND g.status IN ('Scheduled', 'Provisioning', 'Active'))
             OR EXISTS (SELECT 1 FROM access_requests r WHERE r.requester_id = p.id AND r.status IN ('Draft', 'AwaitingApproval'))
             OR EXISTS (SELECT 1 FROM sign_in_sessions s WHERE s.person_id = p.id AND s.ended_at IS NULL))
            LIMIT {Batch}
            """).ToListAsync(cancellation);
        return [.. found.Select(id => new PersonId(id))];
    }

    private async Task<bool> EndAsync(PersonId id, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // Not, if somebody let them in again meanwhile.
        if (await db.LockAsync(id, cancellation) is not { IsDisabled: true } person) return false;
        var counts = await db.EndEverythingOfAsync(id, person.DisabledBy, now, cancellation);
        if (counts.IsNothing) return false;
        db.Record(now, LedgerActor.Lapse, LedgerActs.PersonDisabled, LedgerSubject.Of(id), counts.ToJson());
        await db.CommitAsync(cancellation);
        return true;
    }
}
