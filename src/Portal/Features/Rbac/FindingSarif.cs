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
        var rules = ScanSarif.Rules(findings.GroupBy(finding => finding.CheckId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Max(finding => finding.Severity), StringComparer.Ordinal));
        return ScanSarif.Document(
            RbacOutput.Array(rules, rule => rule.Json),
            new JsonObject
            {
                ["executionSuccessful"] = export.Head.Failure.Length == 0 && export.Head.Gaps.Count == 0,
                ["toolExecutionNotifications"] = RbacOutput.Array(
                    [.. export.Head.Gaps.Select(gap => $"Not evaluated: {gap.What}: {gap.Why}"), .. export.Head.NotEvaluated.Select(one => $"Not evaluated: {RbacWords.Of(one)}")],
                    (string text) => new JsonObject { ["level"] = "warning", ["message"] = Text(text) }),
            },
            RbacOutput.Array(findings, finding => Result(finding, rules.FindIndex(rule => rule.Id == finding.CheckId), export)));
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
        if (finding.IsAccepted(export.At)) result["suppressions"] = ScanSarif.Suppression(finding.AcceptedBecause);
        return result;
    }

    private static JsonObject Text(string text) => new() { ["text"] = text };
}
