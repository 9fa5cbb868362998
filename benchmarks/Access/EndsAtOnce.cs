using System.Diagnostics;
using k8s;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// 2,000 grants that end in the same second, and 100 ends a second for a minute, by one replica. The limit: bare deletes of as many
/// bindings at the same concurrency. Gone is a grant whose binding was deleted and looked for by name; proved, when that and the probe's
/// denial are recorded.
/// </summary>
internal sealed class EndsAtOnce : IScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public string Name => "ends";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        await using var database = await bench.DatabaseAsync(cancellation);
        await using var place = await Place.CreateAsync(bench, 10, cancellation);
        var story = await Story.BeginAsync(database, place.Address, cancellation);
        var (atOnce, each, seconds) = (bench.Size(2000, 40), bench.Size(100, 10), bench.Size(60, 2));
        var bare = await BareAsync(place, atOnce, cancellation);

        // The limit ran on code that was compiled to the end by as many creates before; so does a portal that has served for a while.
        var first = bench.Size(1000, 10);
        Bench.Say($"  {first} ends that are not counted");
        await EndAsync(database, place, await ActiveGrants.CreateAsync(database, story, place, first, cancellation), TimeSpan.Zero, cancellation);

        Bench.Say($"  making {atOnce} active grants");
        var together = await ActiveGrants.CreateAsync(database, story, place, atOnce, cancellation);
        var (gone, proved, early) = await EndAsync(database, place, together, TimeSpan.Zero, cancellation);
        table.Add(Figure.Time($"{atOnce} ends in the same second, until the last binding is gone", gone.Max() / 1000, bare.TotalSeconds, 1.5, "s"));
        table.Add(Figure.Note("the same, until the last is proved and recorded", proved.Max() / 1000, "s"));

        Bench.Say($"  making {each * seconds} active grants");
        var spread = await ActiveGrants.CreateAsync(database, story, place, each * seconds, cancellation);
        var (goneLate, late, tooEarly) = await EndAsync(database, place, spread, TimeSpan.FromSeconds(1.0 / each), cancellation);
        table.Add(Figure.Most($"{each} ends a second for {seconds} s: lateness of proved ends, p99", Percentiles.Of(late, 99), "ms", 200));
        table.Add(Figure.Note("the same, lateness until the binding is gone, p99", Percentiles.Of(goneLate, 99), "ms"));
        table.Add(Figure.None("ends that began before their time", early + tooEarly));
    }

    private static async Task<TimeSpan> BareAsync(Place place, int count, CancellationToken cancellation)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = new ReconciliationOptions().Ends, CancellationToken = cancellation };
        (string Name, string Namespace)[] bindings = [.. Enumerable.Range(0, count).Select(number => ($"bare-{number}", place.Names[number % place.Names.Count]))];
        await Parallel.ForEachAsync(bindings, parallel, async (one, token) => await place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new V1RoleBinding
            {
                Metadata = new() { Name = one.Name, NamespaceProperty = one.Namespace },
                RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" },
                Subjects = [new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = $"oidc:{one.Name}" }],
            },
            one.Namespace, cancellationToken: token));
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(bindings, parallel, async (one, token) => await place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(one.Name, one.Namespace, cancellationToken: token));
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Lets grants end, the first some seconds from now and each of the others so much later, and says how late each was, in milliseconds.</summary>
    private static async Task<(List<double> Gone, List<double> Proved, int Early)> EndAsync(TestDatabase database, Place place, List<GrantId> grants, TimeSpan apart, CancellationToken cancellation)
    {
        await using var replica = await ReconcilerReplica.StartAsync(database);
        using var deleted = new StepClock(ReconciliationSteps.Delete);
        using var finished = new StepClock(ReconciliationSteps.Finish);
        using var steps = new StepTimes();
        // The watch has listed what is there, each was looked at, and connections are open.
        await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
        while (await HeldAsync(database, cancellation) > 0) await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        var first = DateTimeOffset.UtcNow.AddSeconds(5);
        await using (var move = database.Owner.CreateCommand(
            "UPDATE grants SET ends_at = $1 + (n - 1) * $2, due_at = $1 + (n - 1) * $2 FROM unnest($3) WITH ORDINALITY AS t (grant_id, n) WHERE id = grant_id"))
        {
            move.Parameters.Add(new NpgsqlParameter { Value = first });
            move.Parameters.Add(new NpgsqlParameter { Value = apart });
            move.Parameters.Add(new NpgsqlParameter { Value = grants.ConvertAll(id => id.Value) });
            await move.ExecuteNonQueryAsync(cancellation);
        }
        // What the portal does when it sets an end: it tells all replicas.
        await database.ExecuteAsOwnerAsync("SELECT pg_notify('lapse_changes', 'grant:all')", cancellation);
        await finished.UntilAsync(grants.Count, Patience, cancellation);
        steps.Say();

        await using var db = database.CreateDbContext();
        var rows = await db.Grants.AsNoTracking().Where(g => grants.Contains(g.Id)).ToListAsync(cancellation);
        if (rows.Exists(g => g.Status != GrantStatus.Ended || g.EndReason != EndReason.Expired) || await place.BindingsAsync(cancellation) != 0) throw new InvalidOperationException("Something was left over.");
        return (
            rows.ConvertAll(g => (deleted.Ends[g.Id.ToString()] - g.EndsAt!.Value).TotalMilliseconds),
            rows.ConvertAll(g => (finished.Ends[g.Id.ToString()] - g.EndsAt!.Value).TotalMilliseconds),
            rows.Count(g => g.RevokingSince < g.EndsAt));
    }

    private static async Task<int> HeldAsync(TestDatabase database, CancellationToken cancellation)
    {
        await using var db = database.CreateDbContext();
        return await db.Grants.CountAsync(g => g.LeaseOwner != null, cancellation);
    }
}
