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
        var gravest = report.Audit.Findings.GroupBy(finding => finding.Check.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Max(finding => finding.Severity), StringComparer.Ordinal);
        var rules = Rules(gravest);
        return Document(
            RbacOutput.Array(rules, rule => rule.Json),
            new JsonObject
            {
                ["executionSuccessful"] = report.Input.Gaps.IsEmpty,
                ["toolExecutionNotifications"] = RbacOutput.Array(report.Unknown, gap =>
                {
                    var notification = new JsonObject { ["level"] = "warning", ["message"] = Text($"Not evaluated: {gap.What}: {gap.Why}") };
                    if (report.Input.Manifests?.GapPlaces.GetValueOrDefault(gap.What) is { } place) notification["locations"] = new JsonArray(Location(place));
                    return notification;
                }),
            },
            RbacOutput.Array(report.Audit.Findings, finding => Result(finding, rules.FindIndex(rule => rule.Id == finding.Check.Id), report)));
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

    /// <summary>A rule for each check, whether it found something or not, so that one can see what was looked for.</summary>
    /// <param name="gravest">How grave the gravest finding of a check is, by its id. An id that no check has, as of an earlier release, is a rule too.</param>
    public static List<(string Id, JsonObject Json)> Rules(IReadOnlyDictionary<string, Severity> gravest)
    {
        var unknown = gravest.Keys.Except(Checks.All.Select(check => check.Id), StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return [.. Checks.All.OrderBy(check => check.Id, StringComparer.Ordinal).Select(check => (check.Id, Rule(check, gravest.TryGetValue(check.Id, out var severity) ? severity : null))), .. unknown.Select(id => (id, new JsonObject { ["id"] = id }))];
    }

    // Without a finding nothing says how grave one would be: that depends on where it reaches.
    private static JsonObject Rule(Check check, Severity? gravest)
    {
        var properties = new JsonObject { ["tags"] = RbacOutput.Array<string>(["security", .. check.Cis.Select(id => $"CIS-{id}"), .. check.Mitre], tag => JsonValue.Create(tag)) };
        var rule = new JsonObject
        {
            ["id"] = check.Id,
            ["shortDescription"] = Text(check.Title),
            ["fullDescription"] = Text(check.Attack),
            ["help"] = Text(check.Fix),
        };
        if (gravest is { } severity)
        {
            rule["defaultConfiguration"] = new JsonObject { ["level"] = Level(severity) };
            properties["security-severity"] = Score(severity);
        }

        rule["properties"] = properties;
        return rule;
    }

    private static JsonObject Result(Finding finding, int rule, ScanReport report)
    {
        var location = report.PlaceOf(finding) is { } place ? Location(place) : [];
        var names = new[] { finding.Binding, finding.Role, finding.Subject?.ToString() ?? "" }.Where(name => name.Length > 0);
        location["logicalLocations"] = RbacOutput.Array(names, name => new JsonObject { ["fullyQualifiedName"] = name, ["kind"] = "resource" });
        var result = new JsonObject
        {
            ["ruleId"] = finding.Check.Id,
            ["ruleIndex"] = rule,
            ["level"] = Level(finding.Severity),
            ["message"] = Text($"{finding.Check.Title}: {finding.Evidence} {finding.Fix}"),
            ["locations"] = new JsonArray(location),
            ["partialFingerprints"] = new JsonObject { ["lapseFinding/v1"] = finding.Fingerprint },
            ["properties"] = new JsonObject { ["severity"] = ScanReport.Word(finding.Severity) },
        };
        if (report.Accepted(finding) is { } why) result["suppressions"] = Suppression(why);
        return result;
    }

    /// <summary>That a finding is accepted, and why if the audit itself says so.</summary>
    public static JsonArray Suppression(string because)
    {
        var suppression = new JsonObject { ["kind"] = "external", ["status"] = "accepted" };
        if (because.Length > 0) suppression["justification"] = because;
        return [suppression];
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
