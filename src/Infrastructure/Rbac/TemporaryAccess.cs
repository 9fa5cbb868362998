using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Rbac;

/// <summary>What Lapse saw appear in a cluster while somebody had temporary access there, for the audit: whether it is still there, it asks the state.</summary>
internal static class TemporaryAccess
{
    private const string GrantPrefix = "grant:";
    // The newest: with more alerts than this within the time, nobody reads the older ones.
    private const int Most = 10_000;

    /// <summary>Reads it from the ledger.</summary>
    /// <param name="db">A context.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="since">What was noted before is not looked at.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The records, and the number of the newest entry that they came from: with the same number they are the same.</returns>
    public static async Task<(ImmutableArray<LeftBehindRecord> Records, long Newest)> ReadAsync(PortalDbContext db, ClusterId cluster, DateTimeOffset since, CancellationToken cancellation)
    {
        var alerts = (await db.LedgerEntries.AsNoTracking()
            .Where(e => e.Act == LedgerActs.Alert && e.Time >= since)
            .OrderByDescending(e => e.Sequence)
            .Take(Most)
            .Select(e => new { e.Sequence, e.Subject, e.Content })
            .ToListAsync(cancellation))
            .Select(e => (e.Sequence, Grant: GrantOf(e.Subject), Said: JsonNode.Parse(e.Content)))
            .Where(alert => alert.Grant is not null && alert.Said?["kind"]?.GetValue<string>() == LeftBehindLook.AlertKind)
            .Reverse()
            .ToList();
        if (alerts.Count == 0) return ([], 0);
        var ids = alerts.Select(alert => alert.Grant!.Value).ToList();
        var people = await db.Grants.AsNoTracking().Where(g => g.ClusterId == cluster && ids.Contains(g.Id)).ToDictionaryAsync(g => g.Id, g => g.ClusterUserName, cancellation);
        var (records, newest) = (ImmutableArray.CreateBuilder<LeftBehindRecord>(), 0L);
        foreach (var (sequence, grant, said) in alerts)
        {
            if (!people.TryGetValue(grant!.Value, out var person) || LeftBehind.Read(said) is not { } left) continue;
            records.Add(new(person, BindingKeys.NameOf(grant.Value), left));
            newest = sequence;
        }
        return (records.ToImmutable(), newest);
    }

    private static GrantId? GrantOf(string subject) =>
        subject.StartsWith(GrantPrefix, StringComparison.Ordinal) && UuidId.TryParse<GrantId>(subject[GrantPrefix.Length..], out var id) ? id : null;
}
