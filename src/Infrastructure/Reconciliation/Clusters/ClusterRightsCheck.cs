using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What a cluster said about Lapse's own rights there.</summary>
/// <param name="Missing">The rules that Lapse lacks.</param>
/// <param name="For">What it was asked for (<see cref="ClusterHealth.RightsCheckedFor"/>).</param>
internal sealed record RightsSight(IReadOnlyList<MissingRight> Missing, string For);

/// <summary>
/// Asks a cluster whether Lapse may do all that the catalogue needs there. One question for each verb, so it is asked seldom, and by
/// one replica for all: when it was asked last stands in the row.
/// </summary>
internal sealed class ClusterRightsCheck(IDbContextFactory<PortalDbContext> contexts, ReconciliationOptions options, TimeProvider clock)
{
    // To ask this is every account's right, unless somebody took it away.
    private static readonly MissingRight Asking = new(
        null, "- apiGroups:\n  - authorization.k8s.io\n  resources:\n  - selfsubjectaccessreviews\n  verbs:\n  - create", "create selfsubjectaccessreviews");

    /// <summary>Asks, if it is due.</summary>
    /// <returns><see langword="null"/> if it is not due, or the cluster did not answer: then what was known stays.</returns>
    public async Task<RightsSight?> RunAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        var (entries, subject) = await ReadAsync(cluster.Cluster, cancellation);
        if (entries is null) return null;
        var (api, breaker) = (cluster.Link.Value.Api, cluster.Link.Value.Breaker);
        var missing = await breaker.RunAsync(token => MissingRights.FindAllAsync(api, entries, token), cancellation);
        if (missing.Failure is { Kind: ClusterFailureKind.Forbidden }) return new([Asking], subject);
        return missing.Succeeded ? new(missing.Value, subject) : null;
    }

    private async Task<(IReadOnlyList<ClusterRightsEntry>? Entries, string Subject)> ReadAsync(Cluster cluster, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var entries = await db.ElevatedRoles.AsNoTracking().Where(r => r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
            .Where(v => v.ClusterId == cluster.Id).OrderBy(v => v.ElevatedRoleId).ToListAsync(cancellation);
        var subject = Subject(cluster, entries);
        var known = await db.ClusterHealth.AsNoTracking().SingleOrDefaultAsync(h => h.ClusterId == cluster.Id, cancellation);
        var pause = known is { Missing.Count: > 0 } ? options.MissingRightsInterval : options.RightsInterval;
        return known?.RightsCheckedFor == subject && known.RightsCheckedAt > clock.GetUtcNow() - pause
            ? (null, subject)
            : ([.. entries.Select(e => new ClusterRightsEntry(e.Namespaces, e.Role))], subject);
    }

    private static string Subject(Cluster cluster, List<ElevatedRoleVersion> entries)
    {
        var text = new StringBuilder(Convert.ToHexString(cluster.SettingsDigest())).Append(Convert.ToHexString(SHA256.HashData(cluster.SealedCredential)));
        foreach (var entry in entries) text.Append('\n').Append(entry.Role).Append(' ').AppendJoin(' ', entry.Namespaces);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
