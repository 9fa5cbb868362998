namespace Lapse.Domain.JustInTime;

/// <summary>
/// The removal of one standing binding, and its restoration. What the binding says is not here but in the change that was reviewed:
/// this row says only how far it got, and nothing is done that the change's step-ups do not vouch for.
/// </summary>
public sealed class StandingRemoval
{
    /// <summary>The longest text about what is in the way, in characters.</summary>
    public const int LongestMessage = 1000;

    /// <summary>How long after its step-up a restoration may still be done: nobody gets standing access back unattended days later.</summary>
    public static readonly TimeSpan RestoreWithin = TimeSpan.FromHours(24);

    private StandingRemoval() { }

    /// <summary>The id.</summary>
    public StandingRemovalId Id { get; private set; }

    /// <summary>The change that was reviewed.</summary>
    public ConfigurationChangeId ChangeId { get; private set; }

    /// <summary>Which of the change's bindings, from 0.</summary>
    public int Position { get; private set; }

    /// <summary>Where.</summary>
    public ClusterId ClusterId { get; private set; }

    /// <summary>The entry that offers the access now.</summary>
    public ElevatedRoleId ElevatedRoleId { get; private set; }

    /// <summary>The binding's namespace; empty for a ClusterRoleBinding.</summary>
    public string Namespace { get; private set; } = "";

    /// <summary>The binding's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The UID of the object that was reviewed.</summary>
    public string Uid { get; private set; } = "";

    /// <summary>SHA-256 of the manifest that was reviewed, in hexadecimal.</summary>
    public string Digest { get; private set; } = "";

    /// <summary>Where it stands.</summary>
    public RemovalStatus Status { get; private set; }

    /// <summary>When the change came into force.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When it is looked at next, while something is to be done.</summary>
    public DateTimeOffset DueAt { get; private set; }

    /// <summary>What is in the way, or how it ended, in words; empty for nothing to say.</summary>
    public string Message { get; private set; } = "";

    /// <summary>Whether what is in the way is a right that Lapse does not have in the cluster.</summary>
    public bool LacksRight { get; private set; }

    /// <summary>When it was seen gone.</summary>
    public DateTimeOffset? RemovedAt { get; private set; }

    /// <summary>Whether somebody else than Lapse removed it.</summary>
    public bool RemovedByHand { get; private set; }

    /// <summary>The admin who wanted it back, or gave the removal up.</summary>
    public PersonId? DecidedBy { get; private set; }

    /// <summary>The step-up proof of the admin who wanted it back.</summary>
    public StepUpProofId? RestoreProofId { get; private set; }

    /// <summary>When it was seen again.</summary>
    public DateTimeOffset? RestoredAt { get; private set; }

    /// <summary>The UID of the object that was made again; empty while there is none.</summary>
    public string RestoredUid { get; private set; } = "";

    /// <summary><c>RoleBinding</c> or <c>ClusterRoleBinding</c>.</summary>
    public string Kind => ReviewedBinding.KindOf(Namespace);

    /// <summary>Such as <c>RoleBinding monitoring/erin-edit</c>.</summary>
    public string Reference => ReviewedBinding.ReferenceOf(Namespace, Name);

    /// <summary>The removals of a change that came into force.</summary>
    public static IReadOnlyList<StandingRemoval> Of(ConfigurationChangeId id, JustInTimeChange change, DateTimeOffset now) => [.. change.Bindings.Select((reviewed, position) => new StandingRemoval
    {
        Id = UuidId.New<StandingRemovalId>(now),
        ChangeId = id,
        Position = position,
        ClusterId = change.ClusterId,
        ElevatedRoleId = change.Entry.ElevatedRoleId,
        Namespace = reviewed.Binding.Namespace ?? "",
        Name = reviewed.Binding.Name,
        Uid = reviewed.Binding.Uid,
        Digest = reviewed.Digest,
        CreatedAt = now,
        DueAt = now,
    })];

    /// <summary>Whether the row is about this binding.</summary>
    public bool IsFor(ClusterId cluster, ReviewedBinding reviewed) =>
        ClusterId == cluster && Namespace == (reviewed.Binding.Namespace ?? "") && Name == reviewed.Binding.Name && Uid == reviewed.Binding.Uid && Digest == reviewed.Digest;

    /// <summary>It is about to be deleted.</summary>
    public void Announce(DateTimeOffset now)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Removing);
        Say("", lacksRight: false, now);
    }

    /// <summary>The cluster judged the deletion and refused it.</summary>
    public void Refused(string message, DateTimeOffset nextLook)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Waiting);
        Say(message, lacksRight: true, nextLook);
    }

    /// <summary>It was seen gone.</summary>
    public void SeenGone(DateTimeOffset now)
    {
        if (Status == RemovalStatus.Restoring) throw Wrong(RemovalStatus.Removed);
        var byHand = Status == RemovalStatus.Waiting;
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Removed);
        (RemovedAt, RemovedByHand) = (now, byHand);
        Say("", lacksRight: false, now);
    }

    /// <summary>What is there is not what was reviewed.</summary>
    public void SeenChanged(string message, DateTimeOffset now)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Changed);
        Say(message, lacksRight: false, now);
    }

    /// <summary>An admin gives the removal up.</summary>
    public void Keep(PersonId admin, DateTimeOffset now)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Kept);
        DecidedBy = admin;
        Say("", lacksRight: false, now);
    }

    /// <summary>An admin proved that it shall be made again.</summary>
    public void Restore(PersonId admin, StepUpProofId proof, DateTimeOffset now)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Restoring);
        (DecidedBy, RestoreProofId) = (admin, proof);
        Say("", lacksRight: false, now);
    }

    /// <summary>It is there again.</summary>
    public void SeenRestored(string uid, DateTimeOffset now)
    {
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Restored);
        (RestoredAt, RestoredUid) = (now, uid);
        Say("", lacksRight: false, now);
    }

    /// <summary>It is not made again.</summary>
    public void NotRestored(string message, DateTimeOffset now)
    {
        if (Status != RemovalStatus.Restoring) throw Wrong(RemovalStatus.Removed);
        Status = RemovalMoves.Table.Move(Status, RemovalStatus.Removed);
        RestoreProofId = null;
        Say(message, lacksRight: false, now);
    }

    /// <summary>Something is in the way; it is looked at again.</summary>
    public void Wait(string message, bool lacksRight, DateTimeOffset nextLook) => Say(message, lacksRight, nextLook);

    private InvalidMoveException Wrong(RemovalStatus to) => new(nameof(RemovalStatus), Status.ToString(), to.ToString());

    private void Say(string message, bool lacksRight, DateTimeOffset nextLook) =>
        (Message, LacksRight, DueAt) = (message.Length <= LongestMessage ? message : message[..LongestMessage], lacksRight, nextLook);
}
