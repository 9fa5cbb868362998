using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kills;
using Lapse.Sandbox;

namespace Lapse.Benchmarks.Kills;

/// <summary>
/// The verb <c>kills</c>: the portal is killed with SIGKILL at a step of a grant's life that the seed chooses, at the step's end or
/// some milliseconds after its beginning, and started again; the table says how often the outcome was right and how late the end was.
/// </summary>
internal static class KillsCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "How many lives.", DefaultValueFactory = _ => 100 };
        var seed = new Option<int>("--seed") { Description = "Chooses the points.", DefaultValueFactory = _ => 1 };
        var atOnce = new Option<int>("--at-once") { Description = "Lives beside each other.", DefaultValueFactory = _ => 4 };
        var command = new Command("kills", "Kills the portal at every step of provision and revoke, and of removing and restoring a standing binding, starts it again, and judges the outcome.") { runs, seed, atOnce };
        command.SetAction(async (parsed, cancellation) => await RunAsync(parsed.GetValue(runs), parsed.GetValue(seed), parsed.GetValue(atOnce), cancellation) ? 0 : 1);
        return command;
    }

    private static async Task<bool> RunAsync(int runs, int seed, int atOnce, CancellationToken cancellation)
    {
        await using var bench = new Bench(quick: false);
        await bench.PostgresAsync(cancellation);
        await bench.ControlPlaneAsync(cancellation);
        var lives = await PlayAsync(bench, [KillPlans.Untouched, KillPlans.Failing], atOnce, cancellation);
        IReadOnlyList<KillPlan> plans = [.. KillPlans.Once(lives[0].Steps, lives[1].Steps), .. KillPlans.Twice, .. KillPlans.More, KillPlans.DownAtTheEnd];
        var results = await PlayAsync(bench, [.. Choose(plans, runs, seed)], atOnce, cancellation);
        Write(results, seed, Console.Out);
        // The hand-over from an access to its extension, at each of its steps once.
        var whole = await PlayAsync(bench, [KillPlans.Untouched], atOnce, cancellation, TakeOverStory.RunAsync);
        var takeOvers = await PlayAsync(bench, [.. KillPlans.Once(whole[0].Steps, []), KillPlans.TakeOver], atOnce, cancellation, TakeOverStory.RunAsync);
        Console.Out.WriteLine();
        Console.Out.WriteLine("While an extension takes over:");
        Write(takeOvers, Console.Out);
        // A standing binding that a reviewed change removes, and that an admin wants back.
        var standing = await PlayAsync(bench, [.. KillPlans.StandingOnce, KillPlans.Standing], atOnce, cancellation, StandingStory.RunAsync);
        Console.Out.WriteLine();
        Console.Out.WriteLine("While a standing binding is removed and made again:");
        Write(standing, Console.Out);
        results = [.. results, .. whole, .. takeOvers, .. standing];
        foreach (var wrong in results.Where(result => result.Problems.Count > 0)) await Console.Error.WriteLineAsync($"{wrong.Plan}: {string.Join(' ', wrong.Problems)}");
        return results.All(result => result.Problems.Count == 0);
    }

    // Every point equally often, in an order of the seed's; every second time not at the step's end, but somewhere behind its beginning.
    private static IEnumerable<KillPlan> Choose(IReadOnlyList<KillPlan> plans, int runs, int seed)
    {
#pragma warning disable CA5394 // It has to be repeatable.
        var random = new Random(seed);
        for (var run = 0; run < runs;)
        {
            KillPlan[] round = [.. plans];
            random.Shuffle(round);
            foreach (var plan in round.Take(runs - run))
            {
                var amid = random.Next(2) == 0 && plan.Kills is [{ DownUntilTheEnd: false }] ? TimeSpan.FromMilliseconds(random.Next(40)) : (TimeSpan?)null;
                yield return amid is null ? plan with { } : plan with { Kills = [plan.Kills[0] with { Within = amid }] };
                run++;
            }
        }
#pragma warning restore CA5394
    }

    private static async Task<IReadOnlyList<KillResult>> PlayAsync(Bench bench, IReadOnlyList<KillPlan> plans, int atOnce, CancellationToken cancellation, Func<KillPlan, TestDatabase, ControlPlane, CancellationToken, Task<KillResult>>? play = null)
    {
        play ??= KillStory.RunAsync;
        var results = new ConcurrentDictionary<int, KillResult>();
        await Parallel.ForEachAsync(Enumerable.Range(0, plans.Count), new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, async (i, token) =>
        {
            await using var database = await bench.DatabaseAsync(token);
            results[i] = await play(plans[i], database, await bench.ControlPlaneAsync(token), token);
            Bench.Say($"{results.Count} of {plans.Count}: {plans[i]}: {(results[i].Problems.Count == 0 ? "right" : string.Join(' ', results[i].Problems))}");
        });
        return [.. Enumerable.Range(0, plans.Count).Select(i => results[i])];
    }

    private static void Write(IReadOnlyList<KillResult> results, int seed, TextWriter to)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Count} lives, seed {seed}"));
        Write(results, to);
    }

    private static void Write(IReadOnlyList<KillResult> results, TextWriter to)
    {
        to.WriteLine("| killed after | lives | right | usable p50 | p99 | gone p50 | p99 | max |");
        to.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var group in results.GroupBy(result => result.Plan.Words(kill => kill.DownUntilTheEnd ? $"{kill.Point}, down until after the end" : kill.Point)).OrderBy(group => group.Key, StringComparer.Ordinal))
            Row(group.Key, [.. group], to);
        Row("all", results, to);
    }

    private static void Row(string name, IReadOnlyList<KillResult> results, TextWriter to)
    {
        double[] usable = [.. results.Select(result => result.UsableAfter).OfType<TimeSpan>().Select(time => time.TotalSeconds)];
        double[] gone = [.. results.Select(result => result.GoneAfter).OfType<TimeSpan>().Select(time => time.TotalSeconds)];
        to.WriteLine($"| {name} | {results.Count} | {results.Count(result => result.Problems.Count == 0)} | {Seconds(usable, 50)} | {Seconds(usable, 99)} | {Seconds(gone, 50)} | {Seconds(gone, 99)} | {Seconds(gone, 100)} |");
    }

    private static string Seconds(double[] values, double percent) => values.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{Percentiles.Of(values, percent):0.00} s");
}
