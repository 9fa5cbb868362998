using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Rbac.Manifests;
using Lapse.Portal.Features.Ledger;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac scan</c>: holds manifests, or a cluster, against every check.</summary>
internal static class ScanCommand
{
    private const string Never = "never";

    public static Command Create()
    {
        var (input, output) = (new RbacInputOptions(RbacNeeds.Everything, withDefaults: false), RbacOutput.Option(RbacOutput.Sarif, RbacOutput.Csv));
        var failOn = new Option<string>("--fail-on") { Description = "End with 1 from this severity on.", DefaultValueFactory = _ => "high" };
        failOn.AcceptOnlyFromAmong([.. Enum.GetValues<Severity>().Select(ScanReport.Word), Never]);
        var privileged = new Option<string[]>("--privileged-namespace") { Description = "A namespace whose control is control of the cluster, besides those that are learnt; may be given several times. kube-system if left out." };
        var command = new Command("scan", "Hold manifests or a cluster against every check. Ends with 0: nothing at or above --fail-on, and all was read; 1: something was found; 2: the input is wrong, or there is nothing to read; 3: nothing was found, but not all could be read.");
        input.AddTo(command);
        command.Add(failOn);
        command.Add(privileged);
        command.Add(output);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var settings = parsed.GetValue(privileged) is { Length: > 0 } namespaces ? new AuditSettings { PrivilegedNamespaces = [.. namespaces] } : new AuditSettings();
            var report = new ScanReport(RbacAudit.Scan(read.Index, settings, read.Records), read);
            switch (parsed.GetValue(output))
            {
                case RbacOutput.Json: RbacOutput.Print(report.Json()); break;
                case RbacOutput.Sarif: RbacOutput.Print(ScanSarif.Of(report)); break;
                case RbacOutput.Csv: System.Console.Out.Write(report.Csv()); break;
                default: report.PrintTable(); break;
            }

            var grave = parsed.GetRequiredValue(failOn) is var word && word != Never && report.Audit.Findings.Any(finding => report.Accepted(finding) is null && finding.Severity >= Enum.Parse<Severity>(word, ignoreCase: true));
            return grave ? RbacCommand.No : read.Unless(RbacCommand.Yes);
        });
        return command;
    }
}

/// <summary>What a scan found, in the shapes that it is printed in.</summary>
/// <param name="Audit">What was found.</param>
/// <param name="Input">What was read.</param>
internal sealed record ScanReport(AuditResult Audit, RbacInput Input)
{
    /// <summary>What was not evaluated: documents, and checks.</summary>
    public IReadOnlyList<Gap> Unknown { get; } =
        [.. Input.Gaps, .. Audit.NotEvaluated.Where(not => !Input.Gaps.Any(gap => not.Why.Contains(gap.What, StringComparison.Ordinal))).Select(not => new Gap(not.Check, not.Why))];

    /// <summary>Why a finding is accepted, so that it fails no pipeline; <see langword="null"/> if it is not.</summary>
    public string? Accepted(Finding finding)
    {
        if (finding.AcceptedBecause.Length > 0) return finding.AcceptedBecause;
        return Input.Accepted.TryGetValue(finding.Fingerprint, out var accepted) && finding.Severity <= accepted.Severity ? $"Accepted in Lapse until {CanonicalTime.Text(accepted.Until)}." : null;
    }

