using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A cluster that does not answer is left in peace for a few seconds; one that says no is not.</summary>
public class ClusterBreakerTests
{
    private readonly SettableClock _clock = new();
    private readonly ClusterBreaker _breaker;
    private int _calls;

    public ClusterBreakerTests() => _breaker = new(_clock);

    [Fact]
    public async Task Run_ClusterAway_StopsCallingUntilTheBreakIsOver()
    {
        for (var call = 0; call < 4; call++) Assert.Equal("away", (await CallAsync(Away)).Failure?.Message);
        Assert.Equal(4, _calls);

        var refused = await CallAsync(Away);

        Assert.Equal((4, ClusterFailureKind.Unreachable), (_calls, refused.Failure?.Kind));
        Assert.True(refused.Failure?.IsTransient);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.True((await CallAsync(1)).Succeeded);
        Assert.True((await CallAsync(1)).Succeeded);
        Assert.Equal(6, _calls);
    }

    [Fact]
    public async Task Run_StillAwayAfterTheBreak_StopsAgainAtOnce()
    {
        for (var call = 0; call < 4; call++) await CallAsync(Away);
        _clock.Advance(TimeSpan.FromSeconds(4));

        await CallAsync(Away);
        await CallAsync(Away);

        Assert.Equal(5, _calls);
    }

    [Fact]
    public async Task Run_ClusterSaysNo_GoesOnAsking()
    {
        for (var call = 0; call < 20; call++) Assert.Equal(ClusterFailureKind.Forbidden, (await CallAsync(new ClusterFailure(ClusterFailureKind.Forbidden, "no"))).Failure?.Kind);

        Assert.Equal(20, _calls);
    }

    private static ClusterFailure Away => new(ClusterFailureKind.Unreachable, "away");

    private Task<ClusterResult<int>> CallAsync(ClusterResult<int> answer) => _breaker.RunAsync(
        _ =>
        {
            _calls++;
            return Task.FromResult(answer);
        },
        TestContext.Current.CancellationToken);
}
