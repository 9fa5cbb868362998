using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Lapse.Infrastructure.Persistence;

public sealed partial class PortalDbContext
{
    /// <summary>The channel on which committed changes are told, with ids only.</summary>
    public const string ChangesChannel = "lapse_changes";

    private readonly List<(DateTimeOffset Time, string Actor, string Act, string Subject, byte[] Content)> _pending = [];

    /// <summary>Notes what the ledger shall say about the change at hand; written by <see cref="CommitAsync"/> in the same transaction.</summary>
    /// <param name="time">When.</param>
    /// <param name="actor">Who (<see cref="LedgerActor"/>).</param>
    /// <param name="act">What (<see cref="LedgerActs"/>).</param>
    /// <param name="subject">To what (<see cref="LedgerSubject"/>).</param>
    /// <param name="content">The details; never a secret, a token or a credential.</param>
    public void Record(DateTimeOffset time, string actor, string act, string subject, JsonObject content) =>
        _pending.Add((time, actor, act, subject, CanonicalJson.Serialize(content)));

    /// <summary>
    /// Saves everything, appends the noted ledger entries, tells the other replicas which records changed, and commits.
    /// The ledger's head is locked by the last statements before the commit, so that sequence and order of commits agree
    /// and nobody waits for it longer than that.
    /// </summary>
    /// <exception cref="DbUpdateConcurrencyException">Somebody else changed a record since it was read; nothing was saved.</exception>
    public async Task CommitAsync(CancellationToken cancellation)
    {
        var transaction = Database.CurrentTransaction;
        var own = transaction is null ? await Database.BeginTransactionAsync(cancellation) : null;
        await using (own)
        {
            var changes = Changes();
            await base.SaveChangesAsync(true, cancellation);
            if (_pending.Count > 0) await AppendLedgerAsync([.. changes, "ledger"], cancellation);
            else if (changes.Count > 0) await Database.ExecuteSqlAsync($"SELECT pg_notify({ChangesChannel}, change) FROM unnest({changes.ToArray()}) AS change", cancellation);
            await (transaction ?? own!).CommitAsync(cancellation);
        }
    }

    /// <summary>Gives it back. What was noted and never committed must not reach whoever has it next.</summary>
    public override void Dispose()
    {
        _pending.Clear();
        base.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public override ValueTask DisposeAsync()
    {
        _pending.Clear();
        return base.DisposeAsync();
    }

    /// <inheritdoc/>
    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default) =>
        _pending.Count == 0
            ? base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken)
            : throw new InvalidOperationException("Ledger entries are pending; save through CommitAsync, so that they are written in the same transaction.");

    // Two round trips while the head is locked, whatever the number of entries: everybody who commits waits for it.
    private async Task AppendLedgerAsync(string[] changes, CancellationToken cancellation)
    {
        var connection = (NpgsqlConnection)Database.GetDbConnection();
        var transaction = (NpgsqlTransaction)Database.CurrentTransaction!.GetDbTransaction();
        var (sequence, hash) = await LockHeadAsync(connection, transaction, changes, cancellation);
        List<LedgerEntry> entries = [];
        foreach (var (time, actor, act, subject, content) in _pending)
        {
            var entry = LedgerEntry.After(sequence, hash, time, actor, act, subject, content);
            entries.Add(entry);
            (sequence, hash) = (entry.Sequence, entry.Hash);
        }
        await using var append = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("""
                    INSERT INTO ledger_entries (sequence, time, actor, act, subject, content, previous_hash, hash)
                    SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
                    """)
                {
                    Parameters =
                    {
                        new() { Value = entries.ConvertAll(e => e.Sequence) },
                        new() { Value = entries.ConvertAll(e => e.Time) },
                        new() { Value = entries.ConvertAll(e => e.Actor) },
                        new() { Value = entries.ConvertAll(e => e.Act) },
                        new() { Value = entries.ConvertAll(e => e.Subject) },
                        new() { Value = entries.ConvertAll(e => e.Content) },
                        new() { Value = entries.ConvertAll(e => e.PreviousHash) },
                        new() { Value = entries.ConvertAll(e => e.Hash) },
                    },
                },
                new("UPDATE ledger_head SET sequence = $1, hash = $2 WHERE id = 1") { Parameters = { new() { Value = sequence }, new() { Value = hash } } },
            },
        };
        await append.ExecuteNonQueryAsync(cancellation);
        _pending.Clear();
    }

    // What is told is delivered with the commit, so it may be said before the head is locked.
    private static async Task<(long Sequence, byte[] Hash)> LockHeadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] changes, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("SELECT count(pg_notify($1, change)) FROM unnest($2) AS change") { Parameters = { new() { Value = ChangesChannel }, new() { Value = changes } } },
                new("SELECT sequence, hash FROM ledger_head WHERE id = 1 FOR UPDATE"),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) throw new InvalidOperationException("The ledger has no head.");
        return (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
    }

    private HashSet<string> Changes()
    {
        ChangeTracker.DetectChanges();
        HashSet<string> changes = [];
        if (_pending.Any(entry => entry.Subject == LedgerSubject.Provider)) changes.Add(LedgerSubject.Provider);
        foreach (var entry in ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted))
        {
            var change = entry.Entity switch
            {
                AccessRequest request => LedgerSubject.Of(request.Id),
                Decision decision => LedgerSubject.Of(decision.RequestId),
                // A grant's change is shown on its request's page too.
                Grant grant => $"{LedgerSubject.Of(grant.Id)} {LedgerSubject.Of(grant.RequestId)}",
                Domain.Catalogue.ClusterHealth health => LedgerSubject.Of(health.ClusterId),
                ElevatedRole or ElevatedRoleVersion or RoleSnapshot or Domain.Workflows.Workflow or Domain.Workflows.WorkflowVersion => "catalogue",
                Domain.Holds.Hold or Domain.Holds.HoldEnd => "hold",
                ConfigurationChange or Cluster => "configuration",
                // Shown on the page of its change, and under the cluster's audit.
                Domain.JustInTime.StandingRemoval removal => $"{LedgerSubject.Of(removal.Id)} {LedgerSubject.RbacOf(removal.ClusterId)} configuration",
                // One notice for a cluster, however many of its findings changed.
                Domain.Rbac.Snapshots.RbacLook look => LedgerSubject.RbacOf(look.ClusterId),
                Domain.Rbac.Findings.FindingAcceptance acceptance => LedgerSubject.RbacOf(acceptance.ClusterId),
                Domain.People.Person person => LedgerSubject.Of(person.Id),
                Domain.People.SignInSession session when entry.State != EntityState.Added => $"session:{session.Id}",
                _ => null,
            };
            if (change is not null) changes.UnionWith(change.Split(' '));
        }
        return changes;
    }
}
