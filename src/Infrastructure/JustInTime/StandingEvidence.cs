using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>
/// Evidence, not status, removes a standing binding and makes one again: what is removed or made is what the step-ups of the change
/// commit to, and it is made again only for an admin's step-up that names it. Whoever writes the database can do neither.
/// </summary>
internal sealed class StandingEvidence(AttestationVerifier attestations, HoldCheck holds)
{
    /// <summary>It was proved before the records were restored.</summary>
    public const string BeforeRestore = "BeforeRestore";

    /// <summary>The step-up is too old: given up, and no alarm.</summary>
    public const string TooOld = "RestorationTooOld";

    /// <summary>The admin was shut out since: given up, and no alarm.</summary>
    public const string AdminDisabled = "AdminDisabled";

    private const string What = "removal of a standing binding";

    /// <summary>That a change which its admins proved says exactly this of this binding.</summary>
    public async Task<Outcome<StandingFacts>> VerifyAsync(PortalDbContext db, StandingRemoval removal, CancellationToken cancellation)
    {
        try
        {
            var change = await db.ConfigurationChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == removal.ChangeId, cancellation);
            if (change is not { Kind: ChangeKind.JustInTime, Status: ChangeStatus.Applied }) return new Refusal("RemovalUnvouched", "The removal names a change that never came into force.");
            var said = JustInTimeChange.FromCanonical(change.After);
            if (removal.Position < 0 || removal.Position >= said.Bindings.Count || !removal.IsFor(said.ClusterId, said.Bindings[removal.Position]) || removal.ElevatedRoleId != said.Entry.ElevatedRoleId)
                return new Refusal("RemovalDiffers", "The removal says something else than the change that was reviewed.");
            var proved = await attestations.VerifyChangeAsync(db, change, What, cancellation);
            if (!proved.Succeeded) return proved.Refusal!;
            if (await holds.IsBeforeRestoreAsync(db, proved.Value, cancellation)) return new Refusal(BeforeRestore, "It was reviewed before the records were restored.");
            var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == removal.ClusterId, cancellation);
            return new StandingFacts(removal, said, said.Bindings[removal.Position], cluster);
        }
        catch (Exception broken) when (BrokenRecords.Says(broken))
        {
            return BrokenRecords.Refusal;
        }
    }

    /// <summary>That nothing which the ledger has is undone by a row that was set back.</summary>
    public static async Task<Refusal?> CheckRemovalAsync(PortalDbContext db, StandingRemoval removal, CancellationToken cancellation)
    {
        var subject = LedgerSubject.Of(removal.Id);
        string[] over = [LedgerActs.BindingRemoved, LedgerActs.BindingChanged, LedgerActs.BindingKept, LedgerActs.BindingRestored];
        return await db.LedgerEntries.AnyAsync(e => e.Subject == subject && over.Contains(e.Act), cancellation)
            ? new("RemovalSetBack", "The ledger says that this removal was over already.")
            : null;
    }

    /// <summary>That an admin proved that exactly this binding shall be made again, not long ago, and that it was not yet for that proof.</summary>
    public async Task<Refusal?> CheckRestorationAsync(PortalDbContext db, StandingRemoval removal, DateTimeOffset now, CancellationToken cancellation)
    {
        if (removal.DecidedBy is not { } admin) return new("RestorationUnproved", "Nobody is named who wanted it back.");
        var proved = await attestations.VerifyAdminAsync(db, removal.RestoreProofId, StepUpActs.Restore(removal, admin), admin, "restoration of a standing binding", cancellation);
        if (!proved.Succeeded) return proved.Refusal;
        if (proved.Value.AuthenticatedAt + StandingRemoval.RestoreWithin <= now) return new(TooOld, "The step-up for it is too old for standing access that begins now.");
        if (await holds.IsBeforeRestoreAsync(db, [proved.Value], cancellation)) return new(BeforeRestore, "It was wanted before the records were restored.");
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == admin, cancellation);
        if (person.IsDisabled) return new(AdminDisabled, "The admin who wanted it back has been shut out since.");
        var (subject, proof) = (LedgerSubject.Of(removal.Id), removal.RestoreProofId!.Value.ToString());
        string[] over = [LedgerActs.BindingRestored, LedgerActs.BindingNotRestored];
        var settled = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject && over.Contains(e.Act)).Select(e => e.Content).ToListAsync(cancellation);
        return settled.Exists(content => JsonNode.Parse(content)?["proof"]?.GetValue<string>() == proof)
            ? new("RestorationSetBack", "The ledger says that this step-up was used already.")
            : null;
    }
}
