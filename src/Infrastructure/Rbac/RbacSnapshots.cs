using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using BindingObject = Lapse.Domain.Rbac.State.BindingObject;

namespace Lapse.Infrastructure.Rbac;

/// <summary>A cluster's state as one snapshot has it.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="State">The state.</param>
public sealed record RbacStateAt(RbacSnapshot Snapshot, RbacState State);

/// <summary>Reads what was kept: states, their history, and what is different between two of them.</summary>
public sealed class RbacSnapshots(IDbContextFactory<PortalDbContext> contexts, BindingKey key)
{
    private readonly BindingJudge _judge = new(key);

    /// <summary>The state at a snapshot, exactly as it was read.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="number">The snapshot's number; <see langword="null"/> for the newest.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns><see langword="null"/> if there is no such snapshot.</returns>
    public async Task<RbacStateAt?> StateAsync(ClusterId cluster, int? number, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var snapshot = await db.RbacSnapshots.AsNoTracking().Where(s => s.ClusterId == cluster && (number == null || s.Number == number))
            .OrderByDescending(s => s.Number).FirstOrDefaultAsync(cancellation);
        if (snapshot is null) return null;
        var objects = new List<RbacObject>();
        await foreach (var read in ReadAsync(db, db.RbacObjects.Where(v => v.ClusterId == cluster && v.Since <= snapshot.Number && (v.Until == null || v.Until > snapshot.Number) && !snapshot.UnreadKinds.Contains(v.Kind)), cancellation))
            objects.Add(read.Read);
        var served = await db.RbacContents.AsNoTracking().SingleAsync(c => c.Digest == snapshot.ServedDigest, cancellation);
        return new(snapshot, RbacStates.Of(objects, RbacObjectJson.ReadServed(served.Json), snapshot.Gaps));
    }

    /// <summary>Snapshots of a cluster, newest first.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="before">Only those before this number; <see langword="null"/> for the newest.</param>
    /// <param name="take">How many.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<RbacSnapshot>> ListAsync(ClusterId cluster, int? before, int take, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var snapshots = db.RbacSnapshots.AsNoTracking().Where(s => s.ClusterId == cluster);
        if (before is { } limit) snapshots = snapshots.Where(s => s.Number < limit);
        return await snapshots.OrderByDescending(s => s.Number).Take(take).ToListAsync(cancellation);
    }

    /// <summary>What is different between two snapshots. Only what changed in between is read, however big the cluster is.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="from">The number of the earlier one.</param>
    /// <param name="to">The number of the later one.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns><see langword="null"/> if one of them is not there.</returns>
    public async Task<RbacDiff?> DiffAsync(ClusterId cluster, int from, int to, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var both = await db.RbacSnapshots.AsNoTracking().Where(s => s.ClusterId == cluster && (s.Number == from || s.Number == to)).ToListAsync(cancellation);
        if (both.Find(s => s.Number == from) is not { } first || both.Find(s => s.Number == to) is not { } second) return null;
        var name = await db.Clusters.Where(c => c.Id == cluster).Select(c => c.Name).SingleAsync(cancellation);
        string[] unread = [.. first.UnreadKinds.Union(second.UnreadKinds).Order(StringComparer.Ordinal)];
        // What stood at one of the two and not at the other.
        var different = db.RbacObjects.Where(v => v.ClusterId == cluster && !unread.Contains(v.Kind)
            && ((v.Since > from && v.Since <= to && (v.Until == null || v.Until > to)) || (v.Until > from && v.Until <= to && v.Since <= from)));
        var (was, isNow) = (new Dictionary<string, Kept>(StringComparer.Ordinal), new Dictionary<string, Kept>(StringComparer.Ordinal));
        await foreach (var read in ReadAsync(db, different, cancellation))
            (read.Since <= from ? was : isNow)[Convert.ToHexString(read.Key)] = read;
        var changes = was.Keys.Union(isNow.Keys, StringComparer.Ordinal).Select(key => (Before: was.GetValueOrDefault(key), After: isNow.GetValueOrDefault(key)))
            // Changed and changed back, by the same object.
            .Where(pair => pair.Before is null || pair.After is null || pair.Before.Read.Uid != pair.After.Read.Uid || !pair.Before.Digest.AsSpan().SequenceEqual(pair.After.Digest))
            .Select(pair => RbacComparison.Of(pair.Before?.Read, pair.After?.Read))
            .Select(change => change with { IsLapses = IsLapses(change.What, name) })
            .OrderBy(change => change.What.Kind, StringComparer.Ordinal).ThenBy(change => change.What.Namespace, StringComparer.Ordinal).ThenBy(change => change.What.Name, StringComparer.Ordinal);
        return new(first, second, [.. changes], [.. unread]);
    }

    /// <summary>Whether Lapse made this for a grant. Told by its signature: what only has such a name stands like anything else.</summary>
    /// <param name="found">What was read.</param>
    /// <param name="cluster">The cluster's short name.</param>
    public bool IsLapses(RbacObject found, string cluster) => found is BindingObject binding && BindingKeys.IsBindingName(binding.Name) && _judge.SignedFor(RbacMapping.ToFound(binding), cluster) is not null;

    private sealed record Kept(byte[] Key, byte[] Digest, int Since, RbacObject Read);

    private static async IAsyncEnumerable<Kept> ReadAsync(PortalDbContext db, IQueryable<RbacObjectVersion> versions, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = versions.AsNoTracking().Join(db.RbacContents, v => v.Digest, c => c.Digest, (v, c) => new { v.Kind, v.Key, v.Uid, v.CreatedAt, v.Digest, v.Since, c.Json });
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
            yield return new(row.Key, row.Digest, row.Since, RbacObjectJson.Read(row.Kind, row.Json, row.Uid, row.CreatedAt));
    }
}
