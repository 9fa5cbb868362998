using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Finds rows that were set back to what was true once: a grant that has lived, a request that was denied, a person who was shut out, a
/// version that a later one replaced. Each carries genuine signatures, so what came after it is looked for in the ledger and in the other
/// rows. Whoever takes it out of there as well has rewritten the ledger, which its checkpoints show.
/// </summary>
internal static class SetBackRecords
{
    private static readonly string[] Lived = [LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded, LedgerActs.GrantFailed];
    private static readonly string[] Settled = [LedgerActs.RequestDenied, LedgerActs.RequestWithdrawn, LedgerActs.RequestTimedOut];

    /// <summary>The first record of a grant that was set back; <see langword="null"/> if none was found.</summary>
    public static async Task<Refusal?> CheckAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation) =>
        await CheckReuseAsync(db, facts.Grant, cancellation)
        ?? await CheckSettledAsync(db, facts.Request, cancellation)
        ?? await CheckExtendedAsync(db, facts, cancellation)
        ?? await CheckPeopleAsync(db, facts, cancellation)
        ?? await CheckClusterAsync(db, facts, cancellation);

    /// <summary>That entry and workflow were in force when the requester authenticated.</summary>
    /// <param name="db">A context.</param>
    /// <param name="facts">The rows.</param>
    /// <param name="asked">When the provider says that the requester authenticated; what was replaced before that cannot be asked under.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<Refusal?> CheckVersionsAsync(PortalDbContext db, GrantFacts facts, DateTimeOffset asked, CancellationToken cancellation)
    {
        // The provider's clock may be ahead by as much.
        var before = asked - ProofRules.Skew;
        var (entry, workflow) = (facts.Entry, facts.Workflow);
        if (await db.ElevatedRoleVersions.AnyAsync(v => v.ElevatedRoleId == entry.ElevatedRoleId && v.Version > entry.Version && v.MadeAt < before, cancellation))
            return new("EntrySetBack", "A later version of the catalogue entry was in force when this was asked for.");
        if (await db.WorkflowVersions.AnyAsync(v => v.WorkflowId == workflow.WorkflowId && v.Version > workflow.Version && v.MadeAt < before, cancellation))
            return new("WorkflowSetBack", "A later version of the workflow was in force when this was asked for.");
        var (id, said) = (entry.ElevatedRoleId.Value, entry.Version);
        var retired = await db.ConfigurationChanges.AsNoTracking()
            .Where(c => c.Kind == ChangeKind.RetireElevatedRole && c.SubjectId == id && c.Status == ChangeStatus.Applied && c.SettledAt < before).Select(c => c.After).ToListAsync(cancellation);
        return retired.Exists(after => JsonNode.Parse(after)?["version"]?.GetValue<int>() == said)
            ? new("EntrySetBack", "The catalogue entry had been withdrawn when this was asked for.")
            : null;
    }

    // An approval is good for one access: neither a second row nor a row set back makes another out of it.
    private static async Task<Refusal?> CheckReuseAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        if (await db.Grants.CountAsync(g => g.RequestId == grant.RequestId && g.RequestVersion == grant.RequestVersion && g.Namespace == grant.Namespace, cancellation) > 1)
            return new("GrantTwice", "The records have more than one grant for the same approval.");
        var subject = LedgerSubject.Of(grant.Id);
        if (await db.LedgerEntries.AnyAsync(e => e.Subject == subject && Lived.Contains(e.Act), cancellation))
            return new("GrantSetBack", "The ledger says that this grant has been used already.");
        return await IsOfItsRequestAsync(db, grant, cancellation)
            ? null
            : new("GrantUnknown", "The ledger says that other grants were made out of this approval.");
    }

    // A grant that was taken out of its table and put back under another id, or that no approval ever made.
    private static async Task<bool> IsOfItsRequestAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var request = LedgerSubject.Of(grant.RequestId);
        string[] acts = [LedgerActs.RequestApproved, LedgerActs.RequestApprovedByRule];
        var approved = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == request && acts.Contains(e.Act)).OrderBy(e => e.Sequence).Select(e => e.Content).ToListAsync(cancellation);
        // The newest that made grants: what was approved before the role became wider is void.
        var made = approved.Select(content => JsonNode.Parse(content)?["grants"] as JsonArray).LastOrDefault(grants => grants is not null);
        return made is null || made.Any(id => id?.GetValue<string>() == grant.Id.ToString());
    }

    private static async Task<Refusal?> CheckSettledAsync(PortalDbContext db, AccessRequest request, CancellationToken cancellation)
    {
        var subject = LedgerSubject.Of(request.Id);
        return await db.LedgerEntries.AnyAsync(e => e.Subject == subject && Settled.Contains(e.Act), cancellation)
            ? new("RequestSetBack", "The ledger says that this request was denied, withdrawn or timed out.")
            : null;
    }

    // A row that was set back does not undo that somebody ended the access which this one extends.
    private static async Task<Refusal?> CheckExtendedAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        string[] unsuspicious = [.. facts.Extended.Where(g => g.EndReason is not { } reason || !ExtensionRules.IsOnPurpose(reason)).Select(g => LedgerSubject.Of(g.Id))];
        if (unsuspicious.Length == 0) return null;
        string[] ends = [LedgerActs.GrantRevoking, LedgerActs.GrantEnded];
        var said = await db.LedgerEntries.AsNoTracking().Where(e => unsuspicious.Contains(e.Subject) && ends.Contains(e.Act)).Select(e => e.Content).ToListAsync(cancellation);
        return said.Exists(content => JsonNode.Parse(content)?["reason"]?.GetValue<string>() is { } text && Enum.TryParse<EndReason>(text, out var reason) && ExtensionRules.IsOnPurpose(reason))
            ? new("ExtendedSetBack", "The ledger says that the access which this extends was ended on purpose; its row says something else.")
            : null;
    }

    private static async Task<Refusal?> CheckPeopleAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        PersonId[] ids = [facts.Request.RequesterId, .. facts.Approvals.Select(d => d.PersonId!.Value)];
        // Whose row says the same is refused for that.
        string[] subjects = [.. ids.Distinct().Where(id => !facts.People[id].IsDisabled).Select(LedgerSubject.Of)];
        string[] acts = [LedgerActs.PersonDisabled, LedgerActs.PersonEnabled];
        var said = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject) && acts.Contains(e.Act)).OrderBy(e => e.Sequence)
            .Select(e => new { e.Subject, e.Act }).ToListAsync(cancellation);
        return said.GroupBy(e => e.Subject).Any(e => e.Last().Act == LedgerActs.PersonDisabled)
            ? new("PersonSetBack", "The ledger says that somebody who asked or approved was shut out of Lapse; their row says something else.")
            : null;
    }

    private static async Task<Refusal?> CheckClusterAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        var (cluster, name, person) = (facts.Cluster.Id, facts.Request.ClusterUserName, facts.Request.RequesterId);
        if (await db.ClusterIdentities.AnyAsync(i => i.ClusterId == cluster && i.UserName == name && i.PersonId != person, cancellation))
            return new("ClusterUserTaken", "The requester's user name in this cluster belongs to somebody else.");
        // Nothing brings a cluster back that was taken out of use.
        return facts.Cluster.RetiredAt is null && await db.ConfigurationChanges.AnyAsync(c => c.Kind == ChangeKind.RetireCluster && c.SubjectId == cluster.Value && c.Status == ChangeStatus.Applied, cancellation)
            ? new("ClusterSetBack", "The cluster was taken out of use; its row says something else.")
            : null;
    }
}
