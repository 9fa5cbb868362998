using System.CommandLine;

namespace Lapse.Benchmarks;

/// <summary>A verb of the program: scenarios that are measured one after the other and share a table.</summary>
internal static class ScenarioCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(string name, string words, params IScenario[] scenarios)
    {
        var quick = new Option<bool>("--quick") { Description = "Tiny sizes: shows that everything works; the figures mean nothing." };
        var only = new Option<string[]>("--only") { Description = $"Some of: {string.Join(", ", scenarios.Select(s => s.Name))}.", AllowMultipleArgumentsPerToken = true };
        only.AcceptOnlyFromAmong([.. scenarios.Select(s => s.Name)]);
        var command = new Command(name, words) { quick, only };
        command.SetAction(async (parsed, cancellation) =>
        {
            var table = new FigureTable();
            await using (var bench = new Bench(parsed.GetValue(quick)))
            {
                foreach (var scenario in scenarios.Where(s => parsed.GetValue(only) is not { Length: > 0 } chosen || chosen.Contains(s.Name)))
                {
                    Bench.Say($"{name} {scenario.Name}");
                    await scenario.RunAsync(bench, table, cancellation);
                }
            }
            table.Write(Console.Out);
            return 0;
        });
        return command;
    }
}
