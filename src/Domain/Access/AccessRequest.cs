using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.Access;

/// <summary>The question: who, which elevated role, where, why, how long, from when.</summary>
public sealed class AccessRequest
{
    private AccessRequest() { }

    /// <summary>The id.</summary>
    public AccessRequestId Id { get; private set; }

    /// <summary>Where it stands.</summary>
    public RequestStatus Status { get; private set; }

    /// <summary>Counts what was asked; a decision is about one version only.</summary>
    public int Version { get; private set; }

    /// <summary>Who asks.</summary>
    public PersonId RequesterId { get; private set; }

    /// <summary>The cluster.</summary>
    public ClusterId ClusterId { get; private set; }

    /// <summary>The catalogue entry.</summary>
    public ElevatedRoleId ElevatedRoleId { get; private set; }

    /// <summary>The version of the entry that it was made under.</summary>
    public int ElevatedRoleVersion { get; private set; }

    /// <summary>The workflow that governs it.</summary>
    public WorkflowId WorkflowId { get; private set; }

    /// <summary>The version of the workflow that governs it.</summary>
    public int WorkflowVersion { get; private set; }

    /// <summary>The kind of role.</summary>
    public RoleKind RoleKind { get; private set; }

    /// <summary>The role's name in the cluster.</summary>
    public string RoleName { get; private set; } = "";

    /// <summary>The namespaces; empty means cluster-wide.</summary>
    public string[] Namespaces { get; private set; } = [];

    /// <summary>How long.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>From when; <see langword="null"/> means as soon as it is approved.</summary>
    public DateTimeOffset? WantedStart { get; private set; }

    /// <summary>Why; only the requester, approvers, admins and auditors read it.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The ticket that it is about; may be empty.</summary>
    public string Ticket { get; private set; } = "";

    /// <summary>What the requester is called in the cluster, frozen.</summary>
    public string ClusterUserName { get; private set; } = "";

    /// <summary>The request whose access it extends (<see cref="ExtensionRules"/>); <see langword="null"/> for a request of its own.</summary>
    public AccessRequestId? ExtendsId { get; private set; }

    /// <summary>The role's rules as they were shown, canonical JSON (<see cref="RoleRules"/>).</summary>
    public string PinnedRules { get; private set; } = "";

    /// <summary>The digest of the rules that the requester proved to have asked for; stays when the approvers later decide about wider ones.</summary>
    public string AskedRulesDigest { get; private set; } = "";

    /// <summary>When it was written down.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When the requester proved it; <see langword="null"/> for a draft.</summary>
    public DateTimeOffset? SubmittedAt { get; private set; }

    /// <summary>The requester's step-up proof; <see langword="null"/> for a draft.</summary>
    public StepUpProofId? ProofId { get; private set; }

    /// <summary>When it gives up waiting: a draft after a day, a submitted one after its time to live.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>When it was approved, denied, withdrawn or timed out.</summary>
    public DateTimeOffset? SettledAt { get; private set; }

    /// <summary>The stage that waits, from 0.</summary>
    public int Stage { get; private set; }

    /// <summary>The groups that decide now; empty when nobody is waited for. For finding the queue, never for deciding who may.</summary>
    public string[] ApproverGroups { get; private set; } = [];

    /// <summary>
    /// Present while the request awaits approval or has a live grant, and unique: the backstop of “no second identical request”
    /// (<see cref="OpenKeys"/>).
    /// </summary>
    public string? OpenKey { get; private set; }

    /// <summary>The role as a binding refers to it.</summary>
    public RoleReference Role => new(RoleKind, RoleName);

    /// <summary>Whether its binding is a ClusterRoleBinding.</summary>
    public bool IsClusterWide => Namespaces.Length == 0;

    /// <summary>How long a draft is kept.</summary>
    public static readonly TimeSpan DraftLifetime = TimeSpan.FromHours(24);

