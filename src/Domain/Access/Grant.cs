using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Access;

/// <summary>
/// The access itself: one role in one namespace, or cluster-wide, carried by one binding. Each public method is one row of
/// the table of moves or one fact that the reconciler learnt; what is recorded here is written before or after, never during,
/// a call to the cluster.
/// </summary>
public sealed class Grant
{
    /// <summary>How long after its creation a binding must have become usable; the margin that its <c>not-after</c> carries.</summary>
    public static readonly TimeSpan UsableWithin = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long after it was announced a create can still take effect although nobody heard an answer: 10 s until it is sent at
    /// the latest, 15 s of the client's patience, and 60 s in which an API server works on a request (kube-apiserver's
    /// <c>--request-timeout</c>). A look by name before that proves no absence.
    /// </summary>
    public static readonly TimeSpan CreateSettles = TimeSpan.FromSeconds(90);

    /// <summary>How long after <see cref="Prepare"/> or <see cref="Resend"/> the create is sent at the latest.</summary>
    public static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(10);

    private Grant() { }

    /// <summary>The id; the binding is called <c>lapse-</c> and this.</summary>
    public GrantId Id { get; private set; }

    /// <summary>The request that it came from.</summary>
    public AccessRequestId RequestId { get; private set; }

    /// <summary>The version of the request that was approved.</summary>
    public int RequestVersion { get; private set; }

    /// <summary>Whose access.</summary>
    public PersonId PersonId { get; private set; }

    /// <summary>Where.</summary>
    public ClusterId ClusterId { get; private set; }

    /// <summary>The catalogue entry.</summary>
    public ElevatedRoleId ElevatedRoleId { get; private set; }

    /// <summary>The namespace; <see langword="null"/> means cluster-wide.</summary>
    public string? Namespace { get; private set; }

    /// <summary>The kind of role.</summary>
    public RoleKind RoleKind { get; private set; }

    /// <summary>The role's name in the cluster.</summary>
    public string RoleName { get; private set; } = "";

    /// <summary>What the person is called in the cluster.</summary>
    public string ClusterUserName { get; private set; } = "";

    /// <summary>How long, from the moment it is usable.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Where it stands.</summary>
    public GrantStatus Status { get; private set; }

    /// <summary>When it was approved.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When it shall start.</summary>
    public DateTimeOffset StartsAt { get; private set; }

    /// <summary>If it is not usable by then, it fails: nobody gets access unattended hours later.</summary>
    public DateTimeOffset ProvisionUntil { get; private set; }

    /// <summary>When the reconciler should look at it next; <see langword="null"/> once it is over.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    /// <summary>Which worker holds it now; <see langword="null"/> when none does.</summary>
    public string? LeaseOwner { get; private set; }

    /// <summary>Until when that worker holds it.</summary>
    public DateTimeOffset? LeaseUntil { get; private set; }

    /// <summary>Attempts in a row that ended in an error; drives the backoff.</summary>
    public int Attempts { get; private set; }

