using System.Reflection;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac.Findings;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>A scan as SARIF 2.1.0 (OASIS), for what shows findings beside the code.</summary>
internal static class ScanSarif
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    public static JsonObject Of(ScanReport report)
    {
        var checks = report.Audit.Findings.Select(finding => finding.Check).DistinctBy(check => check.Id).OrderBy(check => check.Id, StringComparer.Ordinal).ToList();
        var places = checks.Select((check, place) => (check.Id, place)).ToDictionary(entry => entry.Id, entry => entry.place, StringComparer.Ordinal);
        return Document(
            RbacOutput.Array(checks, check => Rule(check, report)),
            new JsonObject
            {
                ["executionSuccessful"] = report.Reading.State.Gaps.IsEmpty,
                ["toolExecutionNotifications"] = RbacOutput.Array(report.Unknown, gap =>
                {
                    var notification = new JsonObject { ["level"] = "warning", ["message"] = Text($"Not evaluated: {gap.What}: {gap.Why}") };
                    if (report.Reading.GapPlaces.TryGetValue(gap.What, out var place)) notification["locations"] = new JsonArray(Location(place));
                    return notification;
                }),
            },
            RbacOutput.Array(report.Audit.Findings, finding => Result(finding, places[finding.Check.Id], report)));
    }

    /// <summary>A document with one run of Lapse.</summary>
    /// <param name="rules">What was looked for.</param>
    /// <param name="invocation">How it went, with what was not evaluated.</param>
    /// <param name="results">What was found.</param>
    public static JsonObject Document(JsonArray rules, JsonObject invocation, JsonArray results) => new()
    {
        ["$schema"] = Schema,
        ["version"] = "2.1.0",
        ["runs"] = new JsonArray(new JsonObject
        {
            ["tool"] = new JsonObject
            {
                ["driver"] = new JsonObject
                {
                    ["name"] = "Lapse",
                    ["version"] = typeof(ScanSarif).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0",
                    ["rules"] = rules,
                },
            },
            ["invocations"] = new JsonArray(invocation),
            ["columnKind"] = "utf16CodeUnits",
            ["results"] = results,
        }),
    };

    private static JsonObject Rule(Check check, ScanReport report)
    {
        var gravest = report.Audit.Findings.Where(finding => finding.Check.Id == check.Id).Max(finding => finding.Severity);
        return new JsonObject
        {
            ["id"] = check.Id,
            ["shortDescription"] = Text(check.Title),
            ["fullDescription"] = Text(check.Attack),
            ["help"] = Text(check.Fix),
            ["defaultConfiguration"] = new JsonObject { ["level"] = Level(gravest) },
            ["properties"] = new JsonObject
            {
                ["security-severity"] = Score(gravest),
                ["tags"] = RbacOutput.Array<string>(["security", .. check.Cis.Select(id => $"CIS-{id}"), .. check.Mitre], tag => JsonValue.Create(tag)),
            },
        };
    }

    private static JsonObject Result(Finding finding, int rule, ScanReport report)
    {
        var location = report.PlaceOf(finding) is { } place ? Location(place) : [];
        var names = new[] { finding.Binding, finding.Role, finding.Subject?.ToString() ?? "" }.Where(name => name.Length > 0);
        location["logicalLocations"] = RbacOutput.Array(names, name => new JsonObject { ["fullyQualifiedName"] = name, ["kind"] = "resource" });
        return new JsonObject
        {
            ["ruleId"] = finding.Check.Id,
            ["ruleIndex"] = rule,
            ["level"] = Level(finding.Severity),
            ["message"] = Text($"{finding.Check.Title}: {finding.Evidence} {finding.Fix}"),
            ["locations"] = new JsonArray(location),
            ["partialFingerprints"] = new JsonObject { ["lapseFinding/v1"] = finding.Fingerprint },
            ["properties"] = new JsonObject { ["severity"] = ScanReport.Word(finding.Severity) },
        };
    }

    private static JsonObject Location(ManifestPlace place) => new()
    {
        ["physicalLocation"] = new JsonObject
        {
            ["artifactLocation"] = new JsonObject { ["uri"] = Uri(place.File) },
            ["region"] = new JsonObject { ["startLine"] = place.Line },
        },
    };

    // A path below the current folder stays relative, so that it fits the checkout in which it is shown.
    private static string Uri(string file)
    {
        var full = Path.GetFullPath(file);
        var below = Path.GetRelativePath(Environment.CurrentDirectory, full);
        return below.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(below)
            ? new UriBuilder { Scheme = System.Uri.UriSchemeFile, Host = "", Path = full }.Uri.AbsoluteUri
            : string.Join('/', below.Split(Path.DirectorySeparatorChar).Select(System.Uri.EscapeDataString));
    }

    private static JsonObject Text(string text) => new() { ["text"] = text };

    /// <summary>A severity as SARIF has it.</summary>
    public static string Level(Severity severity) => severity switch
    {
        Severity.Critical or Severity.High => "error",
        Severity.Medium => "warning",
        Severity.Low or Severity.Info => "note",
    };

    /// <summary>A severity by the numbers by which code scanning of common forges groups security findings: over 9 critical, from 7 high, from 4 medium.</summary>
    public static string Score(Severity severity) => severity switch
    {
        Severity.Critical => "9.5",
        Severity.High => "8.0",
        Severity.Medium => "5.5",
        Severity.Low => "3.0",
        Severity.Info => "1.0",
    };
}
