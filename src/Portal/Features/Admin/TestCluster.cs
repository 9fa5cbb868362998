using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>What a test of a cluster found.</summary>
/// <param name="Version">The server's version as it calls itself.</param>
/// <param name="Skew">How far its clock is ahead of the portal's; <see langword="null"/> when it did not say.</param>
/// <param name="Entries">For how many catalogue entries the rights were looked at.</param>
/// <param name="Missing">The rules that Lapse lacks for them.</param>
public sealed record ClusterTest(string Version, TimeSpan? Skew, int Entries, IReadOnlyList<MissingRight> Missing);

/// <summary>
/// An admin tries whether a cluster answers and lets Lapse do what the catalogue needs there. It saves nothing, but it
/// calls an address that somebody typed, so it is for admins only, like a change.
/// </summary>
[UseCase]
public sealed class TestCluster(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, Sealer sealer, ClusterChecks checks)
{
    /// <summary>Tries a registered cluster.</summary>
    public async Task<Outcome<ClusterTest>> TestAsync(Actor actor, ClusterId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.RetiredAt == null, cancellation);
        return cluster is null ? ProposeChange.Moved : await TestAsync(db, cluster, cluster.Open(sealer), cancellation);
    }

    /// <summary>Tries what is typed in a form, before it is saved.</summary>
    public async Task<Outcome<ClusterTest>> TestAsync(Actor actor, ClusterId? id, ClusterAccess access, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var cluster = id is { } known ? await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == known && c.RetiredAt == null, cancellation) : null;
        if (id is not null && cluster is null) return ProposeChange.Moved;
        return await TestAsync(db, cluster, ClusterChecks.ReadAccess(access, cluster, sealer), cancellation);
    }

    private async Task<Outcome<ClusterTest>> TestAsync(PortalDbContext db, Cluster? cluster, Outcome<ClusterAddress> address, CancellationToken cancellation)
    {
        if (!address.Succeeded) return address.Refusal!;
        var info = await checks.TestAsync(address.Value, cancellation);
        if (!info.Succeeded) return info.Refusal!;
        var entries = cluster is null ? [] : await db.ElevatedRoles.AsNoTracking().Where(r => r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
            .Where(v => v.ClusterId == cluster.Id).ToListAsync(cancellation);
        var missing = await checks.MissingAsync(address.Value, [.. entries.Select(e => new ClusterRightsEntry(e.Namespaces, e.Role))], cancellation);
        return missing.Succeeded ? new ClusterTest(info.Value.Version, info.Value.Skew, entries.Count, missing.Value) : missing.Refusal!;
    }
}
