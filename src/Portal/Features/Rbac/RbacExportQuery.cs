using System.Runtime.CompilerServices;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What may be handed out.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Filter">Which findings.</param>
/// <param name="At">When.</param>
/// <param name="Parts">The findings, the gravest first, a part at a time; read while they are enumerated.</param>
public sealed record RbacExport(RbacHead Head, FindingFilter Filter, DateTimeOffset At, IAsyncEnumerable<IReadOnlyList<KeptFinding>> Parts);

/// <summary>Hands findings out, the gravest first, in parts of a bounded size; for admins and auditors.</summary>
public sealed class RbacExportQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    /// <summary>How many findings are held at once.</summary>
    public const int Part = 200;

    /// <summary>Decides whether this person may, and prepares the reading.</summary>
    public async Task<Outcome<RbacExport>> AskAsync(Actor actor, string cluster, FindingFilter filter, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(cluster, now, cancellation);
        return head.Succeeded ? new RbacExport(head.Value, filter, now, ReadAsync(head.Value.Id, filter, now, cancellation)) : head.Refusal!;
    }

    private async IAsyncEnumerable<IReadOnlyList<KeptFinding>> ReadAsync(ClusterId cluster, FindingFilter filter, DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (FindingCursor? after = null; ;)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            var asked = RbacFindingsQuery.Asked(db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == cluster), filter, now);
            var findings = await RbacFindingsQuery.After(asked, after).OrderByDescending(f => f.Gravity).ThenBy(f => f.CheckId).ThenBy(f => f.Fingerprint).Take(Part).ToListAsync(cancellation);
            if (findings.Count > 0)
            {
                yield return findings;
                after = new(findings[^1].Severity, findings[^1].CheckId, findings[^1].Fingerprint);
            }
            if (findings.Count < Part) yield break;
        }
    }
}
