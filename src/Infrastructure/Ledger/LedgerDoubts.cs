using System.Text.Json.Nodes;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Ledger;

/// <summary>Puts Lapse on hold when its records cannot be trusted.</summary>
public sealed partial class LedgerDoubts(IDbContextFactory<PortalDbContext> contexts, HoldCheck holds, TimeProvider clock, ILogger<LedgerDoubts> log)
{
    /// <summary>
    /// The ledger does not fit a checkpoint that this installation signed. Sign-ins end as well: those that had ended are open again in
    /// older records.
    /// </summary>
    public async Task OlderAsync(SignedCheckpoint witness, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(cancellation);
        var (said, at) = (witness.Checkpoint.Sequence, CanonicalTime.Text(witness.Checkpoint.Time)[..19].Replace('T', ' '));
        var why = head.Sequence < said
            ? $"The database is an older one: its ledger ends at entry {head.Sequence}, and Lapse had signed {said} at {at} UTC."
            : $"The database is another one: entry {said} of its ledger is not the one that Lapse had signed at {at} UTC.";
        await BeginAsync(db, HoldCause.OlderLedger, why, witness.ToText(), cancellation);
    }

    /// <summary>Entries of the ledger were changed after they were written.</summary>
    public async Task BrokenAsync(string words, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await BeginAsync(db, HoldCause.BrokenLedger, words, "", cancellation);
    }

    private async Task BeginAsync(PortalDbContext db, HoldCause cause, string why, string witness, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await Holds.Holds.LockAsync(db, cancellation);
        // While one of its kind is open, nothing starts anyway; whoever ends it accepts all that is known by then.
        if ((await holds.ReadAsync(db, cancellation)).Any(h => h.IsOpen && h.Hold.Cause == cause)) return;
        var (hold, _) = await Holds.Holds.BeginAsync(db, cause, why, LedgerActor.Lapse, now, cancellation, witness);
        if (cause == HoldCause.OlderLedger)
            await db.SignInSessions.Where(s => s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), cancellation);
        db.Alert(now, LedgerSubject.Of(hold.Id), cause.ToString(), new JsonObject { ["words"] = why });
        await db.CommitAsync(cancellation);
        LogHold(cause, why);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Lapse is on hold and starts no access ({Cause}): {Why}")]
    private partial void LogHold(HoldCause cause, string why);
}
