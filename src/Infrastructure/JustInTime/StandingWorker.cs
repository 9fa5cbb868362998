using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>
/// Removes a standing binding, or makes one again, as far as that can be done now. Level-triggered: each time everything is read and
/// verified anew, so it does not matter where somebody stopped before. What is not exactly what was reviewed is left alone.
/// </summary>
internal sealed class StandingWorker(
    IDbContextFactory<PortalDbContext> contexts, NpgsqlDataSource source, StandingEvidence evidence, StandingEntryCheck entries, StandingRecords records, ClusterConnections connections,
    LedgerWitnesses witnesses, HoldCheck holds, TimeProvider clock)
{
    // Of the same form as the other locks of Lapse: a space, and a number in it.
    private const int LockSpace = 0x4C505354;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterAlarm = TimeSpan.FromMinutes(5);

    /// <summary>The removals that are due, the oldest first.</summary>
    public async Task<IReadOnlyList<StandingRemovalId>> DueAsync(int most, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.StandingRemovals.AsNoTracking()
            .Where(r => (r.Status == RemovalStatus.Waiting || r.Status == RemovalStatus.Removing || r.Status == RemovalStatus.Restoring) && r.DueAt <= now)
            .OrderBy(r => r.DueAt).Select(r => r.Id).Take(most).ToListAsync(cancellation);
    }

    /// <summary>Works on one, unless somebody else does.</summary>
    public async Task RunAsync(StandingRemovalId id, CancellationToken cancellation)
    {
        await using var held = await AdvisoryLock.TryTakeAsync(source, LockSpace, id.ToString(), cancellation);
        if (held is null) return;
        StandingRemoval removal;
        await using (var db = await contexts.CreateDbContextAsync(cancellation)) removal = await db.StandingRemovals.AsNoTracking().SingleAsync(r => r.Id == id, cancellation);
        // Somebody may have done it since it was listed.
        if (removal.Status is not (RemovalStatus.Waiting or RemovalStatus.Removing or RemovalStatus.Restoring) || removal.DueAt > clock.GetUtcNow()) return;
        if (await CheckAsync(removal, cancellation) is not { } ready) return;
        if (removal.Status == RemovalStatus.Restoring) await RestoreAsync(ready.Facts, ready.Link, cancellation);
        else await RemoveAsync(ready.Facts, ready.Link, cancellation);
    }

    private async Task<(StandingFacts Facts, ClusterLink Link)?> CheckAsync(StandingRemoval removal, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.StandingCheck, removal.Id);
        StandingFacts facts;
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
        {
            var verified = await evidence.VerifyAsync(db, removal, cancellation);
            var refusal = verified.Refusal ?? (removal.Status == RemovalStatus.Restoring
                ? await evidence.CheckRestorationAsync(db, removal, clock.GetUtcNow(), cancellation)
                : await StandingEvidence.CheckRemovalAsync(db, removal, cancellation));
            // What an admin wanted back and cannot have so any more is no alarm; they may want it again.
            if (removal.Status == RemovalStatus.Restoring && refusal is { Code: StandingEvidence.TooOld or StandingEvidence.AdminDisabled or StandingEvidence.BeforeRestore })
            {
                await records.NotRestoredAsync(removal, refusal.Message, cancellation);
                return null;
            }
            if (refusal is not null)
            {
                await records.AlarmAsync(removal, refusal, clock.GetUtcNow() + AfterAlarm, cancellation);
                return null;
            }
            facts = verified.Value;
        }

        async Task<(StandingFacts, ClusterLink)?> LaterAsync(string why)
        {
            await WaitAsync(removal, why, lacksRight: false, cancellation);
            return null;
        }

        if (facts.Cluster.RetiredAt is not null) return await LaterAsync("The cluster was taken out of use.");
        var link = connections.To(facts.Cluster);
        if (!link.Succeeded)
        {
            if (link.Refusal!.Code is not (SealedCredential.NotForTheseSettings or SealedCredential.Unreadable)) return await LaterAsync(link.Refusal.Message);
            await records.AlarmAsync(removal, link.Refusal, clock.GetUtcNow() + AfterAlarm, cancellation);
            return null;
        }
        if (await holds.FindAsync(cancellation) is not null) return await LaterAsync("Lapse is on hold. Nobody could get access instead, so nothing is removed, and nothing is restored.");
        // A cluster may know that the database is an older one; nothing is done there before it was asked.
        return await witnesses.BeforeStartAsync(link.Value, cancellation) is { } unknown ? await LaterAsync(unknown) : (facts, link.Value);
    }

    private async Task RemoveAsync(StandingFacts facts, ClusterLink link, CancellationToken cancellation)
    {
        var (removal, reviewed, api) = (facts.Removal, facts.Reviewed, link.Api);
        var look = await api.GetBindingAsync(reviewed.Binding.Name, reviewed.Binding.Namespace, cancellation);
        if (look is GetBindingResult.NotFound)
        {
            await records.GoneAsync(removal, cancellation);
            return;
        }
        if (look is not GetBindingResult.Found { Binding: var seen })
        {
            await WaitAsync(removal, ((GetBindingResult.Unknown)look).Failure.Message, lacksRight: false, cancellation);
            return;
        }
        if (Differences(reviewed.Binding, seen) is { } different)
        {
            await records.ChangedAsync(removal, different, cancellation);
            return;
        }
        if (seen.DeletedAt is not null)
        {
            await WaitAsync(removal, $"It is deleted, but something holds it up: {string.Join(", ", seen.Finalizers)}.", lacksRight: false, cancellation);
            return;
        }
        if (await entries.CheckAsync(facts, api, cancellation) is { } blocked)
        {
            if (blocked.IsAlarm) await records.AlarmAsync(removal, blocked.Refusal, clock.GetUtcNow() + AfterAlarm, cancellation);
            else await WaitAsync(removal, blocked.Refusal.Message, lacksRight: false, cancellation);
            return;
        }
        // The API server says beforehand whether it would do it, its policies among it, so that nothing is announced that cannot be done.
        if (!await JudgeAsync(removal, await api.DeleteStandingAsync(seen, rehearse: true, cancellation), cancellation)) return;
        if (removal.Status == RemovalStatus.Waiting)
        {
            if (!await records.AnnounceAsync(removal, cancellation)) return;
            removal.Announce(clock.GetUtcNow());
        }
        else if (!await records.MaySendAsync(removal, cancellation)) return;
        await DeleteAsync(removal, seen, api, cancellation);
    }

    private async Task DeleteAsync(StandingRemoval removal, BindingObject seen, ClusterApi api, CancellationToken cancellation)
    {
        bool sent;
        using (ReconciliationSteps.Start(ReconciliationSteps.StandingDelete, removal.Id))
            sent = await JudgeAsync(removal, await api.DeleteStandingAsync(seen, rehearse: false, cancellation), cancellation);
        if (!sent) return;
        switch (await api.GetBindingAsync(seen.Name, seen.Namespace, cancellation))
        {
            case GetBindingResult.NotFound:
                await records.GoneAsync(removal, cancellation);
                break;
            case GetBindingResult.Found { Binding: var still }:
                // Another one of the same name is not what was reviewed, and the next look says so.
                await WaitAsync(removal, still.Uid == seen.Uid ? "The cluster took the deletion, and it is still there." : "", lacksRight: false, cancellation, TimeSpan.Zero);
                break;
            case GetBindingResult.Unknown unknown:
                await WaitAsync(removal, unknown.Failure.Message, lacksRight: false, cancellation);
                break;
        }
    }

    private async Task<bool> JudgeAsync(StandingRemoval removal, DeleteBindingResult result, CancellationToken cancellation)
    {
        switch (result)
        {
            case DeleteBindingResult.Deleted or DeleteBindingResult.NotFound:
                return true;
            case DeleteBindingResult.Forbidden(var message) when removal.Status == RemovalStatus.Removing:
                await records.RefusedAsync(removal, message, clock.GetUtcNow() + Pause, cancellation);
                return false;
            case DeleteBindingResult.Forbidden(var message):
                await WaitAsync(removal, message, lacksRight: true, cancellation);
                return false;
            case DeleteBindingResult.Unknown(var failure):
                await WaitAsync(removal, failure.Message, lacksRight: false, cancellation);
                return false;
            default:
                // Somebody wrote to it between the look and this. What it says now is looked at next.
                await WaitAsync(removal, removal.Message, removal.LacksRight, cancellation, TimeSpan.Zero);
                return false;
        }
    }

    private async Task RestoreAsync(StandingFacts facts, ClusterLink link, CancellationToken cancellation)
    {
        var (removal, reviewed, api) = (facts.Removal, facts.Reviewed, link.Api);
        switch (await api.GetBindingAsync(reviewed.Binding.Name, reviewed.Binding.Namespace, cancellation))
        {
            case GetBindingResult.Unknown unknown:
                await WaitAsync(removal, unknown.Failure.Message, lacksRight: false, cancellation);
                return;
            case GetBindingResult.Found { Binding: { DeletedAt: null } there }:
                await AdoptAsync(facts, there, cancellation);
                return;
            case GetBindingResult.Found:
                await WaitAsync(removal, "A binding of this name is about to go, and something holds it up.", lacksRight: false, cancellation);
                return;
        }
        if (!await records.MaySendAsync(removal, cancellation)) return;
        CreateBindingResult created;
        using (ReconciliationSteps.Start(ReconciliationSteps.StandingCreate, removal.Id)) created = await api.CreateStandingAsync(reviewed.Binding, cancellation);
        switch (created)
        {
            case CreateBindingResult.Created or CreateBindingResult.AlreadyExists when await api.GetBindingAsync(reviewed.Binding.Name, reviewed.Binding.Namespace, cancellation) is GetBindingResult.Found { Binding: var there }:
                await AdoptAsync(facts, there, cancellation);
                break;
            case CreateBindingResult.Forbidden(var message):
                await WaitAsync(removal, message, lacksRight: true, cancellation);
                break;
            case CreateBindingResult.NamespaceGone:
                await records.NotRestoredAsync(removal, "Its namespace is not there any more.", cancellation);
                break;
            case CreateBindingResult.RoleGone:
                await records.NotRestoredAsync(removal, "The role that it gave is not there any more.", cancellation);
                break;
            case CreateBindingResult.Invalid(var message):
                await records.NotRestoredAsync(removal, message, cancellation);
                break;
            case CreateBindingResult.Unknown(var failure):
                await WaitAsync(removal, failure.Message, lacksRight: false, cancellation);
                break;
            default:
                await WaitAsync(removal, "", lacksRight: false, cancellation, TimeSpan.Zero);
                break;
        }
    }

    // Made by Lapse a moment ago, by a worker that was stopped before it recorded it, or by an administrator by hand: if it is exactly that, it is there again.
    private Task AdoptAsync(StandingFacts facts, BindingObject there, CancellationToken cancellation) => ReviewedBinding.DigestOf(there) == facts.Reviewed.Digest
        ? records.RestoredAsync(facts.Removal, there.Uid, cancellation)
        : records.NotRestoredAsync(facts.Removal, "A binding of this name is there that says something else. It was left alone; remove or rename it, then restore this one.", cancellation);

    private static string? Differences(BindingObject reviewed, BindingObject seen) =>
        seen.Uid != reviewed.Uid ? "It was deleted and made anew since it was reviewed. It was left alone; review it again."
        : ReviewedBinding.DigestOf(seen) != ReviewedBinding.DigestOf(reviewed) ? "It was changed since it was reviewed. It was left alone; review it again."
        : null;

    private Task WaitAsync(StandingRemoval removal, string message, bool lacksRight, CancellationToken cancellation, TimeSpan? pause = null) =>
        records.WaitAsync(removal, message, lacksRight, clock.GetUtcNow() + (pause ?? Pause), cancellation);
}
