using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Ledger entries about what is not as it must be.</summary>
internal static class Alerts
{
    /// <summary>The field of an alert's content that names its kind.</summary>
    public const string Kind = "kind";

    /// <summary>Notes an alert.</summary>
    public static void Alert(this PortalDbContext db, DateTimeOffset now, string subject, string kind, JsonObject facts)
    {
        facts[Kind] = kind;
        LapseMetrics.Alert(kind);
        db.Record(now, LedgerActor.Lapse, LedgerActs.Alert, subject, facts);
    }

    /// <summary>Notes an alert unless this subject has one of this kind (and about the same object) already.</summary>
    /// <param name="db">A context; the caller commits.</param>
    /// <param name="now">When.</param>
    /// <param name="subject">About what.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="facts">The details; <c>uid</c>, if there, names the object that the alert is about.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>Whether it was noted.</returns>
    public static async Task<bool> AlertOnceAsync(this PortalDbContext db, DateTimeOffset now, string subject, string kind, JsonObject facts, CancellationToken cancellation)
    {
        var uid = facts["uid"]?.GetValue<string>();
        var earlier = db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject && e.Act == LedgerActs.Alert).Select(e => e.Content).AsAsyncEnumerable();
        await foreach (var content in earlier.WithCancellation(cancellation))
            if (JsonNode.Parse(Encoding.UTF8.GetString(content)) is JsonObject said && said[Kind]?.GetValue<string>() == kind && said["uid"]?.GetValue<string>() == uid) return false;
        db.Alert(now, subject, kind, facts);
        return true;
    }
}
