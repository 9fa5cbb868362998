using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features.Approvals;

/// <summary>What the queue is asked for.</summary>
/// <param name="Settled">Whether what this person decided earlier is wanted instead of what waits.</param>
/// <param name="After">Where the part before ended; <see langword="null"/> for the first part.</param>
/// <param name="Take">How many, 1 to 200.</param>
public sealed record ApprovalsAsk(bool Settled, ApprovalsCursor? After = null, int Take = ApprovalsAsk.Page)
{
    /// <summary>How many one part has.</summary>
    public const int Page = 50;
}

/// <summary>A place in the queue or in the list of settled ones.</summary>
/// <param name="Time">The last row's time.</param>
/// <param name="Id">The last row's id.</param>
public sealed record ApprovalsCursor(DateTimeOffset Time, Guid Id);

/// <summary>A part of the queue, or of what was decided earlier.</summary>
/// <param name="Waiting">What waits, oldest first.</param>
/// <param name="Settled">What this person decided, newest first.</param>
/// <param name="Next">Where the next part begins; <see langword="null"/> when there is none.</param>
/// <param name="Count">How many wait for this person in all; counted up to <see cref="WaitingApprovals.MostCounted"/>.</param>
public sealed record ApprovalsView(IReadOnlyList<WaitingApproval> Waiting, IReadOnlyList<SettledApproval> Settled, ApprovalsCursor? Next, int Count);

/// <summary>A request that waits for this person.</summary>
/// <param name="Id">The request.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="RoleName">The role.</param>
/// <param name="Namespaces">Where; empty means the whole cluster.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="Duration">How long.</param>
/// <param name="WantedStart">From when; <see langword="null"/> means at once.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">The ticket; may be empty.</param>
/// <param name="Since">Since when it waits.</param>
/// <param name="ExpiresAt">Until when it waits.</param>
/// <param name="Approvals">How many of this round have approved.</param>
/// <param name="Needed">How many must.</param>
/// <param name="IsExtension">Whether it extends an access that the requester has or had.</param>
public sealed record WaitingApproval(
    AccessRequestId Id, PersonFacts Requester, string RoleName, IReadOnlyList<string> Namespaces, ClusterEnvironment Environment, string Cluster,
    TimeSpan Duration, DateTimeOffset? WantedStart, string Reason, string Ticket, DateTimeOffset Since, DateTimeOffset ExpiresAt, int Approvals, int Needed, bool IsExtension = false)
{
    /// <summary>Such as “admin in web-prod”.</summary>
    public string What => RequestWords.What(RoleName, [.. Namespaces]);
}

/// <summary>A decision of this person, and what became of the request.</summary>
/// <param name="Id">The decision.</param>
/// <param name="RequestId">The request.</param>
/// <param name="MaySee">Whether this person may still open the request: somebody who left the group may not.</param>
/// <param name="Requester">Who asked.</param>
/// <param name="RoleName">The role.</param>
/// <param name="Namespaces">Where; empty means the whole cluster.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="Verdict">Yes or no.</param>
/// <param name="Comment">What this person said; may be empty.</param>
/// <param name="DecidedAt">When.</param>
/// <param name="Outcome">Where the request stands now.</param>
public sealed record SettledApproval(
    DecisionId Id, AccessRequestId RequestId, bool MaySee, PersonFacts Requester, string RoleName, IReadOnlyList<string> Namespaces,
    ClusterEnvironment Environment, string Cluster, Verdict Verdict, string Comment, DateTimeOffset DecidedAt, RequestStatus Outcome)
{
    /// <summary>Such as “admin in web-prod”.</summary>
    public string What => RequestWords.What(RoleName, [.. Namespaces]);
}
