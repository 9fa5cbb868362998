using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac covers</c>: whether one set of rules gives no more than another, as the API server's escalation check decides it.</summary>
internal static class CoversCommand
{
    public static Command Create()
    {
        var owner = new Option<string>("--owner") { Description = "A file with a JSON array of rules: what somebody has.", Required = true };
        var servant = new Option<string>("--servant") { Description = "A file with a JSON array of rules: what is asked about.", Required = true };
        var output = RbacOutput.Option();
        var command = new Command("covers", "Whether whoever has the owner's rules gains nothing by the servant's. Ends with 0: covered; 1: not covered; 2: the input is wrong.") { owner, servant, output };
        command.SetAction(parsed =>
        {
            if (Rules(parsed.GetRequiredValue(owner)) is not { } owned || Rules(parsed.GetRequiredValue(servant)) is not { } asked) return RbacCommand.Wrong;
            // A short file can name a product without end; the API server would take as long, but nobody waits for it here.
            if (asked.Sum(Atoms) is var atoms && atoms > RuleAtoms.Max) return Console.Refuse($"The servant's rules come to more than {RuleAtoms.Max} single permissions.");
            var uncovered = Escalation.Uncovered(owned, asked);
            if (parsed.GetValue(output) == RbacOutput.Json)
            {
                RbacOutput.Print(new JsonObject { ["covers"] = uncovered.Count == 0, ["uncovered"] = RbacOutput.Array(uncovered, RbacOutput.Of) });
            }
            else
            {
                System.Console.Out.WriteLine(uncovered.Count == 0 ? "covered" : "not covered:");
                foreach (var rule in uncovered) System.Console.Out.WriteLine(TextTable.Shown("  " + RbacOutput.Words(rule)));
            }

            return uncovered.Count == 0 ? RbacCommand.Yes : RbacCommand.No;
        });
        return command;
    }

    private static double Atoms(PolicyRule rule) =>
        ((double)rule.ApiGroups.Length * rule.Resources.Length * rule.Verbs.Length * Math.Max(1, rule.ResourceNames.Length)) + ((double)rule.NonResourceUrls.Length * rule.Verbs.Length);

    private static IReadOnlyList<PolicyRule>? Rules(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file);
            var rules = ManifestReader.ReadRules(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsSpan(3) : bytes);
            if (rules.Succeeded) return rules.Value;
            Console.Refuse(TextTable.Shown($"{file}, {rules.Refusal!.Message}"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Refuse(TextTable.Shown($"{file}: {problem.Message}"));
        }

        return null;
    }
}