    /// <summary>What stood in the way last, in words; <see langword="null"/> when nothing does.</summary>
    public string? LastError { get; private set; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? LastErrorAt { get; private set; }

    /// <summary>The binding's second subject, unique to one creation; <see langword="null"/> until one is prepared.</summary>
    public string? ProbeUser { get; private set; }

    /// <summary>The <c>not-after</c> of the binding, recorded before it is created.</summary>
    public DateTimeOffset? NotAfter { get; private set; }

    /// <summary>The signature of the binding, recorded before it is created.</summary>
    public string? Signature { get; private set; }

    /// <summary>When a create may first have been sent; from then on the binding may exist.</summary>
    public DateTimeOffset? CreateSentAt { get; private set; }

    /// <summary>Until when a create without an answer may still take effect; <see langword="null"/> when every create was answered.</summary>
    public DateTimeOffset? InFlightUntil { get; private set; }

    /// <summary>The UID that the API server gave the binding; <see langword="null"/> until known.</summary>
    public string? BindingUid { get; private set; }

    /// <summary>When the access was verified usable; the clock starts here.</summary>
    public DateTimeOffset? UsableAt { get; private set; }

    /// <summary>When it ends: usable plus duration, never later than <see cref="NotAfter"/>.</summary>
    public DateTimeOffset? EndsAt { get; private set; }

    /// <summary>What else lets the person do this, as the cluster said at the start; for information.</summary>
    public string? AlreadyHadBy { get; private set; }

    /// <summary>Why it ends or ended; set on the way to <see cref="GrantStatus.Ended"/>.</summary>
    public EndReason? EndReason { get; private set; }

    /// <summary>Why it failed; set on the way to <see cref="GrantStatus.Failed"/>.</summary>
    public FailureReason? FailureReason { get; private set; }

    /// <summary>Who ended it; <see langword="null"/> when nobody did.</summary>
    public PersonId? EndedBy { get; private set; }

    /// <summary>When ending began.</summary>
    public DateTimeOffset? RevokingSince { get; private set; }

    /// <summary>When it was proved gone.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>When Lapse looked, after the end, for what had appeared in the cluster meanwhile; <see langword="null"/> until it did or gave up.</summary>
    public DateTimeOffset? LookedAfterAt { get; private set; }

    /// <summary>Whether the grant is over.</summary>
    public bool IsOver => Status is GrantStatus.Ended or GrantStatus.Failed;

    /// <summary>The role as a binding refers to it.</summary>
    public RoleReference Role => new(RoleKind, RoleName);

    /// <summary>The grants of an approved request: one for each namespace, or one that is cluster-wide.</summary>
    public static IReadOnlyList<Grant> Of(AccessRequest request, TimeSpan provisionWithin, DateTimeOffset now)
    {
        if (request.Status != RequestStatus.Approved) throw new InvalidOperationException("Only an approved request makes grants.");
        var start = request.WantedStart is { } wanted && wanted > now ? wanted : now;
        return [.. (request.IsClusterWide ? [null] : request.Namespaces.Cast<string?>()).Select(ns => new Grant
        {
            Id = UuidId.New<GrantId>(now),
            RequestId = request.Id,
            RequestVersion = request.Version,
            PersonId = request.RequesterId,
            ClusterId = request.ClusterId,
            ElevatedRoleId = request.ElevatedRoleId,
            Namespace = ns,
            RoleKind = request.RoleKind,
            RoleName = request.RoleName,
            ClusterUserName = request.ClusterUserName,
            Duration = request.Duration,
            CreatedAt = now,
            StartsAt = start,
            ProvisionUntil = start + provisionWithin,
            DueAt = start,
        })];
    }

    /// <summary>Its time has come.</summary>
    public void Begin(DateTimeOffset now) => To(GrantStatus.Provisioning, now);

    /// <summary>Records what is about to be created, before it is sent: after a crash the next worker compares with exactly this.</summary>
    /// <exception cref="InvalidOperationException">It is not being provisioned, a binding may exist already, or <paramref name="notAfter"/> is later than <paramref name="now"/> + duration + <see cref="UsableWithin"/>.</exception>
    public void Prepare(string probeUser, DateTimeOffset notAfter, string signature, DateTimeOffset now)
    {
        if (Status != GrantStatus.Provisioning) throw new InvalidOperationException("Only a grant that is being provisioned is prepared.");
        if (CreateSentAt is not null) throw new InvalidOperationException("A binding that may exist is not prepared a second time.");
        if (notAfter > now + Duration + UsableWithin) throw new InvalidOperationException("A binding does not outlast its duration and the time to become usable.");
        (ProbeUser, NotAfter, Signature, CreateSentAt, DueAt) = (probeUser, notAfter, signature, now, now);
        InFlightUntil = now + CreateSettles;
    }

    /// <summary>What else lets the person do this, asked before anything was created; whoever goes on after a crash could not tell it from this access.</summary>
    /// <param name="by">In the API server's words; <see langword="null"/> if nothing does.</param>
    public void AlreadyHad(string? by) => AlreadyHadBy = by;

    /// <summary>The same binding is about to be sent once more, because nobody knows what became of the first time.</summary>
    public void Resend(DateTimeOffset now)
    {
        if (Status != GrantStatus.Provisioning || CreateSentAt is null) throw new InvalidOperationException("Only a binding that may have been sent is sent again.");
        InFlightUntil = now + CreateSettles;
    }

    /// <summary>The only create that was ever sent for this preparation was answered: nothing is on its way any more.</summary>
    public void Answered() => InFlightUntil = null;

    /// <summary>The binding is there. Whoever ends the grant meanwhile has to know which it is.</summary>
    /// <exception cref="InvalidOperationException">None was prepared, another one is known, or the grant is past its creation.</exception>
    public void Created(string uid)
    {
        if (Status is not (GrantStatus.Provisioning or GrantStatus.Revoking) || CreateSentAt is null || UsableAt is not null) throw new InvalidOperationException("Only a binding that was prepared is created.");
        if (BindingUid is { } known && known != uid) throw new InvalidOperationException("A grant has one binding.");
        BindingUid = uid;
    }

    /// <summary>It was proved that this creation left nothing; the next one is new in every part.</summary>
    public void StartAgain(DateTimeOffset due)
    {
        if (Status != GrantStatus.Provisioning) throw new InvalidOperationException("Only a grant that is being provisioned starts again.");
        if (InFlightUntil > due) throw new InvalidOperationException("A create that is on its way could still take effect.");
        (ProbeUser, NotAfter, Signature, CreateSentAt, InFlightUntil, BindingUid, DueAt) = (null, null, null, null, null, null, due);
    }

    /// <summary>The access was verified usable; its clock starts.</summary>
    public void Activate(DateTimeOffset now)
    {
        if (BindingUid is null || NotAfter is not { } limit) throw new InvalidOperationException("Only a binding that is known can be usable.");
        To(GrantStatus.Active, now);
        UsableAt = now;
        EndsAt = now + Duration < limit ? now + Duration : limit;
        DueAt = EndsAt;
        Clear();
    }

    /// <summary>Ends it for a reason. Before anything was sent to a cluster it is over at once; else it must be proved gone first.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who; <see langword="null"/> when nobody did.</param>
    /// <param name="now">When.</param>
    public void End(EndReason reason, PersonId? by, DateTimeOffset now)
    {
        if (Status == GrantStatus.Scheduled)
        {
            if (reason is not (Access.EndReason.Dropped or Access.EndReason.Revoked)) throw new InvalidOperationException("A scheduled grant is only dropped or revoked.");
            To(GrantStatus.Ended, now);
            (EndReason, EndedBy, EndedAt, DueAt) = (reason, by, now, null);
            return;
        }
        ToRevoking(now);
        (EndReason, EndedBy) = (reason, by);
    }

    /// <summary>Gives it up for a reason; that nothing is left must be proved first.</summary>
    public void Fail(FailureReason reason, string words, DateTimeOffset now)
    {
        ToRevoking(now);
        FailureReason = reason;
        (LastError, LastErrorAt) = (words, now);
    }

    /// <summary>A GET by name proved that no binding is there.</summary>
    public void ProvedGone(DateTimeOffset now)
    {
        var over = FailureReason is null ? GrantStatus.Ended : GrantStatus.Failed;
        if (Status != GrantStatus.Revoking) throw new InvalidMoveException(nameof(GrantStatus), Status.ToString(), over.ToString());
        if (InFlightUntil > now) throw new InvalidOperationException("A create that is on its way could still take effect.");
        To(over, now);
        (EndedAt, DueAt, LeaseOwner, LeaseUntil) = (now, null, null, null);
    }

    /// <summary>It was looked for what is left behind, or given up.</summary>
    /// <exception cref="InvalidOperationException">It is not over, or that was done before.</exception>
    public void LookedAfter(DateTimeOffset now)
    {
        if (!IsOver || LookedAfterAt is not null) throw new InvalidOperationException("What is left behind is looked for once, after the end.");
        LookedAfterAt = now;
    }

    /// <summary>Something stood in the way; it is tried again later.</summary>
    /// <exception cref="InvalidOperationException">It is over, so there is nothing to try.</exception>
    public void Stumbled(string words, DateTimeOffset retryAt, DateTimeOffset now)
    {
        if (IsOver) throw new InvalidOperationException("A grant that is over is not tried again.");
        Attempts++;
        (LastError, LastErrorAt, DueAt) = (words, now, retryAt);
    }

    /// <summary>A worker takes it for a while.</summary>
    public void Lease(string owner, DateTimeOffset until) => (LeaseOwner, LeaseUntil) = (owner, until);

    /// <summary>The worker gives it back and says when to look again.</summary>
    public void Release(DateTimeOffset? due)
    {
        (LeaseOwner, LeaseUntil) = (null, null);
        DueAt = IsOver ? null : due ?? DueAt;
    }

    // It does not wait for the worker that brings it up: that one's next record fails, and what it may have on its way to the
    // cluster is waited for before the end (InFlightUntil).
    private void ToRevoking(DateTimeOffset now)
    {
        if (Status == GrantStatus.Provisioning) (LeaseOwner, LeaseUntil) = (null, null);
        To(GrantStatus.Revoking, now);
        RevokingSince = now;
        Clear();
    }

    private void To(GrantStatus status, DateTimeOffset now)
    {
        Status = GrantMoves.Table.Move(Status, status);
        DueAt = now;
    }

    private void Clear() => (Attempts, LastError, LastErrorAt) = (0, null, null);
}
