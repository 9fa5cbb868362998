using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac who-can</c>: the users, groups and ServiceAccounts that may do something.</summary>
internal static class WhoCanCommand
{
    public static Command Create()
    {
        var (input, question, output) = (new RbacInputOptions(RbacNeeds.Holders), new RbacQuestionOptions(), RbacOutput.Option());
        var anywhere = new Option<bool>("--anywhere", "-A") { Description = "Also whoever may do it in a single namespace only." };
        var command = new Command("who-can", "Who may do something: users, groups and ServiceAccounts, each with what gives it. Ends with 0: answered; 2: the input is wrong; 3: answered, but not all could be read.");
        input.AddTo(command);
        question.AddTo(command);
        command.Add(anywhere);
        command.Add(output);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var holders = read.Index.WhoCan(question.Read(parsed), parsed.GetValue(anywhere));
            Gap[] unknown = [.. RbacOutput.Unknown(read, holders.Any(holder => holder.Subject.Kind == SubjectKind.Group))];
            if (parsed.GetValue(output) == RbacOutput.Json)
            {
                RbacOutput.Print(new JsonObject
                {
                    ["subjects"] = RbacOutput.Array(holders, holder =>
                    {
                        var subject = new JsonObject { ["kind"] = holder.Subject.Kind.ToString(), ["name"] = holder.Subject.Name, ["namespace"] = holder.Subject.Namespace, ["via"] = RbacOutput.Array(holder.Via, RbacOutput.Of) };
                        if (holder.Through is { } group) subject["through"] = group;
                        return subject;
                    }),
                    ["notEvaluated"] = RbacOutput.NotEvaluated(unknown),
                });
            }
            else
            {
                var table = new TextTable("SUBJECT", "THROUGH", "BINDING", "ROLE", "RULE");
                foreach (var holder in holders)
                    foreach (var via in holder.Via) table.Add(holder.Subject.ToString(), holder.Through ?? "", via.Binding.Reference, via.Role.Reference, $"{via.RuleIndex}: {RbacOutput.Words(via.Rule)}");
                if (holders.IsEmpty) System.Console.Out.WriteLine("Nobody, by what was read.");
                else table.Print();
                RbacOutput.PrintBeside(unknown, read.Notes);
            }

            return read.Unless(RbacCommand.Yes);
        });
        return command;
    }
}
