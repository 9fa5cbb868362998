using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac can</c>: whether somebody may do something, and by what.</summary>
internal static class CanCommand
{
    public static Command Create()
    {
        var (input, who, question, output) = (new RbacInputOptions(RbacNeeds.Access), new RbacRequesterOptions(), new RbacQuestionOptions(), RbacOutput.Option());
        var command = new Command("can", "Whether somebody may do something, and by which binding, role and rule. Ends with 0: allowed; 1: not allowed; 2: the input is wrong; 3: not allowed by what could be read, and not all could.");
        input.AddTo(command);
        who.AddTo(command);
        question.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var (requester, asked) = (who.Read(parsed), question.Read(parsed));
            var answer = read.Index.Authorize(requester, asked);
            Gap[] gaps = [.. RbacOutput.MissingRoles(read, read.Index.WhatCan(requester).Where(holding => holding.Role is null).Select(holding => holding.Binding)), .. read.Gaps];
            if (parsed.GetValue(output) == RbacOutput.Json) PrintJson(answer, gaps);
            else PrintTable(answer, asked, requester, gaps, read);
            return answer.Allowed ? RbacCommand.Yes : read.Unless(RbacCommand.No);
        });
        return command;
    }

    private static void PrintJson(Authorization answer, Gap[] gaps)
    {
        var json = new JsonObject { ["allowed"] = answer.Allowed, ["by"] = RbacOutput.Array(answer.By, RbacOutput.Of) };
        if (answer.BeforeRbac) json["before"] = Requester.Masters;
        json["notEvaluated"] = RbacOutput.NotEvaluated(gaps);
        RbacOutput.Print(json);
    }

    private static void PrintTable(Authorization answer, AccessQuestion asked, Requester requester, Gap[] gaps, RbacInput read)
    {
        System.Console.Out.WriteLine(TextTable.Shown($"{(answer.Allowed ? "allowed" : "not allowed")}: {asked}, as {requester.Name}"));
        if (answer.BeforeRbac) System.Console.Out.WriteLine($"The group {Requester.Masters} may do everything, before RBAC is asked.");
        if (!answer.By.IsEmpty)
        {
            var table = new TextTable("BINDING", "ROLE", "RULE");
            foreach (var by in answer.By) table.Add(by.Binding.Reference, by.Role.Reference, $"{by.RuleIndex}: {RbacOutput.Words(by.Rule)}");
            table.Print();
        }

        RbacOutput.PrintBeside(gaps, read.Notes);
    }
}
