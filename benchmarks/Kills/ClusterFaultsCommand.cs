using System.CommandLine;
using System.Globalization;
using Lapse.Infrastructure.Tests.Kills;

namespace Lapse.Benchmarks.Kills;

/// <summary>The verb <c>faults</c>: the API server fails after and amid every step, in every way, for as long as is said.</summary>
internal static class ClusterFaultsCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var lasts = new Option<int>("--seconds") { Description = "How long each fault lasts.", DefaultValueFactory = _ => 40 };
        var command = new Command("faults", "The API server is away or answers nonsense after and amid every step of a grant's life, in every way.") { lasts };
        command.SetAction(async (parsed, cancellation) => await RunAsync(TimeSpan.FromSeconds(parsed.GetValue(lasts)), cancellation) ? 0 : 1);
        return command;
    }

    private static async Task<bool> RunAsync(TimeSpan lasts, CancellationToken cancellation)
    {
        await using var bench = new Bench(quick: false);
        await bench.PostgresAsync(cancellation);
        var cluster = await bench.ControlPlaneAsync(cancellation);
        List<FaultResult> results = [];
        foreach (var fault in Enum.GetValues<ClusterFault>())
        {
            FaultPoint[] points = [.. FaultStory.Steps.SelectMany(step => new[] { new FaultPoint(step, 0, fault), new FaultPoint(step, 1, fault) })];
            await using var database = await bench.DatabaseAsync(cancellation);
            Bench.Say($"{fault}: {points.Length} lives");
            results.AddRange(await FaultStory.RunAsync(points, lasts, TimeSpan.FromSeconds(10), database, cluster, cancellation));
        }
        var to = Console.Out;
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"each fault for {lasts.TotalSeconds:0} s"));
        to.WriteLine("| fault | lives | right | gone p50 | p99 | max |");
        to.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var group in results.GroupBy(result => result.Point.Fault))
        {
            double[] gone = [.. group.Select(result => result.GoneAfter).OfType<TimeSpan>().Select(time => time.TotalSeconds)];
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {group.Key} | {group.Count()} | {group.Count(result => result.Problems.Count == 0)} | {Of(gone, 50)} | {Of(gone, 99)} | {Of(gone, 100)} |"));
        }
        foreach (var wrong in results.Where(result => result.Problems.Count > 0)) await Console.Error.WriteLineAsync($"{wrong.Point}: {string.Join(' ', wrong.Problems)}");
        return results.TrueForAll(result => result.Problems.Count == 0);
    }

    private static string Of(double[] values, double percent) => values.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{Percentiles.Of(values, percent):0.00} s");
}
