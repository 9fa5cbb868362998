using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>The API server fails before, amid and after each step of a grant's life, in every way that it can.</summary>
public sealed class ClusterFaultTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : DatabaseTest(postgres)
{
    [Fact]
    public async Task Cluster_FailsAroundEachStep_AccessIsMadeOnceAndEndsOnce()
    {
        var faults = Enum.GetValues<ClusterFault>();
        // Every step with two faults, every fault with several steps; all by all is in the benchmark program.
        FaultPoint[] points = [.. FaultStory.Steps.SelectMany((step, i) => new[] { new FaultPoint(step, 0, faults[2 * i % faults.Length]), new FaultPoint(step, 1, faults[(2 * i + 1 + i / 4) % faults.Length]) })];
        Assert.Equal(faults, points.Select(point => point.Fault).Distinct().Order());

        var results = await FaultStory.RunAsync(points, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4), Database, await controlPlane.GetAsync(Cancellation), Cancellation);

        Assert.All(results, result => Assert.True(result.Problems.Count == 0, $"{result.Point}: {string.Join(' ', result.Problems)}"));
    }
}
