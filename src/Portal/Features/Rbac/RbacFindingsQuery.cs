using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>The findings of a cluster, the gravest first; for admins and auditors.</summary>
public sealed class RbacFindingsQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacFindingsAsk, RbacFindingsView>
{
    // A cluster has as many namespaces; a filter with more would help nobody.
    private const int MostNamespaces = 500;

    /// <inheritdoc/>
    public async Task<Outcome<RbacFindingsView>> AskAsync(Actor actor, RbacFindingsAsk ask, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, now, cancellation);
        if (!head.Succeeded) return head.Refusal!;

        var take = Math.Clamp(ask.Take, 1, RbacFindingsAsk.Most);
        var asked = Asked(db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == head.Value.Id), ask.Filter, now);
        var counted = await asked.GroupBy(f => f.Gravity).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(cancellation);
        var rows = await After(asked, ask.After).OrderByDescending(f => f.Gravity).ThenBy(f => f.CheckId).ThenBy(f => f.Fingerprint).Take(take + 1).ToListAsync(cancellation);
        var standing = db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == head.Value.Id && f.GoneAt == null);
        var checks = await standing.GroupBy(f => f.CheckId).Select(g => new CheckCount(g.Key, g.Max(f => f.Title)!, g.Count())).ToListAsync(cancellation);
        var namespaces = await standing.Where(f => f.Namespace != "").Select(f => f.Namespace).Distinct().OrderBy(n => n).Take(MostNamespaces).ToListAsync(cancellation);
        var shown = rows.Take(take).ToList();
        return new RbacFindingsView(
            head.Value, AuditReading.ToCounts(counted.Select(c => (c.Key, c.Count))), [.. shown.Select(f => AuditReading.ToRow(f, now))],
            rows.Count > take ? new(shown[^1].Severity, shown[^1].CheckId, shown[^1].Fingerprint) : null,
            [.. checks.OrderBy(c => c.Check, StringComparer.Ordinal)], namespaces, reader.Value.IsAdmin);
    }

    /// <summary>The findings that a filter means, without order.</summary>
    internal static IQueryable<KeptFinding> Asked(IQueryable<KeptFinding> findings, FindingFilter filter, DateTimeOffset now)
    {
        if (!AuditReading.IsWritable(filter.Check) || !AuditReading.IsWritable(filter.Subject) || !AuditReading.IsWritable(filter.Namespace) || !AuditReading.IsWritable(filter.Text)) return findings.Where(_ => false);
        findings = filter.Standing switch
        {
            FindingStanding.Open => findings.Where(f => f.GoneAt == null).Where(AuditReading.IsOpen(now)),
            FindingStanding.Accepted => findings.Where(f => f.GoneAt == null).Where(AuditReading.IsAccepted(now)),
            FindingStanding.Standing => findings.Where(f => f.GoneAt == null),
            FindingStanding.Gone => findings.Where(f => f.GoneAt != null),
        };
        if (filter.Severities.Count > 0)
        {
            List<int> gravities = [.. filter.Severities.Select(s => (int)s)];
            findings = findings.Where(f => gravities.Contains(f.Gravity));
        }
        if (filter.Check.Length > 0) findings = findings.Where(f => f.CheckId == filter.Check);
        if (filter.Subject.Length > 0) findings = findings.Where(f => f.SubjectText == filter.Subject);
        if (filter.Namespace.Length > 0) findings = findings.Where(f => f.Namespace == filter.Namespace);
        if (filter.OnlyNew)
        {
            var since = now - FindingFilter.NewFor;
            findings = findings.Where(f => f.StandsSince > since);
        }
        if (filter.Text.Trim() is { Length: > 0 } text)
        {
            // As many findings as a cluster has are read in a few milliseconds; no index would help with part of a text.
            var pattern = SearchPattern.Containing(text);
            findings = findings.Where(f => EF.Functions.ILike(f.Evidence, pattern, SearchPattern.Escape) || EF.Functions.ILike(f.SubjectText, pattern, SearchPattern.Escape)
                || EF.Functions.ILike(f.Role, pattern, SearchPattern.Escape) || EF.Functions.ILike(f.Binding, pattern, SearchPattern.Escape)
                || EF.Functions.ILike(f.CheckId, pattern, SearchPattern.Escape) || EF.Functions.ILike(f.Title, pattern, SearchPattern.Escape));
        }
        return findings;
    }

    /// <summary>Those after a place of the list, without order.</summary>
    internal static IQueryable<KeptFinding> After(IQueryable<KeptFinding> findings, FindingCursor? after)
    {
        if (after is null) return findings;
        if (!AuditReading.IsWritable(after.Check) || !AuditReading.IsWritable(after.Fingerprint)) return findings.Where(_ => false);
        var gravity = (int)after.Severity;
        return findings.Where(f => f.Gravity < gravity
            || (f.Gravity == gravity && EF.Functions.GreaterThan(ValueTuple.Create(f.CheckId, f.Fingerprint), ValueTuple.Create(after.Check, after.Fingerprint))));
    }
}
