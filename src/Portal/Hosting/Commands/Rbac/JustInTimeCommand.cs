using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Features.JustInTime;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac just-in-time</c>: what it would take to turn standing bindings of manifests into just-in-time access, as a file and commands.</summary>
internal static class JustInTimeCommand
{
    public static Command Create()
    {
        var (input, output) = (new RbacInputOptions(RbacNeeds.Everything, withDefaults: false, clusters: false), RbacOutput.Option());
        var bindings = new Option<string[]>("--binding") { Description = "KIND/[NAMESPACE/]NAME of a binding, such as RoleBinding/shop/support; may be given several times.", Required = true };
        var cluster = new Option<string>("--cluster") { Description = "The cluster's name in Lapse, for the entry.", DefaultValueFactory = _ => "CLUSTER" };
        var environment = new Option<ClusterEnvironment>("--environment") { Description = "How much hangs on the place.", DefaultValueFactory = _ => ClusterEnvironment.Production };
        var workflow = new Option<string>("--workflow") { Description = "The workflow's name in Lapse, for the entry.", DefaultValueFactory = _ => "WORKFLOW" };
        var command = new Command("just-in-time", "Print the catalogue entry, the commands that remove standing bindings once it is in force, and those that restore them. Changes nothing. Ends with 0: printed; 1: a binding cannot become just-in-time access; 2: the input is wrong; 3: printed, but not all could be read.");
        input.AddTo(command);
        foreach (var option in (Option[])[bindings, cluster, environment, workflow, output]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var found = Find(read, parsed.GetRequiredValue(bindings));
            if (!found.Succeeded) return Refuse(found.Refusal!, RbacCommand.Wrong);
            if ((found.Value.Select(one => StandingRules.Check(one, [])).FirstOrDefault(refusal => refusal is not null) ?? StandingRules.CheckTogether(found.Value)) is { } refused) return Refuse(refused, RbacCommand.No);
            var severity = Gravest(read, found.Value);
            var proposal = JustInTimeProposal.Of(found.Value, parsed.GetRequiredValue(environment), severity, [], [], []);
            var run = DryRun.Of(DryRun.EntryOf(proposal, parsed.GetRequiredValue(cluster), parsed.GetRequiredValue(workflow)), found.Value);
            // What no manifest says, its reader decides: who asks and who approves.
            string[] reasons = [.. proposal.Reasons.Where(reason => !reason.Contains("workflow", StringComparison.OrdinalIgnoreCase)), $"For what it gives, its workflow should want {Words.Count(JustInTimeProposal.ApprovalsFor(severity), "approval")}."];
            if (parsed.GetValue(output) == RbacOutput.Json) PrintJson(run, reasons, read);
            else Print(run, reasons, read);
            return read.Unless(RbacCommand.Yes);
        });
        return command;
    }

    private static Outcome<IReadOnlyList<ReviewedBinding>> Find(RbacInput read, IReadOnlyList<string> wanted)
    {
        List<ReviewedBinding> found = [];
        foreach (var text in wanted)
        {
            // KIND/NAMESPACE/NAME as the audit writes it, or with the slash that a shell needs no quotes for.
            var reference = text.Contains(' ', StringComparison.Ordinal) || text.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash) ? text : $"{text[..slash]} {text[(slash + 1)..]}";
            if (ReviewedBinding.ReadReference(reference) is not { } named) return new Refusal("NoBinding", $"{text} names no binding. Write it like RoleBinding/shop/support or ClusterRoleBinding/ci.");
            if (read.Index.Binding(named.Namespace ?? "", named.Name) is not { } binding) return new Refusal("NoBinding", $"There is no {reference} among the manifests.");
            found.Add(ReviewedBinding.Of(binding));
        }
        return found;
    }

    private static Severity? Gravest(RbacInput read, IReadOnlyList<ReviewedBinding> bindings)
    {
        var references = bindings.Select(one => one.Reference).ToHashSet(StringComparer.Ordinal);
        return RbacAudit.Scan(read.Index, new AuditSettings()).Findings.Where(finding => references.Contains(finding.Binding)).Max(finding => (Severity?)finding.Severity);
    }

    private static int Refuse(Refusal refusal, int code)
    {
        Console.Refuse(TextTable.Shown(refusal.Message));
        return code;
    }

    private static void PrintJson(DryRun run, string[] reasons, RbacInput read) => RbacOutput.Print(new JsonObject
    {
        ["entries"] = JsonNode.Parse(run.Entry)!["entries"]!.DeepClone(),
        ["remove"] = run.Remove,
        ["restore"] = run.Restore,
        ["reasons"] = RbacOutput.Array(reasons, reason => JsonValue.Create(reason)),
        ["notEvaluated"] = RbacOutput.NotEvaluated(read.Gaps),
    });

    private static void Print(DryRun run, string[] reasons, RbacInput read)
    {
        var print = System.Console.Out;
        foreach (var reason in reasons) print.WriteLine(TextTable.Shown($"# {reason}"));
        print.WriteLine("\n# 1. The catalogue entry, for lapse apply --file:");
        print.Write(run.Entry);
        print.WriteLine("\n# 2. Once it can be asked for. The manifests do not say which object is meant: this deletes whatever has the name.");
        print.Write(run.Remove);
        print.WriteLine("\n# To go back:");
        print.Write(run.Restore);
        RbacOutput.PrintBeside([.. read.Gaps], read.Notes);
    }
}
