using Lapse.Infrastructure.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Of many that end at once, all lose their access before it is proved of any.</summary>
public sealed class EndTurnsTests : IDisposable
{
    private readonly ReconcilerWakes _wakes = new();
    private readonly EndTurns _turns;

    public EndTurnsTests() => _turns = new EndTurns(new ReconciliationOptions { Ends = 2, EndsTaken = 4, EndsInHand = 6 }, _wakes, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Proof_WhileSomebodyStillHasAccess_Waits()
    {
        using var first = _turns.Take();
        using var second = _turns.Take();
        await first.BeginAsync(Cancellation);
        await second.BeginAsync(Cancellation);

        var proof = first.ToProofAsync(Cancellation);
        Assert.False(proof.IsCompleted);

        await second.ToProofAsync(Cancellation);
        await proof;
    }

    [Fact]
    public async Task Proof_WhenTheOthersFail_GoesOn()
    {
        using var first = _turns.Take();
        await first.BeginAsync(Cancellation);
        var failing = _turns.Take();
        await failing.BeginAsync(Cancellation);
        var waiting = _turns.Take();
        var proof = first.ToProofAsync(Cancellation);

        failing.Dispose();
        Assert.False(proof.IsCompleted);
        waiting.Dispose();

        await proof;
    }

    [Fact]
    public async Task Cuts_AreNeverMoreAtOnceThanAllowed()
    {
        using var first = _turns.Take();
        using var second = _turns.Take();
        using var third = _turns.Take();
        await first.BeginAsync(Cancellation);
        await second.BeginAsync(Cancellation);
        var begun = third.BeginAsync(Cancellation);

        Assert.False(begun.IsCompleted);
        first.Dispose();

        await begun;
    }

    [Fact]
    public async Task Room_CountsWhatHasAccessAndWhatIsInHand()
    {
        Assert.Equal(4, _turns.Room(0));
        using var turn = _turns.Take();
        Assert.Equal(3, _turns.Room(1));
        await turn.BeginAsync(Cancellation);
        await turn.ToProofAsync(Cancellation);
        Assert.Equal(4, _turns.Room(1));
        Assert.Equal(1, _turns.Room(5));
        Assert.Equal(0, _turns.Room(6));
    }

    [Fact]
    public async Task Room_HalfOfItFree_WakesTheLane()
    {
        List<EndTurn> taken = [_turns.Take(), _turns.Take(), _turns.Take()];
        taken[0].Dispose();

        // The wake is there already; without it this would wait half a minute and say so.
        var woken = _wakes.WaitAsync(Lane.End, TimeSpan.FromSeconds(30), Cancellation);
        Assert.True(woken.IsCompleted);
        await woken;

        foreach (var turn in taken) turn.Dispose();
        Assert.Equal(4, _turns.Room(0));
    }

    [Fact]
    public async Task Cancelled_GivesItsPlaceBack()
    {
        using (var first = _turns.Take())
        using (var second = _turns.Take())
        {
            await first.BeginAsync(Cancellation);
            await second.BeginAsync(Cancellation);
            using var stopping = new CancellationTokenSource();
            using var third = _turns.Take();
            var begun = third.BeginAsync(stopping.Token);
            await stopping.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun);
        }
        Assert.Equal(4, _turns.Room(0));
        foreach (var turn in new[] { _turns.Take(), _turns.Take() }) await turn.BeginAsync(Cancellation);
    }

    public void Dispose()
    {
        _turns.Dispose();
        _wakes.Dispose();
    }
}
