using System.CommandLine;
using System.Text.Json.Nodes;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary><c>lapse rbac what-can</c>: everything that somebody has, and through what.</summary>
internal static class WhatCanCommand
{
    public static Command Create()
    {
        var (input, who, output) = (new RbacInputOptions(RbacNeeds.Access), new RbacRequesterOptions(), RbacOutput.Option());
        var command = new Command("what-can", "Everything that somebody may do, by binding. Ends with 0: answered; 2: the input is wrong; 3: answered, but not all could be read.");
        input.AddTo(command);
        who.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await input.ReadAsync(parsed, cancellation) is not { } read) return RbacCommand.Wrong;
            var requester = who.Read(parsed);
            var holdings = read.Index.WhatCan(requester);
            Gap[] gaps = [.. RbacOutput.MissingRoles(read, holdings.Where(holding => holding.Role is null).Select(holding => holding.Binding)), .. read.Gaps];
            if (parsed.GetValue(output) == RbacOutput.Json)
            {
                RbacOutput.Print(new JsonObject
                {
                    ["user"] = requester.Name,
                    ["groups"] = RbacOutput.Array(requester.Groups, group => JsonValue.Create(group)),
                    ["everything"] = requester.IsMaster,
                    ["holdings"] = RbacOutput.Array(holdings, holding => new JsonObject
                    {
                        ["binding"] = holding.Binding.Reference,
                        ["role"] = holding.Role?.Reference ?? "",
                        ["namespace"] = holding.Binding.Namespace,
                        ["through"] = holding.Through.ToString(),
                        ["rules"] = RbacOutput.Array(holding.Role?.Rules ?? [], RbacOutput.Of),
                    }),
                    ["notEvaluated"] = RbacOutput.NotEvaluated(gaps),
                });
            }
            else
            {
                if (requester.IsMaster) System.Console.Out.WriteLine("Everything, as a member of system:masters, before RBAC is asked.");
                var table = new TextTable("WHERE", "BINDING", "ROLE", "THROUGH", "RULE");
                foreach (var holding in holdings)
                    foreach (var rule in holding.Role?.Rules ?? [])
                        table.Add(holding.Binding.IsClusterWide ? "whole cluster" : holding.Binding.Namespace, holding.Binding.Reference, holding.Role!.Reference, holding.Through.ToString(), RbacOutput.Words(rule));
                if (holdings.IsEmpty) System.Console.Out.WriteLine("Nothing, by what was read.");
                else table.Print();
                RbacOutput.PrintBeside(gaps, read.Notes);
            }

            return read.Unless(RbacCommand.Yes);
        });
        return command;
    }
}
