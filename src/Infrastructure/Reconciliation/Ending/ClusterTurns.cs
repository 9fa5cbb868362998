namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The turns at the ends of one cluster.</summary>
/// <param name="ends">Ends that are worked on at once.</param>
/// <param name="clock">Measures.</param>
internal sealed class ClusterTurns(int ends, TimeProvider clock) : IDisposable
{
    // As long as two thousand take to lose their access. But proofs are not put off for ever by ends that never stop coming.
    private static readonly TimeSpan MostPutOff = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _cuts = new(ends, ends);
    private readonly SemaphoreSlim _proofs = new(ends, ends);
    private readonly Lock _counting = new();
    // Ends that come one after the other are always some; a proof puts none of those off.
    private readonly int _few = ends / 4;
    private int _cutting;
    private int _inHand;
    private TaskCompletionSource _fewLeft = Done();

    /// <summary>Whether more may be taken in hand.</summary>
    /// <param name="cutting">The most whose access is not gone yet.</param>
    /// <param name="inHand">As many in hand are enough, those whose proof waits among them.</param>
    public bool HasRoom(int cutting, int inHand)
    {
        lock (_counting) return _cutting <= cutting && _inHand < inHand;
    }

    /// <summary>One more is in hand.</summary>
    public void Take()
    {
        lock (_counting)
        {
            _inHand++;
            if (_cutting++ == _few) _fewLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The access of one is gone, or it failed at that.</summary>
    /// <returns>How many there still are whose access is not gone.</returns>
    public int Leave()
    {
        lock (_counting)
        {
            if (--_cutting == _few) _fewLeft.TrySetResult();
            return _cutting;
        }
    }

    /// <summary>One is done with.</summary>
    public void PutDown()
    {
        lock (_counting) _inHand--;
    }

    /// <summary>Waits until access may be taken away.</summary>
    public Task BeginCutAsync(CancellationToken cancellation) => _cuts.WaitAsync(cancellation);

    /// <summary>After <see cref="BeginCutAsync"/>.</summary>
    public void EndCut() => _cuts.Release();

    /// <summary>Waits until it may be proved that access is gone: after a wave of ends, when few of them still have theirs.</summary>
    public async Task BeginProofAsync(CancellationToken cancellation)
    {
        if (_fewLeft.Task is { IsCompleted: false } others)
        {
            using var putOff = new CancellationTokenSource(MostPutOff, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(putOff.Token, cancellation);
            await others.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _proofs.WaitAsync(cancellation);
    }

    /// <summary>After <see cref="BeginProofAsync"/>.</summary>
    public void EndProof() => _proofs.Release();

    /// <inheritdoc/>
    public void Dispose()
    {
        _cuts.Dispose();
        _proofs.Dispose();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
