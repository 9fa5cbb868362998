using System.Collections.Concurrent;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>The portal, in a process of its own, is killed with SIGKILL after each single step, and started again.</summary>
public sealed class KillTests(PostgresFixture postgres, ControlPlaneFixture controlPlane)
{
    // More would start their processes so slowly, on two cores beside other tests, that what has to become usable within a minute does not.
    private const int AtOnce = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Portal_KilledAfterEachStep_ComesToTheRightOutcome()
    {
        var lives = await RunAsync([KillPlans.Untouched, KillPlans.Failing]);
        var points = KillPlans.Once(lives[0].Steps, lives[1].Steps);

        var results = await RunAsync([.. points, .. KillPlans.Twice, KillPlans.DownAtTheEnd]);

        Assert.All(lives.Concat(results), result => Assert.True(result.Problems.Count == 0, $"{result.Plan}: {string.Join(' ', result.Problems)}"));
        // A step that is new has to be reached by some life.
        var killedAfter = results.SelectMany(result => result.Plan.Kills).Select(kill => kill.Point.Split(' ')[0]).Distinct();
        Assert.Equal(ReconciliationSteps.OfAGrant.Order(), killedAfter.Order());
    }

    // Each step by itself is played by the benchmark program.
    [Fact]
    public async Task Portal_KilledWhileAnExtensionTakesOver_NobodyIsEverWithoutAccessOrHasItTwice()
    {
        await using var database = await postgres.CopyAsync(Cancellation);

        var result = await TakeOverStory.RunAsync(KillPlans.TakeOver, database, await controlPlane.GetAsync(Cancellation), Cancellation);

        Assert.True(result.Problems.Count == 0, string.Join(' ', result.Problems));
    }

    // Each step by itself is played by the benchmark program here too.
    [Fact]
    public async Task Portal_KilledAtEachStepOfRemovingAndRestoring_DoesEachOnceAndLocksNobodyOut()
    {
        await using var database = await postgres.CopyAsync(Cancellation);

        var result = await StandingStory.RunAsync(KillPlans.Standing, database, await controlPlane.GetAsync(Cancellation), Cancellation);

        Assert.True(result.Problems.Count == 0, string.Join(' ', result.Problems));
        // A step that is new has to be reached.
        Assert.Equal(ReconciliationSteps.OfAStandingBinding.Order(), result.Plan.Kills.Concat(result.Plan.Restoring).Select(kill => kill.Point).Distinct().Order());
    }

    private async Task<IReadOnlyList<KillResult>> RunAsync(IReadOnlyList<KillPlan> plans)
    {
        var cluster = await controlPlane.GetAsync(Cancellation);
        var results = new ConcurrentDictionary<KillPlan, KillResult>(ReferenceEqualityComparer.Instance);
        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancellation }, async (plan, token) =>
        {
            await using var database = await postgres.CopyAsync(token);
            results[plan] = await KillStory.RunAsync(plan, database, cluster, token);
        });
        return [.. plans.Select(plan => results[plan])];
    }
}