    /// <summary>Writes a request down. The caller has checked it by <see cref="RequestRules"/>, and an extension by <see cref="ExtensionRules"/>.</summary>
    public static AccessRequest Draft(AccessRequestContent content, ElevatedRoleVersion entry, WorkflowVersion workflow, RoleRules rules, PersonId requester, string clusterUserName, DateTimeOffset now, AccessRequestId? extends = null) => new()
    {
        Id = UuidId.New<AccessRequestId>(now),
        Version = 1,
        RequesterId = requester,
        ClusterId = entry.ClusterId,
        ElevatedRoleId = entry.ElevatedRoleId,
        ElevatedRoleVersion = entry.Version,
        WorkflowId = workflow.WorkflowId,
        WorkflowVersion = workflow.Version,
        RoleKind = entry.RoleKind,
        RoleName = entry.RoleName,
        Namespaces = [.. (content.Namespaces ?? entry.Namespaces).Order(StringComparer.Ordinal)],
        // Whole seconds, as the form offers and the digest says.
        Duration = TimeSpan.FromSeconds((long)content.Duration.TotalSeconds),
        WantedStart = content.WantedStart,
        Reason = content.Reason.Trim(),
        Ticket = content.Ticket.Trim(),
        ClusterUserName = clusterUserName,
        ExtendsId = extends,
        PinnedRules = rules.ToCanonicalJson(),
        AskedRulesDigest = rules.Digest(),
        CreatedAt = now,
        ExpiresAt = now + DraftLifetime,
    };

    /// <summary>The requester proved that they ask this. Without stages the workflow itself approves.</summary>
    /// <exception cref="InvalidMoveException">It is no draft.</exception>
    public void Submit(WorkflowVersion workflow, StepUpProofId proof, DateTimeOffset now)
    {
        Governs(workflow);
        MoveFrom(RequestStatus.Draft, workflow.Stages.Count == 0 ? RequestStatus.Approved : RequestStatus.AwaitingApproval);
        (SubmittedAt, ProofId, ExpiresAt) = (now, proof, now + workflow.TimeToLive);
        OpenKey = OpenKeys.Of(this);
        WaitFor(workflow, 0, now);
    }

    /// <summary>
    /// A decision was taken; moves on if it completes a stage, or ends the question if it is a no. The caller has checked it by
    /// <see cref="DecisionRules"/>; what must never count throws here once more.
    /// </summary>
    /// <param name="decision">The newest decision, of this version and stage.</param>
    /// <param name="earlier">The decisions before it; only approvals of this version and stage by other people count.</param>
    /// <param name="workflow">The pinned workflow version.</param>
    /// <param name="now">When.</param>
    /// <exception cref="InvalidMoveException">It does not await approval.</exception>
    /// <exception cref="InvalidOperationException">The decision is about something else, by nobody, by the requester, by somebody who decided before, or an approval without proof.</exception>
    public void Decided(Decision decision, IReadOnlyCollection<Decision> earlier, WorkflowVersion workflow, DateTimeOffset now)
    {
        Governs(workflow);
        var verdict = decision.Verdict == Verdict.Deny ? RequestStatus.Denied : RequestStatus.Approved;
        if (Status != RequestStatus.AwaitingApproval) throw Wrong(verdict);
        if (decision.RequestId != Id || decision.RequestVersion != Version || decision.Stage != Stage)
            throw new InvalidOperationException("The decision is about another request, version or stage.");
        if (decision.PersonId is not { } person || person == RequesterId) throw new InvalidOperationException("A stage is decided by people other than the requester.");
        if (verdict == RequestStatus.Denied)
        {
            Settle(verdict, now);
            return;
        }
        if (decision.ProofId is null) throw new InvalidOperationException("An approval has its step-up proof.");
        var counted = earlier.Where(d => d.RequestId == Id && d.RequestVersion == Version && d.PersonId is not null && d.PersonId != RequesterId && d.Id != decision.Id).ToList();
        if (counted.Any(d => d.PersonId == person)) throw new InvalidOperationException("One person decides one version once.");
        var approvals = counted.Where(d => d.Stage == Stage && d.Verdict == Verdict.Approve).Select(d => d.PersonId).Distinct().Count() + 1;
        if (approvals < workflow.Stages[Stage].Approvals) return;
        if (Stage + 1 == workflow.Stages.Count) Status = RequestMoves.Table.Move(Status, verdict);
        WaitFor(workflow, Stage + 1, now);
    }

