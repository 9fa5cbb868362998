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
/// <remarks>Read at once and judged after that: a start waits for three statements and not for one of each rule.</remarks>
internal sealed class SetBackRecords
{
    private static readonly string[] Lived = [LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded, LedgerActs.GrantFailed];
    private static readonly string[] Settled = [LedgerActs.RequestDenied, LedgerActs.RequestWithdrawn, LedgerActs.RequestTimedOut];
    private static readonly string[] Approved = [LedgerActs.RequestApproved, LedgerActs.RequestApprovedByRule];
    private static readonly string[] Ends = [LedgerActs.GrantRevoking, LedgerActs.GrantEnded];
    private static readonly string[] ShutOut = [LedgerActs.PersonDisabled, LedgerActs.PersonEnabled];
    private static readonly string[] Acts = [.. Lived, .. Settled, .. Approved, .. ShutOut];

    private readonly GrantFacts _facts;
    private readonly ILookup<string, Said> _ledger;
    private readonly Rows _rows;
    private readonly IReadOnlyList<Withdrawal> _withdrawals;

    private SetBackRecords(GrantFacts facts, ILookup<string, Said> ledger, Rows rows, IReadOnlyList<Withdrawal> withdrawals) =>
        (_facts, _ledger, _rows, _withdrawals) = (facts, ledger, rows, withdrawals);

