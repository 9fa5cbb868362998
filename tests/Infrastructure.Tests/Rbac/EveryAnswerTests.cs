using System.Collections.Concurrent;
using Lapse.Domain.Rbac;
using Lapse.Domain.Tests.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>
/// The evaluator against the truth: random roles, bindings and questions, and every single answer compared with the API
/// server's own. <c>LAPSE_RBAC_SEED</c> repeats a run, <c>LAPSE_RBAC_QUESTIONS</c> makes a longer one.
/// </summary>
public sealed class EveryAnswerTests(ControlPlaneFixture controlPlane)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Authorize_RandomStateAndQuestions_IsWhatTheApiServerAnswers()
    {
        var (seed, count) = (RbacPlace.Seed, RbacPlace.Number("LAPSE_RBAC_QUESTIONS", 3000));
        var bindings = Math.Max(100, count / 20);
        await using var place = await RbacPlace.CreateAsync(controlPlane, 3, Cancellation);
        var random = new RandomRbac(seed, place.Prefix, place.Namespaces, people: bindings / 20);
        var roles = random.Roles(bindings * 2 / 3);
        var bound = random.Bindings(bindings, roles);
        await place.PutAsync(roles, bound, Cancellation);
        var index = new RbacIndex(await place.ReadAsync(Cancellation));
        (Requester Who, AccessQuestion Question)[] asked = [.. Enumerable.Range(0, count).Select(_ => random.Chance(3) ? (random.Requester(), random.Question()) : random.Near(roles, bound)).Where(one => one.Item1.Name.Length > 0 || !one.Item1.Groups.IsEmpty)];

        var allowed = 0;
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (one, token) =>
        {
            if (index.Authorize(one.Who, one.Question).Allowed) Interlocked.Increment(ref allowed);
            // What other tests do at this moment may concern everybody: a difference counts if it is still there in a state read anew.
            if (await DifferenceAsync(place, index, one.Who, one.Question, token) is not null
                && await DifferenceAsync(place, new RbacIndex(await place.ReadAsync(token)), one.Who, one.Question, token) is { } difference)
                wrong.Add(difference);
        });

        Assert.True(wrong.IsEmpty, $"LAPSE_RBAC_SEED={seed} LAPSE_RBAC_QUESTIONS={count}: {wrong.Count} differences.\n{string.Join('\n', wrong.Take(20))}");
        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {asked.Length} questions, {allowed} allowed, no difference");
        // Else it would tell little.
        Assert.InRange(allowed, asked.Length / 20, asked.Length * 19 / 20);
    }

    [Fact]
    public async Task Aggregation_RandomLabelsAndSelectors_IsWhatTheControllerWrites()
    {
        var seed = RbacPlace.Seed;
        await using var place = await RbacPlace.CreateAsync(controlPlane, 1, Cancellation);
        var random = new RandomRbac(seed, place.Prefix, place.Namespaces);
        var state = new Domain.Rbac.State.RbacState { Roles = random.AggregatedRoles(40) };
        await Parallel.ForEachAsync(state.Roles, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (role, _) => await place.PutAsync(role, Cancellation));

        var expected = Domain.Rbac.State.Aggregation.Computed(state).Roles.ToDictionary(role => role.Name, role => role.Rules.ToHashSet());
        string? difference = null;
        try
        {
            await Wait.UntilAsync(
                async () =>
                {
                    var index = new RbacIndex(await place.ReadAsync(Cancellation));
                    difference = expected.Select(one => index.Role("", one.Key)!.Rules.ToHashSet().SetEquals(one.Value) ? null : one.Key).FirstOrDefault(name => name is not null);
                    return difference is null;
                },
                "the controller has written every aggregated role", Cancellation);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"LAPSE_RBAC_SEED={seed}: {difference} has other rules.");
        }

        Assert.Contains(state.Roles, role => !role.Aggregates.IsEmpty && expected[role.Name].Count > 0);
    }

    private static async Task<string?> DifferenceAsync(RbacPlace place, RbacIndex index, Requester who, AccessQuestion question, CancellationToken cancellationToken)
    {
        var (ours, theirs) = (index.Authorize(who, question), await place.ReviewAsync(who, question, cancellationToken));
        var words = $"{who.Name} [{string.Join(", ", who.Groups)}] {question} ({question.ApiGroup})";
        if (ours.Allowed != theirs.Allowed) return $"{words}: we say {ours.Allowed}, the API server {theirs.Allowed} ({theirs.Reason} {theirs.EvaluationError})";
        // It names a binding of which it knows that it allows this; ours must be among them.
        var isNamed = !theirs.Allowed || ours.BeforeRbac || ours.By.Any(way => theirs.Reason.Contains(
            way.Binding.IsClusterWide ? $"ClusterRoleBinding \"{way.Binding.Name}\"" : $"RoleBinding \"{way.Binding.Name}/{way.Binding.Namespace}\"", StringComparison.Ordinal));
        return isNamed ? null : $"{words}: {theirs.Reason} is not among {string.Join(", ", ours.By.Select(way => way.Binding.Reference))}";
    }
}
