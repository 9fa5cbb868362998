using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Microsoft.EntityFrameworkCore;

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
            foreach (var change in changes)
                await Database.ExecuteSqlAsync($"SELECT pg_notify({ChangesChannel}, {change})", cancellation);
            await AppendLedgerAsync(cancellation);
            await (transaction ?? own!).CommitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default) =>
        _pending.Count == 0
            ? base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken)
            : throw new InvalidOperationException("Ledger entries are pending; save through CommitAsync, so that they are written in the same transaction.");

    private async Task AppendLedgerAsync(CancellationToken cancellation)
    {
        if (_pending.Count == 0) return;
        var head = await LedgerHead.FromSql($"SELECT * FROM ledger_head WHERE id = 1 FOR UPDATE").AsNoTracking().SingleAsync(cancellation);
        var (sequence, hash) = (head.Sequence, head.Hash);
        foreach (var (time, actor, act, subject, content) in _pending)
        {
            var entry = LedgerEntry.After(sequence, hash, time, actor, act, subject, content);
            LedgerEntries.Add(entry);
            (sequence, hash) = (entry.Sequence, entry.Hash);
        }
        _pending.Clear();
        await base.SaveChangesAsync(true, cancellation);
        await Database.ExecuteSqlAsync($"UPDATE ledger_head SET sequence = {sequence}, hash = {hash} WHERE id = 1", cancellation);
        await Database.ExecuteSqlAsync($"SELECT pg_notify({ChangesChannel}, 'ledger')", cancellation);
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
                Domain.People.Person person => LedgerSubject.Of(person.Id),
                Domain.People.SignInSession session when entry.State != EntityState.Added => $"session:{session.Id}",
                _ => null,
            };
            if (change is not null) changes.UnionWith(change.Split(' '));
        }
        return changes;
    }
}
