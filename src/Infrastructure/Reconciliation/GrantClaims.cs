using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Npgsql;

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
internal sealed class GrantClaims(NpgsqlDataSource source, IDbContextFactory<PortalDbContext> contexts, TimeProvider clock, ReconciliationOptions options, Replica replica)
{
    // Each status by itself: so ix_grants_waiting gives them in their order, and of ten thousand that are due no more are read than are taken.
    private const string Claim = """
        WITH first AS MATERIALIZED (
            SELECT id FROM grants WHERE status = $1 AND lease_owner IS NULL AND due_at <= $4 AND NOT cluster_id = ANY($3)
            ORDER BY due_at LIMIT $5 FOR UPDATE SKIP LOCKED),
        second AS MATERIALIZED (
            SELECT id FROM grants WHERE status = $2 AND lease_owner IS NULL AND due_at <= $4 AND NOT cluster_id = ANY($3)
            ORDER BY due_at LIMIT $5 - (SELECT count(*) FROM first) FOR UPDATE SKIP LOCKED)
        UPDATE grants SET lease_owner = $6, lease_until = $7 WHERE id IN (SELECT id FROM first UNION ALL SELECT id FROM second)
        RETURNING id, cluster_id
        """;

    private const string NextDue = """
        SELECT least(
            (SELECT due_at FROM grants WHERE status = $1 AND lease_owner IS NULL AND due_at IS NOT NULL AND NOT cluster_id = ANY($3) ORDER BY due_at LIMIT 1),
            (SELECT due_at FROM grants WHERE status = $2 AND lease_owner IS NULL AND due_at IS NOT NULL AND NOT cluster_id = ANY($3) ORDER BY due_at LIMIT 1))
        """;

    private static readonly TimeSpan ClaimTakes = TimeSpan.FromSeconds(2);

    /// <summary>How a worker of a lane signs its leases.</summary>
    public string Owner(Lane lane) => $"{replica.Name}:{lane}";

    /// <summary>
    /// Takes at most <paramref name="most"/> grants that are due and that nobody holds, ending ones before active ones, oldest first.
    /// Without Entity Framework and in one round trip, since every record of every grant makes both lanes ask.
    /// </summary>
    /// <param name="lane">Which.</param>
    /// <param name="most">So many.</param>
    /// <param name="without">Those in these clusters are left for later.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What was taken, and when the next one is due that nobody holds; <see langword="null"/> when none waits.</returns>
    public async Task<(IReadOnlyList<TakenGrant> Taken, DateTimeOffset? NextDue)> ClaimAsync(Lane lane, int most, IReadOnlyCollection<ClusterId> without, CancellationToken cancellation)
    {
        await replica.AppearAsync(cancellation);
        var now = clock.GetUtcNow();
        var (first, second) = StatusesOf(lane);
        Guid[] clusters = [.. without.Select(id => id.Value)];
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(Command(Claim, first, second, clusters, now, most, Owner(lane), now + options.Lease));
        batch.BatchCommands.Add(Command(NextDue, first, second, clusters));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        List<TakenGrant> taken = [];
        while (await reader.ReadAsync(cancellation)) taken.Add(new(GrantId.From(reader.GetGuid(0)), ClusterId.From(reader.GetGuid(1))));
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (taken, await reader.IsDBNullAsync(0, cancellation) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellation));
    }

    /// <summary>Takes active grants to look at their bindings, due or not.</summary>
    public async Task<IReadOnlyList<TakenGrant>> ClaimForLookAsync(IReadOnlyCollection<GrantId> wanted, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        Guid[] ids = [.. wanted.Select(id => id.Value)];
        var taken = await db.Database.SqlQuery<TakenRow>($"""
            UPDATE grants SET lease_owner = {Owner(Lane.End)}, lease_until = {now + options.Lease} WHERE id IN (
                SELECT id FROM grants WHERE id = ANY({ids}) AND status = 'Active' AND lease_owner IS NULL
                FOR UPDATE SKIP LOCKED)
            RETURNING id AS "Id", cluster_id AS "ClusterId"
            """).ToListAsync(cancellation);
        return taken.ConvertAll(row => new TakenGrant(GrantId.From(row.Id), ClusterId.From(row.ClusterId)));
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

    private static NpgsqlBatchCommand Command(string text, params object[] values)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private sealed record TakenRow(Guid Id, Guid ClusterId);
}
