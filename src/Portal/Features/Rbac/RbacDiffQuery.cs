using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What changed between two snapshots of a cluster; for admins and auditors.</summary>
public sealed class RbacDiffQuery(IDbContextFactory<PortalDbContext> contexts, RbacSnapshots snapshots, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacDiffAsk, RbacDiffView>
{
    private static readonly Refusal NoSnapshot = new("SnapshotUnknown", "There is no such snapshot. Old ones are not kept for ever.", "/rbac");
    private static readonly Refusal OnlyOne = new("NothingToCompare", "There is only one snapshot so far. The next one is taken when something changes.", "/rbac");

    /// <inheritdoc/>
    public async Task<Outcome<RbacDiffView>> AskAsync(Actor actor, RbacDiffAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        var id = head.Value.Id;
        var to = ask.To ?? head.Value.Snapshot;
        var from = ask.From ?? await db.RbacSnapshots.Where(s => s.ClusterId == id && s.Number < to).MaxAsync(s => (int?)s.Number, cancellation);
        if (from is null) return await db.RbacSnapshots.AnyAsync(s => s.ClusterId == id && s.Number == to, cancellation) ? OnlyOne : NoSnapshot;
        var diff = await snapshots.DiffAsync(id, Math.Min(from.Value, to), Math.Max(from.Value, to), cancellation);
        return diff is null
            ? NoSnapshot
            : new RbacDiffView(head.Value, AuditReading.ToRow(diff.From), AuditReading.ToRow(diff.To), [.. diff.Changes.Take(RbacDiffView.Most)], diff.Changes.Length, diff.NotCompared);
    }
}
