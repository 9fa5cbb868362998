using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac paths</c>: whether somebody can ever become administrator of the cluster, or read a namespace's Secrets, and how.</summary>
internal static class PathsCommand
{
    public static Command Create()
    {
        var (input, who, output) = (new RbacInputOptions(RbacNeeds.Paths), new RbacRequesterOptions(), RbacOutput.Option());
        var secrets = new Option<string?>("--secrets-in") { Description = "Ask who reads the Secrets of this namespace instead of who becomes administrator of the cluster." };
        var certain = new Option<bool>("--only-certain") { Description = "Leave out ways that assume something which RBAC alone does not show." };
        var most = new Option<int>("--most") { Description = "How many ways are listed at most.", DefaultValueFactory = _ => new PathLimits().Most };
        most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100) result.AddError("--most is a number from 1 to 100.");
        });
        var command = new Command("paths", "Whether somebody can ever become administrator of the cluster, in however many steps, and how: the shortest way first. Ends with 0: there is a way; 1: there is none; 2: the input is wrong; 3: there is none by what could be read, and not all could.");
        input.AddTo(command);
        who.AddTo(command);
        foreach (var option in (Option[])[secrets, certain, most, output]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var requester = who.Read(parsed);
            var target = parsed.GetValue(secrets) is { Length: > 0 } space ? PathTarget.SecretsIn(space) : PathTarget.ClusterAdmin;
            var paths = new AttackPaths(read.Index).From(requester, target, new PathLimits { Most = parsed.GetValue(most), OnlyCertain = parsed.GetValue(certain) });
            Gap[] unknown = [.. RbacOutput.Unknown(read, groups: false)];
            var goal = target.SecretsNamespace is { } of ? new PathNode(PathNodeKind.Secrets, of) : new PathNode(PathNodeKind.ClusterAdmin, "");
            if (parsed.GetValue(output) == RbacOutput.Json) PrintJson(paths, requester, goal, unknown);
            else Print(paths, requester, goal, unknown, read);
            return paths.Length > 0 ? RbacCommand.Yes : read.Unless(RbacCommand.No);
        });
        return command;
    }

    private static void PrintJson(IReadOnlyList<AttackPath> paths, Requester requester, PathNode goal, Gap[] unknown) => RbacOutput.Print(new JsonObject
    {
        ["user"] = requester.Name,
        ["groups"] = RbacOutput.Array(requester.Groups, group => JsonValue.Create(group)),
        ["goal"] = goal.ToString(),
        ["reachable"] = paths.Count > 0,
        ["paths"] = RbacOutput.Array(paths, path => new JsonObject
        {
            ["certain"] = path.IsCertain,
            ["steps"] = RbacOutput.Array(path.Steps, step => new JsonObject
            {
                ["from"] = step.From.ToString(),
                ["to"] = step.To.ToString(),
                ["sentence"] = step.Sentence,
                ["assumes"] = step.Assumes,
                ["by"] = RbacOutput.Array(step.By, RbacOutput.Of),
            }),
        }),
        ["notEvaluated"] = RbacOutput.NotEvaluated(unknown),
    });

    private static void Print(IReadOnlyList<AttackPath> paths, Requester requester, PathNode goal, Gap[] unknown, RbacInput read)
    {
        var print = System.Console.Out;
        if (paths.Count == 0) print.WriteLine(TextTable.Shown($"no way from {requester.Name} to {goal}, by what was read"));
        foreach (var path in paths)
        {
            print.WriteLine(TextTable.Shown($"in {Words.Count(path.Steps.Length, "step")}{(path.IsCertain ? "" : ", if what it assumes is so")}: {path}"));
            foreach (var (step, number) in path.Steps.Select((step, i) => (step, i + 1)))
                print.WriteLine(TextTable.Shown($"  {number}. {step.Sentence}"));
        }

        RbacOutput.PrintBeside(unknown, read.Notes);
    }
}
