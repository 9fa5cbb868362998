using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Tests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

public sealed class PaceTests
{
    private readonly ManualTime _clock = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Turns_AfterAPause_GoAtOnceUpToTheirNumber()
    {
        var pace = Pace();

        Assert.All(Enumerable.Range(0, 3), _ => Assert.True(Turn(pace).IsCompletedSuccessfully));
        Assert.False(Turn(pace).IsCompleted);
    }

    [Fact]
    public async Task Turns_OfAStream_GoInSteps()
    {
        var pace = Pace();
        for (var i = 0; i < 3; i++) Assert.True(Turn(pace).IsCompleted);

        for (var i = 0; i < 5; i++)
        {
            var next = Turn(pace);
            _clock.Advance(TimeSpan.FromMilliseconds(19));
            Assert.False(next.IsCompleted);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await next.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Pause_OfAnyLength_GivesNoMoreThanTheNumber()
    {
        var pace = Pace();
        _clock.Advance(TimeSpan.FromHours(1));

        for (var i = 0; i < 3; i++) Assert.True(Turn(pace).IsCompleted);
        Assert.False(Turn(pace).IsCompleted);
    }

    private Pace Pace() => new(TimeSpan.FromMilliseconds(20), atOnce: 3, _clock);

    private static Task Turn(Pace pace) => pace.WaitAsync(TestContext.Current.CancellationToken);
}
