using System.Diagnostics;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Npgsql;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// From the commit of an approval until the access was verified and recorded as usable, one at a time, with real evidence. The limit: what no
/// correct system can avoid, bare: create the RoleBinding, ask until it is allowed, and two durable commits.
/// </summary>
internal sealed class ApprovalToUsable : IScenario
{
    /// <inheritdoc/>
    public string Name => "usable";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        await using var database = await bench.DatabaseAsync(cancellation);
        await using var place = await Place.CreateAsync(bench, 1, cancellation);
        var (warmUp, count) = (bench.Size(30, 2), bench.Size(300, 5));
        // In turns, so that what else the machine does meets both alike.
        var story = await Story.BeginAsync(database, place.Address, cancellation);
        var governed = await story.EntryAsync([place.Names[0]], cancellation);
        var rules = (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, cancellation)).Value;
        await PrepareBareAsync(database, cancellation);
        await using var replica = await ReconcilerReplica.StartAsync(database);
        using var usable = new StepClock(ReconciliationSteps.Activate);
        using var steps = new StepTimes();

        List<double> lapse = [], bare = [];
        for (var number = 0; number < warmUp + count; number++)
        {
            var who = await SignInAsync(database, number, cancellation);
            var grant = (await story.ApprovedAsync(governed, rules, cancellation, requester: who)).Grants[0];
            var approved = DateTimeOffset.UtcNow;
            await usable.UntilAsync(number + 1, TimeSpan.FromSeconds(30), cancellation);
            var took = usable.Ends[grant.Id.ToString()] - approved;
            var least = await BareAsync(database, place, number, cancellation);
            if (number < warmUp) continue;
            lapse.Add(took.TotalMilliseconds);
            bare.Add(least.TotalMilliseconds);
        }
        steps.Say();
        table.Add(Figure.Time("approval committed to access usable, p50", Percentiles.Of(lapse, 50), Percentiles.Of(bare, 50), 2));
        table.Add(Figure.Time("approval committed to access usable, p99", Percentiles.Of(lapse, 99), Percentiles.Of(bare, 99), 2));
    }

    private static async Task<Actor> SignInAsync(TestDatabase database, int number, CancellationToken cancellation)
    {
        await using var db = database.CreateDbContext();
        var actor = World.SignIn(db, $"asker{number}", DateTimeOffset.UtcNow, "developers");
        await db.CommitAsync(cancellation);
        return actor;
    }

    private static Task<int> PrepareBareAsync(TestDatabase database, CancellationToken cancellation) => database.ExecuteAsOwnerAsync(
        "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, said text NOT NULL); GRANT INSERT ON bare TO lapse_portal", cancellation);

    private static async Task<TimeSpan> BareAsync(TestDatabase database, Place place, int number, CancellationToken cancellation)
    {
        var (user, name) = ($"oidc:bare{number}", $"bare-{number}");
        var binding = new V1RoleBinding
        {
            Metadata = new() { Name = name, NamespaceProperty = place.Names[0] },
            RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" },
            Subjects = [new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = user }],
        };
        var review = new V1SubjectAccessReview { Spec = new() { User = user, ResourceAttributes = new() { Verb = "create", Resource = "configmaps", NamespaceProperty = place.Names[0] } } };
        var started = Stopwatch.GetTimestamp();
        await CommitAsync(database, "about to be created", cancellation);
        await place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(binding, place.Names[0], cancellationToken: cancellation);
        while (!(await place.Client.AuthorizationV1.CreateSubjectAccessReviewAsync(review, cancellationToken: cancellation)).Status.Allowed) { }
        await CommitAsync(database, "usable", cancellation);
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task CommitAsync(TestDatabase database, string said, CancellationToken cancellation)
    {
        await using var command = database.Serving.CreateCommand("INSERT INTO bare (said) VALUES ($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = said });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
