using System.Collections.Concurrent;
using System.Security.Cryptography;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Ledger;

/// <summary>
/// What this replica knows from outside of the database about the ledger: the newest checkpoint of each place, with its signature
/// verified. A database that was restored, or rewritten, does not fit them.
/// </summary>
public sealed partial class LedgerWitnesses(HoldCheck holds, CheckpointFiles files, InstallationKey key, ILogger<LedgerWitnesses> log)
{
    private const string Own = "this replica";

    private readonly ConcurrentDictionary<string, SignedCheckpoint> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ClusterId, bool> _read = new();
    private volatile bool _filesRead;

    /// <summary>Remembers what was signed or found just now.</summary>
    public void Remember(SignedCheckpoint checkpoint) => _known[Own] = checkpoint;

    /// <summary>Whether this installation signed it.</summary>
    public bool IsOurs(SignedCheckpoint checkpoint) => key.Verify(checkpoint);

    /// <summary>Reads the files.</summary>
    public async Task ReadFilesAsync(CancellationToken cancellation)
    {
        foreach (var (file, text) in await files.ReadAsync(cancellation)) Keep(file, text ?? "");
        _filesRead = true;
    }

    /// <summary>Reads a cluster's checkpoint.</summary>
    /// <returns>The object, for who wants to write it; <see langword="null"/> if the cluster keeps none. A failure if nobody knows.</returns>
    public async Task<ClusterResult<CheckpointObject?>> ReadAsync(ClusterLink link, CancellationToken cancellation)
    {
        // Without a ServiceAccount there is no namespace that is Lapse's own.
        if (link.Api.OwnToken is not { } account) return Unwitnessed(link);
        var found = await link.Breaker.RunAsync(token => link.Api.ReadCheckpointAsync(account, token), cancellation);
        // The cluster's page says which right is missing; a namespace that is gone takes Lapse's rights with it.
        if (found.Failure is { Kind: ClusterFailureKind.NotFound or ClusterFailureKind.NamespaceGone or ClusterFailureKind.Forbidden } none)
        {
            LogNone(link.Name, none.Message);
            return Unwitnessed(link);
        }
        if (found.Failure is { } failure) return failure;
        Keep(Place(link), found.Value.Text);
        _read[link.Id] = true;
        return found.Value;
    }

    /// <summary>Whether access may begin in a cluster as far as outside witnesses go: its own checkpoint and the files were read since this replica began.</summary>
    /// <returns>Why not, in words.</returns>
    public async Task<string?> BeforeStartAsync(ClusterLink link, CancellationToken cancellation)
    {
        if (!_filesRead) await ReadFilesAsync(cancellation);
        if (_read.ContainsKey(link.Id)) return null;
        return (await ReadAsync(link, cancellation)).Failure is { } failure ? $"Its checkpoint of the ledger cannot be read: {failure.Message}" : null;
    }

    /// <summary>
    /// A checkpoint that the ledger does not fit; <see langword="null"/> if it fits all that are known. Those from before a moment at
    /// which an admin accepted the records as they are count no more.
    /// </summary>
    public async Task<SignedCheckpoint?> FindContradictionAsync(PortalDbContext db, CancellationToken cancellation)
    {
        var distinct = _known.Values.Where(w => w.Checkpoint.Sequence > 0).DistinctBy(w => (w.Checkpoint.Sequence, Convert.ToHexString(w.Checkpoint.HeadHash))).ToList();
        if (distinct.Count == 0) return null;
        long[] sequences = [.. distinct.Select(w => w.Checkpoint.Sequence)];
        var hashes = await db.LedgerEntries.AsNoTracking().Where(e => sequences.Contains(e.Sequence)).Select(e => new { e.Sequence, e.Hash }).ToDictionaryAsync(e => e.Sequence, e => e.Hash, cancellation);
        var others = distinct.Where(w => !hashes.TryGetValue(w.Checkpoint.Sequence, out var hash) || !CryptographicOperations.FixedTimeEquals(hash, w.Checkpoint.HeadHash)).ToList();
        if (others.Count == 0) return null;
        var accepted = AcceptedUntil(await holds.ReadAsync(db, cancellation));
        return others.Where(w => accepted is null || w.Checkpoint.Time > accepted).MaxBy(w => w.Checkpoint.Sequence);
    }

    /// <summary>Until when an admin accepted that what was signed need not fit, because they know that the records were restored.</summary>
    public static DateTimeOffset? AcceptedUntil(IEnumerable<CheckedHold> all) => all
        .Where(h => h.Hold.Cause.DoubtsRecords() && !h.IsOpen)
        .Select(h => SignedCheckpoint.Read(h.Hold.Witness) is { } witness && witness.Checkpoint.Time > h.EndProvedAt ? witness.Checkpoint.Time : h.EndProvedAt)
        .Max();

    /// <summary>How a cluster is called among the places.</summary>
    public static string Place(ClusterLink link) => $"cluster {link.Name}";

    private ClusterResult<CheckpointObject?> Unwitnessed(ClusterLink link)
    {
        _read[link.Id] = true;
        return (CheckpointObject?)null;
    }

    // Of what one place said, the newest counts: whoever puts back an older one takes nothing away that this replica has seen.
    private void Keep(string place, string text)
    {
        if (text.Length == 0) return;
        if (SignedCheckpoint.Read(text) is not { } found || !key.Verify(found))
        {
            LogNotOurs(place);
            return;
        }
        _known.AddOrUpdate(place, found, (_, known) => known.Checkpoint.Time > found.Checkpoint.Time ? known : found);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The checkpoint of {Place} was not signed by this installation. Somebody wrote it, or the installation's key is another one. It is replaced.")]
    private partial void LogNotOurs(string place);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cluster {Cluster} keeps no checkpoint of the ledger ({Reason}); `lapse cluster-rights` has what it needs.")]
    private partial void LogNone(string cluster, string reason);
}
