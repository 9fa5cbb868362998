using Lapse.Benchmarks.Circuits;
using Lapse.Sandbox;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// Memory of one idle circuit: the difference that 200 pages make which are open on the home page and do nothing, over a portal that has
/// served some already. Each is a real circuit of its own; everything that could be collected was.
/// </summary>
internal sealed class IdleCircuits : IScenario
{
    private const double Megabyte = 1024 * 1024;

    /// <inheritdoc/>
    public string Name => "circuits";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        var (before, count) = (bench.Size(40, 2), bench.Size(200, 3));
        await using var portal = await RunningPortal.StartAsync(bench, cancellation);
        await portal.SignInAsync(new SandboxPerson("wendy", "Wendy Ward", "wendy@example.com", "sub-wendy", "wendy", null, ["developers"]), cancellation);
        List<Circuit> open = [];
        try
        {
            // What only the first ones cost is not theirs.
            await OpenAsync(portal, open, before, cancellation);
            var (managed, resident) = await portal.MemoryAsync(cancellation);
            await OpenAsync(portal, open, before + count, cancellation);
            var (managedAfter, residentAfter) = await portal.MemoryAsync(cancellation);
            table.Add(Figure.Most($"managed memory of one idle circuit, over {count}", (managedAfter - managed) / count / Megabyte, "MB", 0.3));
            table.Add(Figure.Most($"resident memory of one idle circuit, over {count}", (residentAfter - resident) / count / Megabyte, "MB", 1));
        }
        finally
        {
            foreach (var circuit in open) await circuit.DisposeAsync();
        }
    }

    private static async Task OpenAsync(RunningPortal portal, List<Circuit> open, int until, CancellationToken cancellation)
    {
        while (open.Count < until) open.Add(await Circuit.OpenAsync(portal.Http, portal.Cookies, portal.Portal.Address, cancellation));
        // Drawn, and then nothing any more for a while.
        for (var deadline = DateTimeOffset.UtcNow.AddMinutes(2); open.Exists(c => c.Batches < 2 || c.Quiet < TimeSpan.FromSeconds(3)); await Task.Delay(200, cancellation))
        {
            if (open.Find(c => c.Errors.Count > 0) is { } failed) throw new InvalidOperationException($"A circuit failed: {string.Join(' ', failed.Errors)}");
            if (DateTimeOffset.UtcNow > deadline) throw new TimeoutException("The pages do not come to rest.");
        }
    }
}
