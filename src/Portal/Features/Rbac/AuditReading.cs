using System.Linq.Expressions;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Who may read the audit, and how a cluster's stands; the same for each of its pages.</summary>
internal static class AuditReading
{
    private static readonly Refusal NotForYou = new("AuditDenied", "The audit is for admins and auditors. Nothing was shown.", "/");

    /// <summary>There is no such cluster.</summary>
    internal static readonly Refusal NoCluster = new("ClusterUnknown", "There is no such cluster.", "/rbac");

    /// <summary>Who reads it; refused to everybody who is neither admin nor auditor.</summary>
    public static async Task<Outcome<CurrentPerson>> FindAuditReaderAsync(this ActorGuard guard, PortalDbContext db, Actor actor, CancellationToken cancellation)
    {
        var current = await guard.FindAsync(db, actor, cancellation);
        return current.Succeeded && !current.Value.SeesEverything ? NotForYou : current;
    }

    /// <summary>The cluster of an address, with how its audit stands.</summary>
    public static async Task<Outcome<RbacHead>> HeadAsync(this PortalDbContext db, string name, DateTimeOffset now, CancellationToken cancellation)
    {
        if (!IsWritable(name)) return NoCluster;
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == name && c.RetiredAt == null, cancellation);
        return cluster is null ? NoCluster : (await db.HeadsAsync([cluster], now, cancellation))[0];
    }

    /// <summary>How the audits of these clusters stand, in their order.</summary>
    public static async Task<IReadOnlyList<RbacHead>> HeadsAsync(this PortalDbContext db, IReadOnlyList<Cluster> clusters, DateTimeOffset now, CancellationToken cancellation)
    {
        List<ClusterId> ids = [.. clusters.Select(c => c.Id)];
        var looks = await db.RbacLooks.AsNoTracking().Where(l => ids.Contains(l.ClusterId)).ToDictionaryAsync(l => l.ClusterId, cancellation);
        var newest = await db.RbacSnapshots.AsNoTracking()
            .Where(s => ids.Contains(s.ClusterId) && db.RbacLooks.Any(l => l.ClusterId == s.ClusterId && l.Number == s.Number))
            .Select(s => new { s.ClusterId, s.TakenAt, s.Gaps, s.NotEvaluated }).ToDictionaryAsync(s => s.ClusterId, cancellation);
        var counted = await db.RbacFindings.AsNoTracking().Where(f => ids.Contains(f.ClusterId) && f.GoneAt == null)
            .GroupBy(f => new { f.ClusterId, f.Gravity, Accepted = f.AcceptedBecause != "" || (f.AcceptedUntil > now && f.Gravity <= f.AcceptedGravity) })
            .Select(g => new { g.Key.ClusterId, g.Key.Gravity, g.Key.Accepted, Count = g.Count() }).ToListAsync(cancellation);
        return [.. clusters.Select(cluster =>
        {
            var look = looks.GetValueOrDefault(cluster.Id);
            var snapshot = newest.GetValueOrDefault(cluster.Id);
            FindingCounts Counts(bool accepted) => ToCounts(counted.Where(c => c.ClusterId == cluster.Id && c.Accepted == accepted).Select(c => (c.Gravity, c.Count)));
            return new RbacHead(
                cluster.Id, cluster.Name, cluster.Title, cluster.Environment, look?.LookedAt, look?.Failure ?? "", look?.Number ?? 0, snapshot?.TakenAt,
                snapshot?.Gaps ?? [], snapshot?.NotEvaluated ?? [], Counts(false), Counts(true));
        })];
    }

    /// <summary>Counts by severity.</summary>
    public static FindingCounts ToCounts(IEnumerable<(int Gravity, int Count)> counted)
    {
        var all = counted.GroupBy(c => c.Gravity).ToDictionary(g => (Severity)g.Key, g => g.Sum(c => c.Count));
        return new(all.GetValueOrDefault(Severity.Critical), all.GetValueOrDefault(Severity.High), all.GetValueOrDefault(Severity.Medium), all.GetValueOrDefault(Severity.Low), all.GetValueOrDefault(Severity.Info));
    }

    /// <summary>Whether it is accepted, by somebody or by the audit itself, at this moment; the same as <see cref="KeptFinding.IsAccepted"/>.</summary>
    public static Expression<Func<KeptFinding, bool>> IsAccepted(DateTimeOffset now) => finding => finding.AcceptedBecause != "" || (finding.AcceptedUntil > now && finding.Gravity <= finding.AcceptedGravity);

    /// <summary>Whether it is not; not the plain opposite in SQL, where nothing compares with nothing.</summary>
    public static Expression<Func<KeptFinding, bool>> IsOpen(DateTimeOffset now) => finding =>
        finding.AcceptedBecause == "" && (finding.AcceptedUntil == null || finding.AcceptedUntil <= now || finding.Gravity > finding.AcceptedGravity);

    /// <summary>A finding for reading.</summary>
    public static FindingRow ToRow(KeptFinding finding, DateTimeOffset now) => new(
        finding.Fingerprint, finding.CheckId, finding.Title, finding.Severity, finding.Subject, finding.Role, finding.Binding, finding.Namespace, finding.Evidence, finding.Fix,
        finding.FirstSeenAt, finding.StandsSince, finding.LastSnapshot, finding.GoneAt, finding.NotEvaluatedSince, finding.IsAccepted(now) ? finding.AcceptedUntil : null,
        finding.GoneAt is null && finding.StandsSince > now - FindingFilter.NewFor)
    { AcceptedBecause = finding.AcceptedBecause };

    /// <summary>A snapshot for reading.</summary>
    public static SnapshotRow ToRow(RbacSnapshot snapshot) => new(
        snapshot.Number, snapshot.TakenAt, snapshot.Added, snapshot.Changed, snapshot.Removed, snapshot.Objects,
        new(snapshot.Critical, snapshot.High, snapshot.Medium, snapshot.Low, snapshot.Info), snapshot.Accepted, snapshot.Gaps);

    /// <summary>Whether a text of an address could be in a record at all; PostgreSQL would not even take the others.</summary>
    public static bool IsWritable(string text) => text.Length <= FindingFilter.LongestText && PlainText.IsLine(text);
}
