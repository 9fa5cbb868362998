using System.Collections.Concurrent;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Saves what workers learnt, in one transaction for all who wait at that moment: the ledger's head lets one commit through at a time,
/// so that a transaction for each of two thousand ends would keep the last one waiting for seconds. Whoever comes alone waits for nobody.
/// If the transaction fails for what one of them did, each is saved by itself.
/// </summary>
internal sealed class RecordQueue(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock) : IDisposable
{
    private const int Most = 64;
    private const int Attempts = 5;

    private readonly ConcurrentQueue<Entry> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Saves a change, if the grant still stands where the worker thinks; see <see cref="GrantRecords"/>.</summary>
    public async Task<Grant?> RecordAsync(Grant seen, Func<PortalDbContext, Grant, DateTimeOffset, Task> change, CancellationToken cancellation)
    {
        var entry = new Entry(seen, change);
        _waiting.Enqueue(entry);
        try
        {
            await _turn.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!entry.Withdraw())
        {
            // Somebody is saving it already; what comes of it has to be known.
            return await entry.Saved;
        }
        try
        {
            while (!entry.Saved.IsCompleted) await SaveAsync(Take());
        }
        finally
        {
            _turn.Release();
        }
        return await entry.Saved;
    }

    /// <summary>Saves a change in a transaction of its own.</summary>
    public async Task<Grant?> RecordAloneAsync(Grant seen, Func<PortalDbContext, Grant, DateTimeOffset, Task> change, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (await SaveTogetherAsync([new(seen, change)], cancellation))[0];
            }
            catch (DbUpdateConcurrencyException) when (attempt < Attempts)
            {
                // Somebody else saved first. What they did decides whether this record still holds.
            }
            catch (DbUpdateConcurrencyException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private List<Entry> Take()
    {
        List<Entry> taken = [];
        while (taken.Count < Most && _waiting.TryDequeue(out var entry))
            if (entry.Take()) taken.Add(entry);
        return taken;
    }

    private async Task SaveAsync(List<Entry> entries)
    {
        if (entries.Count > 1)
        {
            try
            {
                var saved = await SaveTogetherAsync(entries, CancellationToken.None);
                for (var i = 0; i < entries.Count; i++) entries[i].Tell(saved[i]);
                return;
            }
            catch (Exception away) when (DatabaseTrouble.GaveNoAnswer(away))
            {
                foreach (var entry in entries) entry.Tell(away);
                return;
            }
#pragma warning disable CA1031 // One of them may be the reason; each is tried by itself, and hears of its own error.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
        await Task.WhenAll(entries.Select(async entry =>
        {
            try
            {
                entry.Tell(await RecordAloneAsync(entry.Seen, entry.Change, CancellationToken.None));
            }
#pragma warning disable CA1031 // It is told to whoever waits for it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                entry.Tell(exception);
            }
        }));
    }

    private async Task<Grant?[]> SaveTogetherAsync(List<Entry> entries, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        Guid[] ids = [.. entries.Select(e => e.Seen.Id.Value)];
        // A newer grant before the older one, as everywhere.
        var grants = await db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE id = ANY({ids}) ORDER BY id DESC FOR UPDATE").ToDictionaryAsync(g => g.Id, cancellation);
        var (saved, now, changed) = (new Grant?[entries.Count], clock.GetUtcNow(), false);
        for (var i = 0; i < entries.Count; i++)
        {
            var seen = entries[i].Seen;
            if (!grants.TryGetValue(seen.Id, out var grant) || grant.LeaseOwner != seen.LeaseOwner || grant.Status != seen.Status || grant.ProbeUser != seen.ProbeUser) continue;
            await entries[i].Change(db, grant, now);
            (saved[i], changed) = (grant, true);
        }
        if (!changed) return saved;
        await db.CloseIfOverAsync([.. saved.OfType<Grant>().Where(g => g.IsOver)], cancellation);
        await db.CommitAsync(cancellation);
        return saved;
    }

    private sealed class Entry(Grant seen, Func<PortalDbContext, Grant, DateTimeOffset, Task> change)
    {
        private readonly TaskCompletionSource<Grant?> _saved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken;

        public Grant Seen => seen;

        public Func<PortalDbContext, Grant, DateTimeOffset, Task> Change => change;

        public Task<Grant?> Saved => _saved.Task;

        public bool Take() => Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

        public bool Withdraw() => Take();

        public void Tell(Grant? saved) => _saved.TrySetResult(saved);

        public void Tell(Exception exception) => _saved.TrySetException(exception);
    }
}
