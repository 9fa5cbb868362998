using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>How an active grant begins to end, and why.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Alert">The kind of the alert that goes with it; <see langword="null"/> for an end that nobody has to look into.</param>
/// <param name="Differences">What is not as it must be, in words.</param>
internal sealed record ActiveEnd(EndReason Reason, string? Alert, IReadOnlyList<string> Differences)
{
    /// <summary>The alert about rows that say more than the signature.</summary>
    public const string ProlongedAlert = "Prolonged";

    /// <summary>The alert about a binding that is there after its signed end.</summary>
    public const string OutlivedAlert = "Outlived";

    private const int MostDifferences = 20;

    /// <summary>Its time is over.</summary>
    public static readonly ActiveEnd Expired = new(EndReason.Expired, null, []);

    /// <summary>The binding is not there, or on its way out.</summary>
    public static readonly ActiveEnd Removed = new(EndReason.RemovedOutsideLapse, null, []);

    /// <summary>The binding is not as it was made.</summary>
    public static ActiveEnd Altered(IReadOnlyList<string> differences) => new(EndReason.Altered, "Altered", differences);

    /// <summary>A row says that it is active, and the ledger that it never became so.</summary>
    public static readonly ActiveEnd NeverActive =
        new(EndReason.Altered, BrokenRecords.AlertKind, ["the ledger does not say that this access ever became active"]) { Code = "NeverActive" };

    /// <summary>The code of the alert; <see langword="null"/> where its kind says it all.</summary>
    public string? Code { get; private init; }

    /// <summary>The rows give it longer than its signature does.</summary>
    public static ActiveEnd Prolonged(IReadOnlyList<string> differences) => new(EndReason.Altered, ProlongedAlert, differences);

    /// <summary>The binding is there although its signed end is over.</summary>
    public static ActiveEnd Outlived(BindingSpec signed) =>
        new(EndReason.Expired, OutlivedAlert, [$"the binding is there after its signed end, {CanonicalTime.Text(signed.NotAfter)}"]);

    /// <summary>Begins the end, with its ledger entry and its alert; the caller holds the row and commits.</summary>
    public void Begin(PortalDbContext db, Grant grant, DateTimeOffset now)
    {
        var facts = new JsonObject { ["reason"] = Reason.ToString(), ["endsAt"] = grant.EndsAt is { } ends ? CanonicalTime.Text(ends) : null };
        if (Differences.Count > 0) facts["differences"] = new JsonArray([.. Differences.Take(MostDifferences).Select(words => (JsonNode)words)]);
        grant.End(Reason, null, now);
        db.Record(now, LedgerActor.Lapse, LedgerActs.GrantRevoking, LedgerSubject.Of(grant.Id), facts);
        if (Alert is null) return;
        var alert = (JsonObject)facts.DeepClone();
        if (Code is not null) alert["code"] = Code;
        // As who deletes it without an end says it, so that both are one alert.
        if (Alert == OutlivedAlert) alert["uid"] = grant.BindingUid;
        db.Alert(now, LedgerSubject.Of(grant.Id), Alert, alert);
    }
}
