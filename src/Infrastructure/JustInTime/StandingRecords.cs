using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>Records what became of the removal of a standing binding; only where its row still stands as whoever records saw it.</summary>
internal sealed class StandingRecords(IDbContextFactory<PortalDbContext> contexts, HoldCheck holds, TimeProvider clock)
{
    /// <summary>What is there is not what was reviewed.</summary>
    public const string ChangedAlert = "StandingBindingChanged";

    /// <summary>The records do not prove that this was reviewed.</summary>
    public const string EvidenceAlert = "StandingEvidence";

    /// <summary>A standing binding is there again.</summary>
    public const string RestoredAlert = "StandingBindingRestored";

    /// <summary>A standing binding could not be made again.</summary>
    public const string NotRestoredAlert = "StandingBindingNotRestored";

    /// <summary>Announces the deletion, unless Lapse is on hold.</summary>
    /// <returns>Whether it may be sent now.</returns>
    public Task<bool> AnnounceAsync(StandingRemoval seen, CancellationToken cancellation) => MoveAsync(
        seen, ReconciliationSteps.StandingAnnounce, LedgerActs.BindingRemoving, (row, now) => row.Announce(now), new JsonObject(), null, underNoHold: true, cancellation);

    /// <summary>It is gone.</summary>
    public Task GoneAsync(StandingRemoval seen, CancellationToken cancellation) => MoveAsync(
        seen, ReconciliationSteps.StandingRecord, LedgerActs.BindingRemoved, (row, now) => row.SeenGone(now), new() { ["byHand"] = seen.Status == RemovalStatus.Waiting }, null, false, cancellation);

    /// <summary>It is not what was reviewed.</summary>
    public Task ChangedAsync(StandingRemoval seen, string message, CancellationToken cancellation) => MoveAsync(
        seen, ReconciliationSteps.StandingRecord, LedgerActs.BindingChanged, (row, now) => row.SeenChanged(message, now), new() { ["words"] = message }, ChangedAlert, false, cancellation);

    /// <summary>It is there again.</summary>
    public Task RestoredAsync(StandingRemoval seen, string uid, CancellationToken cancellation) => MoveAsync(
        seen, ReconciliationSteps.StandingRecord, LedgerActs.BindingRestored, (row, now) => row.SeenRestored(uid, now), new() { ["restored"] = uid, ["proof"] = seen.RestoreProofId?.ToString() }, RestoredAlert, false, cancellation);

    /// <summary>It is not made again.</summary>
    public Task NotRestoredAsync(StandingRemoval seen, string message, CancellationToken cancellation) => MoveAsync(
        seen, ReconciliationSteps.StandingRecord, LedgerActs.BindingNotRestored, (row, now) => row.NotRestored(message, now), new() { ["words"] = message, ["proof"] = seen.RestoreProofId?.ToString() }, NotRestoredAlert, false, cancellation);

    /// <summary>The cluster judged the announced deletion and refused it.</summary>
    public Task RefusedAsync(StandingRemoval seen, string message, DateTimeOffset nextLook, CancellationToken cancellation) => IfItStandsAsync(
        seen, (_, row) =>
        {
            row.Refused(message, nextLook);
            return Task.FromResult(true);
        }, cancellation);

    /// <summary>Something is in the way. Nobody is told where that is nothing new.</summary>
    public async Task WaitAsync(StandingRemoval seen, string message, bool lacksRight, DateTimeOffset nextLook, CancellationToken cancellation)
    {
        if (seen.Message == message && seen.LacksRight == lacksRight)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            await db.StandingRemovals.Where(r => r.Id == seen.Id && r.Status == seen.Status).ExecuteUpdateAsync(set => set.SetProperty(r => r.DueAt, nextLook), cancellation);
            return;
        }
        await IfItStandsAsync(
            seen, (_, row) =>
            {
                row.Wait(message, lacksRight, nextLook);
                return Task.FromResult(true);
            }, cancellation);
    }

    /// <summary>The records do not prove it: nothing happens, and it is an alarm.</summary>
    public Task AlarmAsync(StandingRemoval seen, Refusal refusal, DateTimeOffset nextLook, CancellationToken cancellation) => IfItStandsAsync(
        seen, async (db, row) =>
        {
            row.Wait(refusal.Message, lacksRight: false, nextLook);
            await db.AlertOnceAsync(clock.GetUtcNow(), LedgerSubject.Of(seen.Id), EvidenceAlert, Facts(row, new() { ["code"] = refusal.Code, ["words"] = refusal.Message }), cancellation);
            return true;
        }, cancellation);

    /// <summary>Whether something may be sent for it now: it stands as it was seen, and Lapse is not on hold.</summary>
    public Task<bool> MaySendAsync(StandingRemoval seen, CancellationToken cancellation) =>
        IfItStandsAsync(seen, async (db, _) => await holds.FindLockedAsync(db, cancellation) is null, cancellation);

    private async Task<bool> MoveAsync(
        StandingRemoval seen, string step, string act, Action<StandingRemoval, DateTimeOffset> move, JsonObject facts, string? alert, bool underNoHold, CancellationToken cancellation)
    {
        using var activity = ReconciliationSteps.Start(step, seen.Id);
        return await IfItStandsAsync(
            seen, async (db, row) =>
            {
                if (underNoHold && await holds.FindLockedAsync(db, cancellation) is not null) return false;
                var now = clock.GetUtcNow();
                move(row, now);
                Facts(row, facts);
                db.Record(now, LedgerActor.Lapse, act, LedgerSubject.Of(row.Id), facts);
                if (alert is not null) db.Alert(now, LedgerSubject.Of(row.Id), alert, facts.DeepClone().AsObject());
                return true;
            }, cancellation);
    }

    // Under the row's lock, and only while it stands as whoever records saw it; commits if the change says that there is one.
    private async Task<bool> IfItStandsAsync(StandingRemoval seen, Func<PortalDbContext, StandingRemoval, Task<bool>> change, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.LockAsync(seen.Id, cancellation) is not { } row || row.Status != seen.Status || !await change(db, row)) return false;
        await db.CommitAsync(cancellation);
        return true;
    }

    private static JsonObject Facts(StandingRemoval row, JsonObject facts)
    {
        facts["cluster"] = row.ClusterId.ToString();
        facts["change"] = row.ChangeId.ToString();
        facts["binding"] = row.Reference;
        facts["uid"] = row.Uid;
        facts["digest"] = row.Digest;
        return facts;
    }
}