    /// <summary>Reads what the ledger and other rows say about those that a grant leans on.</summary>
    public static async Task<SetBackRecords> ReadAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        string[] subjects =
        [
            LedgerSubject.Of(facts.Grant.Id), LedgerSubject.Of(facts.Request.Id),
            .. facts.Extended.Select(g => LedgerSubject.Of(g.Id)), .. facts.People.Keys.Select(LedgerSubject.Of),
        ];
        var said = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject) && Acts.Contains(e.Act))
            .OrderBy(e => e.Sequence).Select(e => new Said(e.Subject, e.Act, e.Content)).ToListAsync(cancellation);
        return new(facts, said.ToLookup(e => e.Subject, StringComparer.Ordinal), await ReadRowsAsync(db, facts, cancellation), await ReadWithdrawalsAsync(db, facts, cancellation));
    }

    /// <summary>The first record of a grant that was set back; <see langword="null"/> if none was found.</summary>
    public Refusal? Check() => CheckReuse() ?? CheckSettled() ?? CheckExtended() ?? CheckPeople() ?? CheckCluster();

    /// <summary>That entry and workflow were in force when the requester authenticated.</summary>
    /// <param name="asked">When the provider says that the requester authenticated; what was replaced before that cannot be asked under.</param>
    public Refusal? CheckVersions(DateTimeOffset asked)
    {
        // The provider's clock may be ahead by as much.
        var before = asked - ProofRules.Skew;
        if (_rows.LaterEntryAt < before) return new("EntrySetBack", "A later version of the catalogue entry was in force when this was asked for.");
        if (_rows.LaterWorkflowAt < before) return new("WorkflowSetBack", "A later version of the workflow was in force when this was asked for.");
        return _withdrawals.Any(w => w.At < before && JsonNode.Parse(w.After)?["version"]?.GetValue<int>() == _facts.Entry.Version)
            ? new("EntrySetBack", "The catalogue entry had been withdrawn when this was asked for.")
            : null;
    }

    private static Task<Rows> ReadRowsAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        var (grant, request, entry, workflow, cluster) = (facts.Grant, facts.Request, facts.Entry, facts.Workflow, facts.Cluster.Id);
        return db.AccessRequests.Where(r => r.Id == request.Id).Select(r => new Rows(
            db.Grants.Count(g => g.RequestId == grant.RequestId && g.RequestVersion == grant.RequestVersion && g.Namespace == grant.Namespace),
            db.ClusterIdentities.Any(i => i.ClusterId == cluster && i.UserName == request.ClusterUserName && i.PersonId != request.RequesterId),
            db.ConfigurationChanges.Any(c => c.Kind == ChangeKind.RetireCluster && c.SubjectId == cluster.Value && c.Status == ChangeStatus.Applied),
            db.ElevatedRoleVersions.Where(v => v.ElevatedRoleId == entry.ElevatedRoleId && v.Version > entry.Version).Min(v => (DateTimeOffset?)v.MadeAt),
            db.WorkflowVersions.Where(v => v.WorkflowId == workflow.WorkflowId && v.Version > workflow.Version).Min(v => (DateTimeOffset?)v.MadeAt))).SingleAsync(cancellation);
    }

    private static Task<List<Withdrawal>> ReadWithdrawalsAsync(PortalDbContext db, GrantFacts facts, CancellationToken cancellation)
    {
        var id = facts.Entry.ElevatedRoleId.Value;
        return db.ConfigurationChanges.AsNoTracking().Where(c => c.Kind == ChangeKind.RetireElevatedRole && c.SubjectId == id && c.Status == ChangeStatus.Applied)
            .Select(c => new Withdrawal(c.SettledAt, c.After)).ToListAsync(cancellation);
    }

    // An approval is good for one access: neither a second row nor a row set back makes another out of it.
    private Refusal? CheckReuse()
    {
        if (_rows.OfTheSameApproval > 1) return new("GrantTwice", "The records have more than one grant for the same approval.");
        if (Of(LedgerSubject.Of(_facts.Grant.Id), Lived).Any()) return new("GrantSetBack", "The ledger says that this grant has been used already.");
        return IsOfItsRequest() ? null : new("GrantUnknown", "The ledger says that other grants were made out of this approval.");
    }

    // A grant that was taken out of its table and put back under another id, or that no approval ever made.
    private bool IsOfItsRequest()
    {
        // The newest that made grants: what was approved before the role became wider is void.
        var made = Of(LedgerSubject.Of(_facts.Grant.RequestId), Approved).Select(e => JsonNode.Parse(e.Content)?["grants"] as JsonArray).LastOrDefault(grants => grants is not null);
        return made is null || made.Any(id => id?.GetValue<string>() == _facts.Grant.Id.ToString());
    }

    private Refusal? CheckSettled() => Of(LedgerSubject.Of(_facts.Request.Id), Settled).Any()
        ? new("RequestSetBack", "The ledger says that this request was denied, withdrawn or timed out.")
        : null;

    // A row that was set back does not undo that somebody ended the access which this one extends.
    private Refusal? CheckExtended() => _facts.Extended
        .Where(g => g.EndReason is not { } reason || !ExtensionRules.IsOnPurpose(reason)).SelectMany(g => Of(LedgerSubject.Of(g.Id), Ends))
        .Any(e => JsonNode.Parse(e.Content)?["reason"]?.GetValue<string>() is { } text && Enum.TryParse<EndReason>(text, out var reason) && ExtensionRules.IsOnPurpose(reason))
            ? new("ExtendedSetBack", "The ledger says that the access which this extends was ended on purpose; its row says something else.")
            : null;

    private Refusal? CheckPeople()
    {
        PersonId[] ids = [_facts.Request.RequesterId, .. _facts.Approvals.Select(d => d.PersonId!.Value)];
        // Whose row says the same is refused for that.
        return ids.Where(id => !_facts.People[id].IsDisabled).Any(id => Of(LedgerSubject.Of(id), ShutOut).LastOrDefault()?.Act == LedgerActs.PersonDisabled)
            ? new("PersonSetBack", "The ledger says that somebody who asked or approved was shut out of Lapse; their row says something else.")
            : null;
    }

    private Refusal? CheckCluster()
    {
        if (_rows.IsNameOfAnother) return new("ClusterUserTaken", "The requester's user name in this cluster belongs to somebody else.");
        // Nothing brings a cluster back that was taken out of use.
        return _facts.Cluster.RetiredAt is null && _rows.WasRetired ? new("ClusterSetBack", "The cluster was taken out of use; its row says something else.") : null;
    }

    private IEnumerable<Said> Of(string subject, string[] acts) => _ledger[subject].Where(e => acts.Contains(e.Act));

    private sealed record Said(string Subject, string Act, byte[] Content);

    private sealed record Withdrawal(DateTimeOffset? At, string After);

    // Grants of the same approval; whether the cluster's user name is another person's; whether the cluster was ever retired; when
    // the entry and the workflow were replaced for the first time.
    private sealed record Rows(int OfTheSameApproval, bool IsNameOfAnother, bool WasRetired, DateTimeOffset? LaterEntryAt, DateTimeOffset? LaterWorkflowAt);
}
