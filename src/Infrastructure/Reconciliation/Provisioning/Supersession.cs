using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// The hand-over from an access to its extension. In the transaction in which the new grant becomes active, verified by its own
/// probe, the old one begins to end; so the person is never without, and the old one never ends for a new one that did not come
/// about. The newer grant is locked before the older one, everywhere.
/// </summary>
internal static class Supersession
{
    /// <summary>Begins the end of what the extension takes over from. What is over or ending already stays as it is.</summary>
    /// <param name="db">A context with an open transaction that holds the row of <paramref name="successor"/>.</param>
    /// <param name="successor">The grant that is about to become active.</param>
    /// <param name="extended">The request that its request extends; <see langword="null"/> if it extends none.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Why the extension must not begin: somebody ended the old access on purpose, at the last moment.</returns>
    public static async Task<Refusal?> TakeOverAsync(PortalDbContext db, Grant successor, AccessRequestId? extended, DateTimeOffset now, CancellationToken cancellation)
    {
        if (extended is not { } request) return null;
        var earlier = await db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE request_id = {request.Value} AND namespace IS NOT DISTINCT FROM {successor.Namespace} ORDER BY id FOR UPDATE")
            .ExtendedBy(successor, request).ToListAsync(cancellation);
        if (ExtensionRules.CheckEnds(earlier) is { } ended) return ended;
        foreach (var old in earlier.Where(g => g.Status is GrantStatus.Active or GrantStatus.Provisioning))
        {
            db.Record(now, LedgerActor.Lapse, LedgerActs.GrantRevoking, LedgerSubject.Of(old.Id), new JsonObject
            {
                ["reason"] = nameof(EndReason.Superseded),
                ["endsAt"] = old.EndsAt is { } ends ? CanonicalTime.Text(ends) : null,
                ["successor"] = successor.Id.ToString(),
            });
            old.End(EndReason.Superseded, null, now);
            old.Release(now);
        }
        return null;
    }
}
