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

/// <summary>A grant that was taken in hand.</summary>
/// <param name="Id">The grant.</param>
/// <param name="Cluster">Where it is.</param>
internal sealed record TakenGrant(GrantId Id, ClusterId Cluster);

/// <summary>Takes grants that are due, each by one worker of one replica.</summary>
internal sealed class GrantClaims(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock, ReconciliationOptions options, Replica replica)
{
    private static readonly TimeSpan ClaimTakes = TimeSpan.FromSeconds(2);

    /// <summary>How a worker of a lane signs its leases.</summary>
    public string Owner(Lane lane) => $"{replica.Name}:{lane}";

    /// <summary>Takes at most <paramref name="most"/> grants that are due and that nobody holds, ending ones before active ones, oldest first.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="most">So many.</param>
    /// <param name="without">Those in these clusters are left for later.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<TakenGrant>> ClaimAsync(Lane lane, int most, IReadOnlyCollection<ClusterId> without, CancellationToken cancellation)
    {
        await replica.AppearAsync(cancellation);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var ((first, second), clusters) = (StatusesOf(lane), Ids(without));
        // Each status by itself: so ix_grants_waiting gives them in their order, and of ten thousand that are due no more are read than are taken.
        return Taken(await db.Database.SqlQuery<TakenRow>($"""
            WITH first AS MATERIALIZED (
                SELECT id FROM grants WHERE status = {first} AND lease_owner IS NULL AND due_at <= {now} AND NOT cluster_id = ANY({clusters})
                ORDER BY due_at LIMIT {most} FOR UPDATE SKIP LOCKED),
            second AS MATERIALIZED (
                SELECT id FROM grants WHERE status = {second} AND lease_owner IS NULL AND due_at <= {now} AND NOT cluster_id = ANY({clusters})
                ORDER BY due_at LIMIT {most} - (SELECT count(*) FROM first) FOR UPDATE SKIP LOCKED)
            UPDATE grants SET lease_owner = {Owner(lane)}, lease_until = {now + options.Lease} WHERE id IN (SELECT id FROM first UNION ALL SELECT id FROM second)
            RETURNING id AS "Id", cluster_id AS "ClusterId"
            """).ToListAsync(cancellation));
    }

    /// <summary>Takes active grants to look at their bindings, due or not.</summary>
    public async Task<IReadOnlyList<TakenGrant>> ClaimForLookAsync(IReadOnlyCollection<GrantId> wanted, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        Guid[] ids = [.. wanted.Select(id => id.Value)];
        return Taken(await db.Database.SqlQuery<TakenRow>($"""
            UPDATE grants SET lease_owner = {Owner(Lane.End)}, lease_until = {now + options.Lease} WHERE id IN (
                SELECT id FROM grants WHERE id = ANY({ids}) AND status = 'Active' AND lease_owner IS NULL
                FOR UPDATE SKIP LOCKED)
            RETURNING id AS "Id", cluster_id AS "ClusterId"
            """).ToListAsync(cancellation));
    }

    /// <summary>When the next grant of a lane is due that nobody holds; <see langword="null"/> when none waits.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(Lane lane, IReadOnlyCollection<ClusterId> without, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var ((first, second), clusters) = (StatusesOf(lane), Ids(without));
        return await db.Database.SqlQuery<DateTimeOffset?>($"""
            SELECT least(
                (SELECT due_at FROM grants WHERE status = {first} AND lease_owner IS NULL AND due_at IS NOT NULL AND NOT cluster_id = ANY({clusters}) ORDER BY due_at LIMIT 1),
                (SELECT due_at FROM grants WHERE status = {second} AND lease_owner IS NULL AND due_at IS NOT NULL AND NOT cluster_id = ANY({clusters}) ORDER BY due_at LIMIT 1)) AS "Value"
            """).SingleAsync(cancellation);
    }

    /// <summary>
    /// Frees what was held longer than anybody may: only what is free is claimed. And what ends while the worker holds it that brought
    /// it up: a release that did not know that this frees it (<see cref="Grant.End"/>) may run beside this one.
    /// </summary>
    public async Task<int> FreeOverdueAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Database.ExecuteSqlAsync($"""
            UPDATE grants SET lease_owner = NULL, lease_until = NULL
            WHERE lease_owner IS NOT NULL AND (lease_until IS NULL OR lease_until < {now} OR (status = 'Revoking' AND lease_owner LIKE '%:Start'))
            """, cancellation);
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

    private static (string First, string Second) StatusesOf(Lane lane) => lane switch
    {
        Lane.Start => (nameof(GrantStatus.Provisioning), nameof(GrantStatus.Scheduled)),
        Lane.End => (nameof(GrantStatus.Revoking), nameof(GrantStatus.Active)),
    };

    private static Guid[] Ids(IReadOnlyCollection<ClusterId> clusters) => [.. clusters.Select(id => id.Value)];

    private static List<TakenGrant> Taken(List<TakenRow> rows) => rows.ConvertAll(row => new TakenGrant(GrantId.From(row.Id), ClusterId.From(row.ClusterId)));

    private sealed record TakenRow(Guid Id, Guid ClusterId);
}
