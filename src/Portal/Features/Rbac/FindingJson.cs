using System.Text.Json;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Text;

namespace Lapse.Portal.Features.Rbac;

/// <summary>
/// Findings as one JSON document, in the form that <c>lapse rbac scan --output json</c> prints, with what only a cluster that is
/// followed through time can say. What was not evaluated is in it: an export without findings is no clean bill by itself.
/// </summary>
internal static class FindingJson
{
    /// <summary>Everything up to the first finding.</summary>
    public static void Begin(Utf8JsonWriter json, RbacExport export)
    {
        json.WriteStartObject();
        json.WriteString("cluster", export.Head.Name);
        json.WriteNumber("snapshot", export.Head.Snapshot);
        json.WriteString("exportedAt", CanonicalTime.Text(export.At));
        if (export.Head.LookedAt is { } looked) json.WriteString("readAt", CanonicalTime.Text(looked));
        json.WriteString("filter", FindingAddress.Of("", export.Filter).TrimStart('?'));
        json.WriteStartArray("notEvaluated");
        foreach (var one in export.Head.NotEvaluated)
        {
            json.WriteStartObject();
            json.WriteString("id", one.Check);
            json.WriteString("why", one.Why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("gaps");
        foreach (var gap in export.Head.Gaps)
        {
            json.WriteStartObject();
            json.WriteString("what", gap.What);
            json.WriteString("why", gap.Why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("findings");
    }

    /// <summary>One finding.</summary>
    public static void Write(Utf8JsonWriter json, KeptFinding finding, DateTimeOffset at)
    {
        var check = RbacWords.CheckOf(finding.CheckId);
        json.WriteStartObject();
        json.WriteString("id", finding.CheckId);
        json.WriteString("title", finding.Title);
        json.WriteString("severity", RbacWords.Lower(finding.Severity));
        json.WriteString("subject", finding.SubjectText);
        json.WriteString("role", finding.Role);
        json.WriteString("binding", finding.Binding);
        json.WriteString("namespace", finding.Namespace);
        json.WriteString("evidence", finding.Evidence);
        if (check is not null) json.WriteString("attack", check.Attack);
        json.WriteString("fix", finding.Fix);
        WriteTexts(json, "cis", check?.Cis ?? []);
        WriteTexts(json, "mitre", check?.Mitre ?? []);
        json.WriteString("firstSeenAt", CanonicalTime.Text(finding.FirstSeenAt));
        json.WriteString("standsSince", CanonicalTime.Text(finding.StandsSince));
        if (finding.GoneAt is { } gone) json.WriteString("goneAt", CanonicalTime.Text(gone));
        if (finding.IsAccepted(at) && finding.AcceptedUntil is { } until) json.WriteString("acceptedUntil", CanonicalTime.Text(until));
        if (finding.AcceptedBecause.Length > 0) json.WriteString("acceptedBecause", finding.AcceptedBecause);
        json.WriteString("fingerprint", finding.Fingerprint);
        json.WriteEndObject();
    }

    /// <summary>Everything after the last finding.</summary>
    public static void End(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