    public static string Word(Severity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>Where the manifest is that the finding is about; <see langword="null"/> where it is not known.</summary>
    public ManifestPlace? PlaceOf(Finding finding)
    {
        foreach (var reference in (string?[])[finding.Binding, finding.Role, finding.Subject?.ToString()])
            if (reference is { Length: > 0 } && Input.Manifests?.Places.GetValueOrDefault(reference) is { } place) return place;
        return null;
    }

    public JsonObject Json()
    {
        var counts = new JsonObject();
        foreach (var severity in Enum.GetValues<Severity>().Reverse()) counts[Word(severity)] = Audit.Findings.Count(finding => finding.Severity == severity);
        var passed = new JsonObject();
        foreach (var (kind, count) in Input.Manifests?.PassedOver ?? System.Collections.Immutable.ImmutableSortedDictionary<string, int>.Empty) passed[kind] = count;
        var read = new JsonObject { ["files"] = Input.Manifests?.Files ?? 0, ["objects"] = Input.Objects, ["passedOver"] = passed };
        if (Input.Cluster.Length > 0) read["cluster"] = Input.Cluster;
        return new JsonObject
        {
            ["findings"] = RbacOutput.Array(Audit.Findings, Of),
            ["counts"] = counts,
            ["notEvaluated"] = RbacOutput.NotEvaluated(Unknown),
            ["notes"] = RbacOutput.Array(Input.Notes, note => JsonValue.Create(note)),
            ["read"] = read,
        };
    }

    /// <summary>As RFC 4180 has it, without cells that a spreadsheet takes for formulas. What was not evaluated is in it too.</summary>
    public string Csv()
    {
        var text = new StringBuilder("id,severity,title,subject,role,binding,namespace,evidence,fix,file,line,fingerprint,accepted\r\n");
        foreach (var finding in Audit.Findings)
        {
            var place = PlaceOf(finding);
            Line(finding.Check.Id, Word(finding.Severity), finding.Check.Title, finding.Subject?.ToString() ?? "", finding.Role, finding.Binding, finding.Namespace, finding.Evidence, finding.Fix, place?.File ?? "", place?.Line.ToString(CultureInfo.InvariantCulture) ?? "", finding.Fingerprint, Accepted(finding) ?? "");
        }

        foreach (var gap in Unknown) Line(gap.What, "not evaluated", "", "", "", "", "", gap.Why, "", "", "", "", "");
        return text.ToString();

        void Line(params string[] cells) => text.AppendJoin(',', cells.Select(LedgerCsv.Cell)).Append("\r\n");
    }

    public void PrintTable()
    {
        if (Audit.Findings.IsEmpty)
        {
            System.Console.Out.WriteLine("Nothing was found.");
        }
        else
        {
            var table = new TextTable("SEVERITY", "ID", "WHAT", "SUBJECT", "EVIDENCE") { Colour = (column, cell) => column == 0 ? Code(cell) : null };
            foreach (var finding in Audit.Findings)
                table.Add(Word(finding.Severity) + (Accepted(finding) is null ? "" : ", accepted"), finding.Check.Id, finding.Check.Title, finding.Subject?.ToString() ?? "", finding.Evidence);
            table.Print();
        }

        var counted = Audit.Findings.GroupBy(finding => finding.Severity).Select(group => $"{group.Count()} {Word(group.Key)}");
        System.Console.Out.WriteLine();
        System.Console.Out.WriteLine($"{Words.Count(Audit.Findings.Length, "finding")}{(Audit.Findings.IsEmpty ? "" : $" ({string.Join(", ", counted)})")} in {Words.Count(Input.Objects, "object")} of {(Input.Manifests is { } manifests ? Words.Count(manifests.Files, "file") : TextTable.Shown(Input.Cluster))}; {Words.Count(Unknown.Count, "thing")} not evaluated.");
        RbacOutput.PrintBeside(Unknown, Input.Notes);
    }

    private JsonObject Of(Finding finding)
    {
        var json = new JsonObject
        {
            ["id"] = finding.Check.Id,
            ["severity"] = Word(finding.Severity),
            ["title"] = finding.Check.Title,
            ["subject"] = finding.Subject?.ToString() ?? "",
            ["role"] = finding.Role,
            ["binding"] = finding.Binding,
            ["namespace"] = finding.Namespace,
            ["evidence"] = finding.Evidence,
            ["attack"] = finding.Check.Attack,
            ["fix"] = finding.Fix,
            ["cis"] = RbacOutput.Array(finding.Check.Cis, id => JsonValue.Create(id)),
            ["mitre"] = RbacOutput.Array(finding.Check.Mitre, id => JsonValue.Create(id)),
            ["fingerprint"] = finding.Fingerprint,
        };
        if (Accepted(finding) is { } why) json["accepted"] = why;
        if (PlaceOf(finding) is { } place) json["place"] = new JsonObject { ["file"] = place.File, ["document"] = place.Document, ["line"] = place.Line };
        return json;
    }

    private static string? Code(string severity) => severity switch
    {
        "critical" => "1;31",
        "high" => "31",
        "medium" => "33",
        "low" => "36",
        _ => null,
    };
}
