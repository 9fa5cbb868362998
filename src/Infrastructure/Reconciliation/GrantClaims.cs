using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Which grants a worker cares for.</summary>
internal enum Lane
{
    /// <summary>Those that shall begin.</summary>
    Start,

    /// <summary>Those that are active or ending.</summary>
    End,
}

/// <summary>Takes grants that are due, each by one worker of one replica.</summary>
internal sealed class GrantClaims(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock, ReconciliationOptions options, Replica replica)
{
    private static readonly TimeSpan ClaimTakes = TimeSpan.FromSeconds(2);

    /// <summary>How a worker of a lane signs its leases.</summary>
    public string Owner(Lane lane) => $"{replica.Name}:{lane}";

    /// <summary>Takes at most <paramref name="most"/> grants that are due, ending ones before active ones, oldest first.</summary>
    public async Task<IReadOnlyList<GrantId>> ClaimAsync(Lane lane, int most, CancellationToken cancellation)
    {
        await replica.AppearAsync(cancellation);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var (owner, until) = (Owner(lane), now + options.Lease);
        var claimed = lane == Lane.Start
            ? db.Database.SqlQuery<Guid>($"""
                UPDATE grants SET lease_owner = {owner}, lease_until = {until} WHERE id IN (
                    SELECT id FROM grants WHERE due_at <= {now} AND status IN ('Scheduled', 'Provisioning') AND (lease_until IS NULL OR lease_until < {now})
                    ORDER BY due_at LIMIT {most} FOR UPDATE SKIP LOCKED)
                RETURNING id AS "Value"
                """)
            // A grant that is to end does not wait for the worker that brings it up: that one's next record fails, and what it
            // may have on its way to the cluster is waited for before the end (Grant.InFlightUntil).
            : db.Database.SqlQuery<Guid>($"""
                UPDATE grants SET lease_owner = {owner}, lease_until = {until} WHERE id IN (
                    SELECT id FROM grants WHERE due_at <= {now} AND status IN ('Active', 'Revoking')
                        AND (lease_until IS NULL OR lease_until < {now} OR (status = 'Revoking' AND lease_owner LIKE '%:Start'))
                    ORDER BY status DESC, due_at LIMIT {most} FOR UPDATE SKIP LOCKED)
                RETURNING id AS "Value"
                """);
        return [.. (await claimed.ToListAsync(cancellation)).Select(GrantId.From)];
    }

    /// <summary>Takes active grants to look at their bindings, due or not.</summary>
    public async Task<IReadOnlyList<GrantId>> ClaimForLookAsync(IReadOnlyCollection<GrantId> wanted, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var (owner, until) = (Owner(Lane.End), now + options.Lease);
        Guid[] ids = [.. wanted.Select(id => id.Value)];
        var claimed = await db.Database.SqlQuery<Guid>($"""
            UPDATE grants SET lease_owner = {owner}, lease_until = {until} WHERE id IN (
                SELECT id FROM grants WHERE id = ANY({ids}) AND status = 'Active' AND (lease_until IS NULL OR lease_until < {now})
                FOR UPDATE SKIP LOCKED)
            RETURNING id AS "Value"
            """).ToListAsync(cancellation);
        return [.. claimed.Select(GrantId.From)];
    }

    /// <summary>When the next grant of a lane is due; <see langword="null"/> when none waits.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(Lane lane, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        GrantStatus[] statuses = lane == Lane.Start ? [GrantStatus.Scheduled, GrantStatus.Provisioning] : [GrantStatus.Active, GrantStatus.Revoking];
        var now = clock.GetUtcNow();
        return await db.Grants.Where(g => g.DueAt != null && statuses.Contains(g.Status) && (g.LeaseUntil == null || g.LeaseUntil < now))
            .OrderBy(g => g.DueAt).Select(g => g.DueAt).FirstOrDefaultAsync(cancellation);
    }

    /// <summary>
    /// Frees what this replica holds in the database and knows nothing of: the answer to a claim that was lost with the connection, or
    /// a grant that could not be given back while the database was away. Else it would lie until its lease runs out.
    /// </summary>
    /// <param name="inHand">What this replica's workers have.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<int> FreeForgottenAsync(IReadOnlyCollection<GrantId> inHand, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        string[] owners = [.. replica.Names.SelectMany(name => Enum.GetValues<Lane>().Select(lane => $"{name}:{lane}"))];
        Guid[] ids = [.. inHand.Select(id => id.Value)];
        // What was claimed just now may be on its way to its worker.
        var before = clock.GetUtcNow() + options.Lease - ClaimTakes;
        return await db.Database.ExecuteSqlAsync(
            $"UPDATE grants SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ANY({owners}) AND lease_until < {before} AND NOT id = ANY({ids})", cancellation);
    }

    /// <summary>Frees what replicas held that are gone, so that nothing waits for a lease to run out after a crash.</summary>
    public async Task<int> FreeAbandonedAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var held = await db.Grants.Where(g => g.LeaseOwner != null).Select(g => g.LeaseOwner!).Distinct().ToListAsync(cancellation);
        if (held.Count == 0) return 0;
        var living = await replica.LivingAsync(cancellation);
        string[] abandoned = [.. held.Where(owner => Replica.NumberOf(owner) is not { } number || !living.Contains(number))];
        return abandoned.Length == 0 ? 0
            : await db.Grants.Where(g => abandoned.Contains(g.LeaseOwner)).ExecuteUpdateAsync(set => set.SetProperty(g => g.LeaseOwner, (string?)null).SetProperty(g => g.LeaseUntil, (DateTimeOffset?)null), cancellation);
    }
}
