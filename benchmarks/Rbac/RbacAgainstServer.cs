using System.Diagnostics;
using System.Globalization;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Benchmarks.Rbac;

/// <summary>
/// The same questions asked of the index and of the real API server by SubjectAccessReview, which is what a tool without an evaluator does:
/// one review for each subject. Every answer is compared.
/// </summary>
internal sealed class RbacAgainstServer : IScenario
{
    private const int AtOnce = 16;

    /// <inheritdoc/>
    public string Name => "server";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        foreach (var size in bench.Quick ? (int[])[100] : [100, 1000, 10_000])
        {
            var prefix = $"bench-{Guid.NewGuid().ToString("N")[..8]}";
            var state = BigCluster.Of(size, prefix, $"{prefix}-system");
            await using var server = await RbacOnServer.CreateAsync(bench, state, prefix, cancellation);
            await CompareAsync(server, new RbacIndex(state), $"{prefix}-system", table, cancellation);
        }
    }

    private static async Task CompareAsync(RbacOnServer server, RbacIndex index, string privileged, FigureTable table, CancellationToken cancellation)
    {
        var words = $"{index.Bindings.Length.ToString("#,0", CultureInfo.InvariantCulture)} bindings";
        var question = AccessQuestion.For("get", "", "secrets", namespaceName: privileged);
        // Without the groups that everybody has, as the server's own bindings of them are not in the state.
        Requester[] subjects = [.. index.Subjects().Select(subject => subject.Kind == SubjectKind.Group ? Requester.Of(subject) : Requester.Exactly(subject.UserName, []))];

        var (one, differ) = (new List<double>(), 0L);
        foreach (var who in subjects.Take(200))
        {
            var start = Stopwatch.GetTimestamp();
            var theirs = await server.ReviewAsync(who, question, cancellation);
            one.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (theirs != index.Authorize(who, question).Allowed) differ++;
        }

        var startAll = Stopwatch.GetTimestamp();
        var allowed = 0;
        await Parallel.ForEachAsync(subjects, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (who, token) =>
        {
            if (await server.ReviewAsync(who, question, token)) Interlocked.Increment(ref allowed);
        });
        var all = Stopwatch.GetElapsedTime(startAll).TotalMilliseconds;
        var ours = 0;
        List<double> took = [];
        for (var run = 0; run < 21; run++)
        {
            var startOurs = Stopwatch.GetTimestamp();
            ours = index.WhoCan(question).Count(holder => holder.Through is null);
            // The first compiles.
            if (run > 0) took.Add(Stopwatch.GetElapsedTime(startOurs).TotalMilliseconds);
        }

        table.Add(Figure.Note($"one review of the API server, p50, {words}", Percentiles.Of(one, 50), "ms"));
        table.Add(Figure.Note($"who can by a review of each of {subjects.Length} subjects, {AtOnce} at once, {words}", all, "ms"));
        table.Add(Figure.Note($"who can by the index, p99, {words}", Percentiles.Of(took, 99), "ms"));
        table.Add(Figure.Note($"so many times faster, {words}", all / Percentiles.Of(took, 99), "x"));
        table.Add(Figure.None($"answers that differ, {words}", differ + Math.Abs(allowed - ours)));
    }
}