    /// <summary>The requester takes it back.</summary>
    public void Withdraw(DateTimeOffset now) => Settle(RequestStatus.Withdrawn, now);

    /// <summary>Nobody decided in time.</summary>
    public void TimeOut(DateTimeOffset now) => Settle(RequestStatus.TimedOut, now);

    /// <summary>
    /// The role became wider, before all have decided or after: a new version with the wider rules, on which no decision counts
    /// that was taken before. It waits as long as a new request.
    /// </summary>
    /// <param name="widened">The role's rules now.</param>
    /// <param name="workflow">The pinned workflow version.</param>
    /// <param name="now">When.</param>
    /// <exception cref="InvalidMoveException">It neither awaits approval nor is approved.</exception>
    /// <exception cref="InvalidOperationException">Nobody decides under this workflow, so the requester has to ask anew.</exception>
    public void Reopen(RoleRules widened, WorkflowVersion workflow, DateTimeOffset now)
    {
        Governs(workflow);
        if (workflow.Stages.Count == 0) throw new InvalidOperationException("Nobody decides under this workflow; it has to be asked for anew.");
        // Waiting on is no move; the version says that the question changed.
        if (Status != RequestStatus.AwaitingApproval) MoveFrom(RequestStatus.Approved, RequestStatus.AwaitingApproval);
        Version++;
        PinnedRules = widened.ToCanonicalJson();
        (SettledAt, ExpiresAt) = (null, now + workflow.TimeToLive);
        WaitFor(workflow, 0, now);
    }

    /// <summary>All its grants are over: the same may be asked again, unless an extension is open, which takes the key over.</summary>
    /// <param name="extension">The open request that holds the key of this one's extension; <see langword="null"/> if none does.</param>
    /// <exception cref="InvalidOperationException"><paramref name="extension"/> does not hold that key.</exception>
    public void Close(AccessRequest? extension = null)
    {
        if (extension is not null && extension.OpenKey != OpenKeys.OfExtension(Id)) throw new InvalidOperationException("Only the open extension of a request takes its key over.");
        // Without a key of its own there is nothing to take over, and the extension goes on with the one it has.
        if (extension is not null && OpenKey is { } key) extension.OpenKey = key;
        OpenKey = null;
    }

    private void Settle(RequestStatus status, DateTimeOffset now)
    {
        Status = RequestMoves.Table.Move(Status, status);
        (SettledAt, OpenKey, ApproverGroups) = (now, null, []);
    }

    // The table has some moves that only one act may make: no decision approves a draft.
    private void MoveFrom(RequestStatus from, RequestStatus to) => Status = Status == from ? RequestMoves.Table.Move(from, to) : throw Wrong(to);

    private InvalidMoveException Wrong(RequestStatus to) => new(nameof(RequestStatus), Status.ToString(), to.ToString());

    private void WaitFor(WorkflowVersion workflow, int stage, DateTimeOffset now)
    {
        Stage = stage;
        ApproverGroups = stage < workflow.Stages.Count ? [.. workflow.Stages[stage].ApproverGroups] : [];
        if (Status == RequestStatus.Approved) SettledAt = now;
    }

    private void Governs(WorkflowVersion workflow)
    {
        if (workflow.WorkflowId != WorkflowId || workflow.Version != WorkflowVersion)
            throw new InvalidOperationException("Another workflow version governs this request.");
    }
}

/// <summary>What a requester types.</summary>
/// <param name="Duration">How long.</param>
/// <param name="WantedStart">From when; <see langword="null"/> means as soon as it is approved.</param>
/// <param name="Reason">Why.</param>
/// <param name="Ticket">The ticket; may be empty.</param>
/// <param name="Namespaces">Which of the entry's namespaces; <see langword="null"/> means all of them.</param>
public sealed record AccessRequestContent(TimeSpan Duration, DateTimeOffset? WantedStart, string Reason, string Ticket, IReadOnlyList<string>? Namespaces = null);
