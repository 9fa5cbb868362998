using System.Text.Json.Nodes;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Hosting.Commands.Rbac;

namespace Lapse.Portal.Features.Rbac;

/// <summary>
/// Findings of a cluster as SARIF 2.1.0 (OASIS), like those of <see cref="ScanSarif"/>. A cluster has no files, so places are
/// names of objects; an accepted finding is one that is suppressed.
/// </summary>
internal static class FindingSarif
{
    /// <summary>The document.</summary>
    /// <param name="export">The cluster, and as of when.</param>
    /// <param name="findings">All that is exported.</param>
    public static JsonObject Of(RbacExport export, IReadOnlyList<KeptFinding> findings)
    {
        var checks = findings.GroupBy(finding => finding.CheckId, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        var places = checks.Select((group, place) => (group.Key, place)).ToDictionary(entry => entry.Key, entry => entry.place, StringComparer.Ordinal);
        return ScanSarif.Document(
            RbacOutput.Array(checks, group => Rule(group.Key, group.First().Title, group.Max(finding => finding.Severity))),
            new JsonObject
            {
                ["executionSuccessful"] = export.Head.Failure.Length == 0 && export.Head.Gaps.Count == 0,
                ["toolExecutionNotifications"] = RbacOutput.Array(
                    [.. export.Head.Gaps.Select(gap => $"Not evaluated: {gap.What}: {gap.Why}"), .. export.Head.NotEvaluated.Select(one => $"Not evaluated: {RbacWords.Of(one)}")],
                    (string text) => new JsonObject { ["level"] = "warning", ["message"] = Text(text) }),
            },
            RbacOutput.Array(findings, finding => Result(finding, places[finding.CheckId], export)));
    }

    private static JsonObject Rule(string id, string title, Severity gravest)
    {
        var rule = new JsonObject { ["id"] = id, ["shortDescription"] = Text(title) };
        if (RbacWords.CheckOf(id) is { } check) (rule["fullDescription"], rule["help"]) = (Text(check.Attack), Text(check.Fix));
        rule["defaultConfiguration"] = new JsonObject { ["level"] = ScanSarif.Level(gravest) };
        rule["properties"] = new JsonObject { ["security-severity"] = ScanSarif.Score(gravest), ["tags"] = new JsonArray("security") };
        return rule;
    }

    private static JsonObject Result(KeptFinding finding, int rule, RbacExport export)
    {
        var names = new[] { finding.Binding, finding.Role, finding.SubjectText }.Where(name => name.Length > 0);
        var result = new JsonObject
        {
            ["ruleId"] = finding.CheckId,
            ["ruleIndex"] = rule,
            ["level"] = ScanSarif.Level(finding.Severity),
            ["message"] = Text($"{finding.Title}: {finding.Evidence} {finding.Fix}"),
            ["locations"] = new JsonArray(new JsonObject { ["logicalLocations"] = RbacOutput.Array(names, name => new JsonObject { ["fullyQualifiedName"] = $"{export.Head.Name}: {name}", ["kind"] = "resource" }) }),
            ["partialFingerprints"] = new JsonObject { ["lapseFinding/v1"] = finding.Fingerprint },
            ["properties"] = new JsonObject { ["severity"] = RbacWords.Lower(finding.Severity) },
        };
        if (finding.GoneAt is not null) result["baselineState"] = "absent";
        if (finding.IsAccepted(export.At)) result["suppressions"] = new JsonArray(new JsonObject { ["kind"] = "external", ["status"] = "accepted" });
        return result;
    }

    private static JsonObject Text(string text) => new() { ["text"] = text };
}
