using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Catalogue;

/// <summary>What a configuration change is about.</summary>
public enum ChangeKind
{
    /// <summary>A cluster is registered or changed.</summary>
    Cluster,

    /// <summary>A cluster is taken out of use.</summary>
    RetireCluster,

    /// <summary>A catalogue entry is made or changed.</summary>
    ElevatedRole,

    /// <summary>A catalogue entry is withdrawn.</summary>
    RetireElevatedRole,

    /// <summary>A workflow is made or changed.</summary>
    Workflow,

    /// <summary>Standing access becomes a catalogue entry, and its bindings go.</summary>
    JustInTime,
}

/// <summary>Where a configuration change stands.</summary>
public enum ChangeStatus
{
    /// <summary>Written down, waiting for its author's step-up.</summary>
    Draft,

    /// <summary>Proved by its author, waiting for a second admin.</summary>
    AwaitingSecondAdmin,

    /// <summary>In force.</summary>
    Applied,

    /// <summary>Given up.</summary>
    Withdrawn,

    /// <summary>No second admin confirmed it in time.</summary>
    TimedOut,
}

/// <summary>A change of the configuration: who wants what, from what to what, and who confirmed it.</summary>
public sealed class ConfigurationChange
{
    /// <summary>The one table of moves.</summary>
    public static readonly StatusMoves<ChangeStatus> Moves = new(
        (ChangeStatus.Draft, ChangeStatus.AwaitingSecondAdmin),
        (ChangeStatus.Draft, ChangeStatus.Applied),
        (ChangeStatus.Draft, ChangeStatus.Withdrawn),
        (ChangeStatus.AwaitingSecondAdmin, ChangeStatus.Applied),
        (ChangeStatus.AwaitingSecondAdmin, ChangeStatus.Withdrawn),
        (ChangeStatus.AwaitingSecondAdmin, ChangeStatus.TimedOut));

    /// <summary>How long a draft is kept for its author's step-up.</summary>
    public static readonly TimeSpan DraftLifetime = TimeSpan.FromHours(24);

    /// <summary>How long a proved change waits for its second admin.</summary>
    public static readonly TimeSpan ConfirmWithin = TimeSpan.FromDays(7);

    private ConfigurationChange() { }

    /// <summary>The id.</summary>
    public ConfigurationChangeId Id { get; private set; }

    /// <summary>What it is about.</summary>
    public ChangeKind Kind { get; private set; }

    /// <summary>The id of the thing that changes.</summary>
    public Guid SubjectId { get; private set; }

    /// <summary>In words, such as “Register cluster sandbox”.</summary>
    public string Title { get; private set; } = "";

    /// <summary>How it was before, canonical JSON; <see langword="null"/> for something new.</summary>
    public string? Before { get; private set; }

    /// <summary>How it shall be, canonical JSON, without any secret.</summary>
    public string After { get; private set; } = "";

    /// <summary>
    /// What is secret about it (a credential), encrypted under a key outside the database; <see langword="null"/> once it is
    /// settled, however it was: what came into force lives in the cluster's row only, and what did not lives nowhere.
    /// </summary>
    public byte[]? SealedSecret { get; private set; }

    /// <summary>Where it stands.</summary>
    public ChangeStatus Status { get; private set; }

    /// <summary>Who wants it.</summary>
    public PersonId AuthorId { get; private set; }

    /// <summary>The author's step-up proof.</summary>
    public StepUpProofId? AuthorProofId { get; private set; }

    /// <summary>The second admin.</summary>
    public PersonId? ConfirmerId { get; private set; }

    /// <summary>The second admin's step-up proof.</summary>
    public StepUpProofId? ConfirmerProofId { get; private set; }

    /// <summary>Whether a second admin has to confirm.</summary>
    public bool NeedsSecondAdmin { get; private set; }

    /// <summary>When it was written down.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When it ends unless it is settled before: a draft a day after it was written down, a proved one a week after its proof.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>When it came into force, was given up or timed out.</summary>
    public DateTimeOffset? SettledAt { get; private set; }

    /// <summary>Writes a change down.</summary>
    public static ConfigurationChange Draft(
        ChangeKind kind, Guid subject, string title, JsonObject? before, JsonObject after, byte[]? sealedSecret, bool needsSecondAdmin, PersonId author, DateTimeOffset now) => new()
        {
            Id = UuidId.New<ConfigurationChangeId>(now),
            Kind = kind,
            SubjectId = subject,
            Title = title,
            Before = before is null ? null : CanonicalJson.ToText(before),
            After = CanonicalJson.ToText(after),
            SealedSecret = sealedSecret,
            NeedsSecondAdmin = needsSecondAdmin,
            AuthorId = author,
            CreatedAt = now,
            ExpiresAt = now + DraftLifetime,
        };

    /// <summary>The author proved who they are.</summary>
    /// <exception cref="InvalidMoveException">It is no draft.</exception>
    public void Proved(StepUpProofId proof, DateTimeOffset now)
    {
        if (Status != ChangeStatus.Draft) throw Wrong(NeedsSecondAdmin ? ChangeStatus.AwaitingSecondAdmin : ChangeStatus.Applied);
        Status = Moves.Move(Status, NeedsSecondAdmin ? ChangeStatus.AwaitingSecondAdmin : ChangeStatus.Applied);
        (AuthorProofId, ExpiresAt) = (proof, now + ConfirmWithin);
        if (Status == ChangeStatus.Applied) Settle(now);
    }

    /// <summary>A second admin confirmed.</summary>
    /// <exception cref="InvalidMoveException">It does not wait for one: not proved by its author, or settled.</exception>
    /// <exception cref="InvalidOperationException">It is the author again.</exception>
    public void Confirmed(PersonId admin, StepUpProofId proof, DateTimeOffset now)
    {
        if (Status != ChangeStatus.AwaitingSecondAdmin) throw Wrong(ChangeStatus.Applied);
        if (admin == AuthorId) throw new InvalidOperationException("The second admin is another person.");
        Status = Moves.Move(Status, ChangeStatus.Applied);
        (ConfirmerId, ConfirmerProofId) = (admin, proof);
        Settle(now);
    }

    /// <summary>Gives it up.</summary>
    public void Withdraw(DateTimeOffset now)
    {
        Status = Moves.Move(Status, ChangeStatus.Withdrawn);
        Settle(now);
    }

    /// <summary>Nobody confirmed it in time.</summary>
    public void TimeOut(DateTimeOffset now)
    {
        Status = Moves.Move(Status, ChangeStatus.TimedOut);
        Settle(now);
    }

    private void Settle(DateTimeOffset now) => (SettledAt, SealedSecret) = (now, null);

    private InvalidMoveException Wrong(ChangeStatus to) => new(nameof(ChangeStatus), Status.ToString(), to.ToString());
}
