using Lapse.Domain;
using Lapse.Infrastructure.Reconciliation;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Of many in a cluster that end at once, nearly all lose their access before it is proved of any; no cluster waits for another.</summary>
public sealed class EndTurnsTests : IDisposable
{
    private static readonly ClusterId Here = UuidId.New<ClusterId>(DateTimeOffset.UtcNow);
    private static readonly ClusterId There = UuidId.New<ClusterId>(DateTimeOffset.UtcNow);

    private readonly ReconcilerWakes _wakes = new();
    private readonly EndTurns _turns;

    public EndTurnsTests() => _turns = new EndTurns(new ReconciliationOptions { Ends = 2, EndsTaken = 4, EndsInHand = 6 }, _wakes, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Proof_WhileSomebodyStillHasAccess_Waits()
    {
        using var first = _turns.Take(Here);
        using var second = _turns.Take(Here);
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
        using var first = _turns.Take(Here);
        await first.BeginAsync(Cancellation);
        var failing = _turns.Take(Here);
        await failing.BeginAsync(Cancellation);
        var waiting = _turns.Take(Here);
        var proof = first.ToProofAsync(Cancellation);

        failing.Dispose();
        Assert.False(proof.IsCompleted);
        waiting.Dispose();

        await proof;
    }

    [Fact]
    public async Task Proof_WhenFewOfManyStillHaveAccess_GoesOn()
    {
        using var many = new EndTurns(new ReconciliationOptions { Ends = 8 }, _wakes, TimeProvider.System);
        List<EndTurn> taken = [.. Enumerable.Range(0, 4).Select(_ => many.Take(Here))];
        foreach (var turn in taken) await turn.BeginAsync(Cancellation);

        // Three are left, and then two: a quarter of those that are cut at once.
        var first = taken[0].ToProofAsync(Cancellation);
        Assert.False(first.IsCompleted);
        await taken[1].ToProofAsync(Cancellation);
        await first;

        // More come: three are left again.
        List<EndTurn> wave = [many.Take(Here), many.Take(Here)];
        var third = taken[2].ToProofAsync(Cancellation);
        Assert.False(third.IsCompleted);
        wave[0].Dispose();
        await third;
        foreach (var turn in taken.Concat(wave)) turn.Dispose();
    }

    [Fact]
    public async Task Cuts_AreNeverMoreAtOnceThanAllowed()
    {
        using var first = _turns.Take(Here);
        using var second = _turns.Take(Here);
        using var third = _turns.Take(Here);
        await first.BeginAsync(Cancellation);
        await second.BeginAsync(Cancellation);
        var begun = third.BeginAsync(Cancellation);

        Assert.False(begun.IsCompleted);
        first.Dispose();

        await begun;
    }

    [Fact]
    public async Task Cluster_ThatIsStuck_KeepsNoOtherWaiting()
    {
        List<EndTurn> stuck = [.. Enumerable.Range(0, 4).Select(_ => _turns.Take(Here))];
        foreach (var turn in stuck.Take(2)) await turn.BeginAsync(Cancellation);
        Assert.Equal([Here], _turns.Full());

        using var elsewhere = _turns.Take(There);
        await elsewhere.BeginAsync(Cancellation);
        await elsewhere.ToProofAsync(Cancellation);

        foreach (var turn in stuck) turn.Dispose();
        Assert.Empty(_turns.Full());
    }

    [Fact]
    public async Task Full_WhenAStatementCouldTakeTooMany()
    {
        Assert.Equal(2, _turns.Most);
        List<EndTurn> taken = [_turns.Take(Here), _turns.Take(Here)];
        Assert.Empty(_turns.Full());
        taken.Add(_turns.Take(Here));
        Assert.Equal([Here], _turns.Full());

        await taken[0].BeginAsync(Cancellation);
        _ = taken[0].ToProofAsync(Cancellation);
        Assert.Empty(_turns.Full());
        foreach (var turn in taken) turn.Dispose();
    }

    [Fact]
    public async Task Full_WithTooManyWhoseProofWaits_UntilOneIsDone()
    {
        List<EndTurn> taken = [];
        List<Task> proofs = [];
        for (var i = 0; i < 6; i++)
        {
            var turn = _turns.Take(Here);
            taken.Add(turn);
            await turn.BeginAsync(Cancellation);
            proofs.Add(turn.ToProofAsync(Cancellation));
        }
        Assert.Equal([Here], _turns.Full());

        taken[0].Dispose();
        Assert.Empty(_turns.Full());
        foreach (var (turn, proof) in taken.Zip(proofs))
        {
            await proof;
            turn.Dispose();
        }
    }

    [Fact]
    public async Task Leave_RoomForAStatementAgain_WakesTheLane()
    {
        List<EndTurn> taken = [_turns.Take(Here), _turns.Take(Here), _turns.Take(Here)];
        taken[0].Dispose();

        // The wake is there already; without it this would wait half a minute and say so.
        var woken = _wakes.WaitAsync(Lane.End, TimeSpan.FromSeconds(30), Cancellation);
        Assert.True(woken.IsCompleted);
        await woken;

        foreach (var turn in taken) turn.Dispose();
    }

    [Fact]
    public async Task Cancelled_GivesItsPlaceBack()
    {
        using (var first = _turns.Take(Here))
        using (var second = _turns.Take(Here))
        {
            await first.BeginAsync(Cancellation);
            await second.BeginAsync(Cancellation);
            using var stopping = new CancellationTokenSource();
            using var third = _turns.Take(Here);
            var begun = third.BeginAsync(stopping.Token);
            await stopping.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun);
        }
        foreach (var turn in new[] { _turns.Take(Here), _turns.Take(Here) }) await turn.BeginAsync(Cancellation);
        Assert.Empty(_turns.Full());
    }

    public void Dispose()
    {
        _turns.Dispose();
        _wakes.Dispose();
    }
}
