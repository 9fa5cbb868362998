namespace Lapse.Infrastructure.Reconciliation;

/// <summary>One worker's turn at one end.</summary>
/// <param name="turns">The turns of its cluster.</param>
/// <param name="leave">Called once, when its access is gone or it failed at that.</param>
internal sealed class EndTurn(ClusterTurns turns, Action leave) : IDisposable
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
        turns.EndCut();
        leave();
        _phase = Phase.Between;
        await turns.BeginProofAsync(cancellation);
        _phase = Phase.Proof;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_phase == Phase.Over) return;
        if (_phase == Phase.Cut) turns.EndCut();
        if (_phase is Phase.Waiting or Phase.Cut) leave();
        if (_phase == Phase.Proof) turns.EndProof();
        turns.PutDown();
        _phase = Phase.Over;
    }
}
