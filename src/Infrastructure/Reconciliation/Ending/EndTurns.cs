namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// In which order one replica works on many ends at once: first the access of all of them goes, then it is proved and recorded that
/// it is gone. Else the last of two thousand would keep theirs until the proofs of the others are through.
/// </summary>
internal sealed class EndTurns(ReconciliationOptions options, ReconcilerWakes wakes, TimeProvider clock) : IDisposable
{
    // Proofs are not put off for ever by ends that never stop coming.
    private static readonly TimeSpan MostPutOff = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _cuts = new(options.Ends, options.Ends);
    private readonly SemaphoreSlim _proofs = new(options.Ends, options.Ends);
    private readonly Lock _counting = new();
    private int _cutting;
    private TaskCompletionSource _allCut = Done();

    /// <summary>How many more may be taken in hand now.</summary>
    /// <param name="inHand">How many there are, those whose proof waits among them.</param>
    public int Room(int inHand)
    {
        lock (_counting) return Math.Min(options.EndsTaken - _cutting, options.EndsInHand - inHand);
    }

    /// <summary>Takes one more in hand; it counts at once.</summary>
    public EndTurn Take()
    {
        lock (_counting)
            if (_cutting++ == 0) _allCut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return new EndTurn(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cuts.Dispose();
        _proofs.Dispose();
    }

    internal Task BeginCutAsync(CancellationToken cancellation) => _cuts.WaitAsync(cancellation);

    internal void EndCut(bool begun)
    {
        if (begun) _cuts.Release();
        Leave();
    }

    internal async Task BeginProofAsync(CancellationToken cancellation)
    {
        if (_allCut.Task is { IsCompleted: false } others)
        {
            using var putOff = new CancellationTokenSource(MostPutOff, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(putOff.Token, cancellation);
            await others.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _proofs.WaitAsync(cancellation);
    }

    internal void EndProof() => _proofs.Release();

    private void Leave()
    {
        bool roomy;
        lock (_counting)
        {
            if (--_cutting == 0) _allCut.TrySetResult();
            roomy = _cutting == options.EndsTaken / 2;
        }
        if (roomy) wakes.Wake(Lane.End);
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}

/// <summary>One worker's turn at one end.</summary>
internal sealed class EndTurn(EndTurns turns) : IDisposable
{
    private enum Phase { Waiting, Cut, Between, Proof, Over }

    private Phase _phase = Phase.Waiting;

    /// <summary>Waits until the work may begin.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await turns.BeginCutAsync(cancellation);
        _phase = Phase.Cut;
    }

    /// <summary>What is left to do takes no access away: others that do go first.</summary>
    public async Task ToProofAsync(CancellationToken cancellation)
    {
        if (_phase != Phase.Cut) return;
        turns.EndCut(begun: true);
        _phase = Phase.Between;
        await turns.BeginProofAsync(cancellation);
        _phase = Phase.Proof;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_phase is Phase.Waiting or Phase.Cut) turns.EndCut(begun: _phase == Phase.Cut);
        else if (_phase == Phase.Proof) turns.EndProof();
        _phase = Phase.Over;
    }
}
