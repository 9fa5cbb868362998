using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Holds;

/// <summary>
/// Whether Lapse is on hold. A hold is over only when an admin's step-up for exactly that can be verified: a row that somebody writes
/// ends none. Whoever cannot read it must start nothing; so nothing here is caught.
/// </summary>
public sealed class HoldCheck(IDbContextFactory<PortalDbContext> contexts, ProofVerifier proofs, PortalGroups groups)
{
    // Which ends were verified, and when their admin authenticated. Proofs and tokens never change.
    private readonly ConcurrentDictionary<(HoldId, StepUpProofId), DateTimeOffset> _verified = new();

    /// <summary>The oldest open hold; <see langword="null"/> if there is none.</summary>
    public async Task<Hold?> FindAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return (await ReadAsync(db, cancellation)).FirstOrDefault(h => h.IsOpen)?.Hold;
    }

    /// <summary>The same in the transaction that prepares a binding: none can begin until it is committed.</summary>
    public async Task<Hold?> FindLockedAsync(PortalDbContext db, CancellationToken cancellation)
    {
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock_shared({Holds.Lock})", cancellation);
        return (await ReadAsync(db, cancellation)).FirstOrDefault(h => h.IsOpen)?.Hold;
    }

    /// <summary>Every hold, the oldest first, each with its verified end.</summary>
    public async Task<IReadOnlyList<CheckedHold>> ReadAsync(PortalDbContext db, CancellationToken cancellation)
    {
        var rows = await (
            from hold in db.Holds.AsNoTracking()
            join end in db.HoldEnds.AsNoTracking() on hold.Id equals end.HoldId into ends
            from end in ends.DefaultIfEmpty()
            orderby hold.BegunAt, hold.Id
            select new { Hold = hold, End = end }).ToListAsync(cancellation);
        List<CheckedHold> read = [.. await DeletedAsync(db, [.. rows.Select(r => r.Hold.Id)], cancellation)];
        foreach (var row in rows)
        {
            var (authenticated, refusal) = row.End is null ? (null, null) : await VerifyAsync(db, row.Hold, row.End, cancellation);
            read.Add(new(row.Hold, row.End, authenticated, refusal));
        }
        return read;
    }

    /// <summary>
    /// Whether something was proved before an admin accepted restored records: it may have been used up, or undone, since, and nobody knows any more.
    /// </summary>
    internal async Task<bool> IsBeforeRestoreAsync(PortalDbContext db, IEnumerable<ProvedAct> acts, CancellationToken cancellation)
    {
        var accepted = (await ReadAsync(db, cancellation)).Where(h => h.Hold.Cause.DoubtsRecords()).Max(h => h.EndProvedAt);
        return acts.Any(act => act.AuthenticatedAt <= accepted);
    }

    // Whoever owns the database can delete the row of a hold, but not its entry in the ledger without that being found. So it goes on.
    private static async Task<List<CheckedHold>> DeletedAsync(PortalDbContext db, HashSet<HoldId> known, CancellationToken cancellation)
    {
        List<CheckedHold> deleted = [];
        await foreach (var entry in db.LedgerEntries.AsNoTracking().Where(e => e.Act == LedgerActs.HoldBegun).OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (entry.Subject.Split(':') is not [_, var text] || !UuidId.TryParse<HoldId>(text, out var id) || known.Contains(id)) continue;
            var content = JsonNode.Parse(entry.Content)!.AsObject();
            deleted.Add(new(
                new()
                {
                    Id = id,
                    Cause = Enum.Parse<HoldCause>(content["cause"]!.GetValue<string>()),
                    Why = content["why"]!.GetValue<string>(),
                    Witness = content["witness"]?.GetValue<string>() ?? "",
                    BegunAt = entry.Time,
                    BegunBy = entry.Actor,
                },
                null, null, new("HoldDeleted", "Somebody deleted the record of this hold. It goes on.")));
        }
        return deleted;
    }

    private async Task<(DateTimeOffset? Authenticated, Refusal? Refusal)> VerifyAsync(PortalDbContext db, Hold hold, HoldEnd end, CancellationToken cancellation)
    {
        if (_verified.TryGetValue((hold.Id, end.ProofId), out var known)) return (known, null);
        var admin = await db.People.AsNoTracking().SingleOrDefaultAsync(p => p.Id == end.EndedBy, cancellation);
        if (admin is null) return (null, new("ProofOfSomebodyElse", "Whoever ended the hold is unknown."));
        var proved = await proofs.VerifyAsync(db, end.ProofId, StepUpActs.EndHold(hold, end.EndedBy), admin, cancellation);
        if (!proved.Succeeded) return (null, proved.Refusal);
        if (!groups.IsAdmin(proved.Value.Groups)) return (null, new("NotAnAdmin", "Whoever ended the hold was no admin when they did."));
        _verified[(hold.Id, end.ProofId)] = proved.Value.AuthenticatedAt;
        return (proved.Value.AuthenticatedAt, null);
    }
}

/// <summary>A hold, and whether its end was verified.</summary>
/// <param name="Hold">The hold.</param>
/// <param name="End">The row that ends it; <see langword="null"/> if there is none.</param>
/// <param name="EndProvedAt">When the admin who ended it authenticated, by the provider's token; <see langword="null"/> while it is open.</param>
/// <param name="Refusal">Why the row that ends it does not.</param>
public sealed record CheckedHold(Hold Hold, HoldEnd? End, DateTimeOffset? EndProvedAt, Refusal? Refusal)
{
    /// <summary>Whether it holds.</summary>
    public bool IsOpen => EndProvedAt is null;
}
