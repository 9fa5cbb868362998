using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Gathering;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Records what a worker learnt. Each record reads the grant anew and is saved only if it still stands where the worker thinks
/// and nobody else changed it in between; so two workers at one grant never do more than one.
/// </summary>
internal sealed class GrantRecords(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock, ReconciliationOptions options) : IDisposable
{
    private readonly RecordQueue _starts = new(contexts, clock);
    private readonly RecordQueue _ends = new(contexts, clock);
    private readonly SharedReads<GrantId, Grant> _reads = new(async ids =>
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await db.Grants.AsNoTracking().Where(g => ids.Contains(g.Id)).ToDictionaryAsync(g => g.Id);
    });

    /// <summary>The grant as it is now; <see langword="null"/> if it is not this worker's (any more).</summary>
    public async Task<Grant?> ReadAsync(GrantId id, string owner, CancellationToken cancellation)
    {
        var grant = await _reads.ReadAsync(id, cancellation);
        return grant?.LeaseOwner == owner ? grant : null;
    }

    /// <summary>Changes a grant, if it still stands where the worker thinks.</summary>
    /// <param name="seen">The grant as the worker knows it: id, lease, status, and which creation it is about.</param>
    /// <param name="change">The change; notes its ledger entries itself.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    /// <returns>The grant as saved, or <see langword="null"/> if somebody else changed it: read it again.</returns>
    public Task<Grant?> RecordAsync(Grant seen, Action<PortalDbContext, Grant, DateTimeOffset> change, CancellationToken cancellation) =>
        RecordAsync(seen, (db, grant, now) => { change(db, grant, now); return Task.CompletedTask; }, cancellation);

    /// <summary>The same for a change that reads more.</summary>
    public Task<Grant?> RecordAsync(Grant seen, Func<PortalDbContext, Grant, DateTimeOffset, Task> change, CancellationToken cancellation) =>
        // No end waits for a start, here neither.
        (seen.Status is GrantStatus.Scheduled or GrantStatus.Provisioning ? _starts : _ends).RecordAsync(seen, change, cancellation);

    /// <summary>The same for a change that locks more than its grant: in a transaction of its own.</summary>
    public Task<Grant?> RecordAloneAsync(Grant seen, Func<PortalDbContext, Grant, DateTimeOffset, Task> change, CancellationToken cancellation) =>
        _starts.RecordAloneAsync(seen, change, cancellation);

    /// <summary>Something stood in the way: it is tried again later.</summary>
    /// <returns>Given back, unless somebody else changed it meanwhile: then there may be something else to do at once.</returns>
    public async Task<StepResult> StumbleAsync(Grant seen, string words, CancellationToken cancellation) => Given(await RecordAsync(
        seen,
        async (db, grant, now) =>
        {
            if (grant.Status == GrantStatus.Scheduled) grant.Begin(now);
            grant.Stumbled(Cut(words), Backoff.Next(grant, options, now), now);
            grant.Release(grant.DueAt);
            // A minute late is no hiccup any more.
            if (grant is { Status: GrantStatus.Revoking, RevokingSince: { } since } && now - since > TimeSpan.FromMinutes(1))
                await db.AlertOnceAsync(now, LedgerSubject.Of(grant.Id), "Overdue", new JsonObject { ["words"] = Cut(words), ["since"] = Domain.Text.CanonicalTime.Text(since) }, cancellation);
        },
        cancellation));

    /// <summary>
    /// Keeps the UID of a binding that was created, whatever became of the grant in the meantime: whoever ends it then knows what
    /// to delete, and that nothing is on its way any more.
    /// </summary>
    public async Task LearnAsync(Grant seen, string uid, bool answered, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var grant = (await db.LockAsync(seen.Id, cancellation))!;
        if (grant.IsOver || grant.UsableAt is not null || grant.ProbeUser != seen.ProbeUser) return;
        if (grant.BindingUid is null) grant.Created(uid);
        if (answered) grant.Answered();
        await db.CommitAsync(cancellation);
    }

    /// <summary>Says once that a grant's own row cannot be read. Nobody can record anything in it.</summary>
    public async Task AlertUnreadableAsync(GrantId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var facts = new JsonObject { ["code"] = BrokenRecords.GrantRefusal.Code, ["words"] = BrokenRecords.GrantRefusal.Message };
        if (await db.AlertOnceAsync(clock.GetUtcNow(), LedgerSubject.Of(id), BrokenRecords.AlertKind, facts, cancellation)) await db.CommitAsync(cancellation);
    }

    /// <summary>Gives the grant back.</summary>
    /// <returns>As <see cref="StumbleAsync"/>.</returns>
    public async Task<StepResult> ReleaseAsync(Grant seen, DateTimeOffset? due, CancellationToken cancellation) =>
        Given(await RecordAsync(seen, (_, grant, _) => grant.Release(due), cancellation));

    /// <inheritdoc/>
    public void Dispose()
    {
        _starts.Dispose();
        _ends.Dispose();
    }

    internal static StepResult Given(Grant? recorded) => recorded is null ? StepResult.Again : StepResult.Released;

    internal static string Cut(string words) => words.Length <= 1000 ? words : words[..1000];
}
