using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Ledger;

/// <summary>
/// Reads the checkpoints that are outside, puts Lapse on hold if the ledger does not fit them, and else signs the ledger as it is now
/// and sends that out: to the log, into files, into each cluster. A place that is away holds up no other; none that the ledger does
/// not fit is ever written over.
/// </summary>
internal sealed partial class CheckpointRound(
    IDbContextFactory<PortalDbContext> contexts, CheckpointMaker maker, LedgerWitnesses witnesses, LedgerDoubts doubts, CheckpointFiles files, RegisteredClusters clusters, ILogger<CheckpointRound> log) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private bool _written;

    /// <summary>Only reads and compares.</summary>
    /// <returns>Whether the ledger fits what is known outside.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        await witnesses.ReadFilesAsync(cancellation);
        await ReadClustersAsync(cancellation);
        return await FitsAsync(cancellation);
    }

    /// <summary>Reads, compares, signs, sends out.</summary>
    /// <returns>The ledger's checkpoint; <see langword="null"/> if it cannot be trusted.</returns>
    public async Task<SignedCheckpoint?> RunAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await witnesses.ReadFilesAsync(cancellation);
            if (!await FitsAsync(cancellation)) return null;
            var made = await maker.MakeAsync(cancellation);
            if (made is MadeCheckpoint.Broken broken)
            {
                await doubts.BrokenAsync(broken.Words, cancellation);
                return null;
            }
            var (checkpoint, isNew) = (MadeCheckpoint.Made)made;
            witnesses.Remember(checkpoint);
            if (isNew || !_written)
            {
                LogCheckpoint(checkpoint.Checkpoint.Sequence, checkpoint.ToText());
                await files.WriteAsync(checkpoint, cancellation);
                _written = true;
            }
            var found = await ReadClustersAsync(cancellation);
            if (!await FitsAsync(cancellation)) return null;
            await Task.WhenAll(found.Select(f => WriteAsync(f.Link, f.Object, checkpoint, cancellation)));
            return checkpoint;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<bool> FitsAsync(CancellationToken cancellation)
    {
        SignedCheckpoint? other;
        await using (var db = await contexts.CreateDbContextAsync(cancellation)) other = await witnesses.FindContradictionAsync(db, cancellation);
        if (other is null) return true;
        await doubts.OlderAsync(other, cancellation);
        return false;
    }

    private async Task<(ClusterLink Link, CheckpointObject Object)[]> ReadClustersAsync(CancellationToken cancellation)
    {
        var links = (await clusters.ReadAsync(cancellation)).Where(c => c.Link.Succeeded).Select(c => c.Link.Value);
        var found = await Task.WhenAll(links.Select(async link => (Link: link, Result: await witnesses.ReadAsync(link, cancellation))));
        foreach (var (link, result) in found.Where(f => !f.Result.Succeeded)) LogAway(link.Name, result.Failure!.Message);
        return [.. found.Where(f => f.Result is { Succeeded: true, Value: not null }).Select(f => (f.Link, f.Result.Value!))];
    }

    private async Task WriteAsync(ClusterLink link, CheckpointObject found, SignedCheckpoint checkpoint, CancellationToken cancellation)
    {
        var text = checkpoint.ToText();
        // Another replica may have sent a newer one meanwhile.
        if (found.Text == text || (SignedCheckpoint.Read(found.Text) is { } there && witnesses.IsOurs(there) && there.Checkpoint.Time > checkpoint.Checkpoint.Time)) return;
        var written = await link.Breaker.RunAsync(token => link.Api.WriteCheckpointAsync(link.Api.OwnToken!, found, text, token), cancellation);
        if (written.Failure is { Kind: not ClusterFailureKind.Conflict } failure) LogAway(link.Name, failure.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, EventName = "LedgerCheckpoint", Message = "Ledger checkpoint {Sequence}: {Checkpoint}")]
    private partial void LogCheckpoint(long sequence, string checkpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkpoint of the ledger could not be exchanged with cluster {Cluster} ({Reason}); the next round tries again.")]
    private partial void LogAway(string cluster, string reason);
}
