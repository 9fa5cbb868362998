namespace Lapse.Domain.Holds;

/// <summary>Why Lapse is on hold.</summary>
public enum HoldCause
{
    /// <summary>An admin stopped provisioning.</summary>
    Admin,

    /// <summary>The ledger is older than a checkpoint that was found outside of the database, or is another one: the database was restored or rewritten.</summary>
    OlderLedger,

    /// <summary>Entries of the ledger were changed after they were written, so that no checkpoint can be made.</summary>
    BrokenLedger,
}

/// <summary>What follows from a cause.</summary>
public static class HoldCauses
{
    /// <summary>Whether the records may be older than what happened, so that nothing of them is good for a start any more once the hold ends.</summary>
    public static bool DoubtsRecords(this HoldCause cause) => cause is HoldCause.OlderLedger or HoldCause.BrokenLedger;
}

/// <summary>
/// While there is one without an end, Lapse ends access and starts none. Never changed once written; what ends it is a
/// <see cref="HoldEnd"/> that an admin proved by a step-up.
/// </summary>
public sealed class Hold
{
    /// <summary>The longest reason, in characters.</summary>
    public const int LongestWhy = 500;

    /// <summary>Its id.</summary>
    public required HoldId Id { get; init; }

    /// <summary>Why, for code.</summary>
    public required HoldCause Cause { get; init; }

    /// <summary>Why, in words, for everybody who is signed in.</summary>
    public required string Why { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset BegunAt { get; init; }

    /// <summary>By whom, as the ledger names them.</summary>
    public required string BegunBy { get; init; }

    /// <summary>The signed checkpoint from outside that the ledger does not fit; empty where there is none.</summary>
    public required string Witness { get; init; }
}

/// <summary>The end of a hold.</summary>
public sealed class HoldEnd
{
    /// <summary>Which hold.</summary>
    public required HoldId HoldId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The admin.</summary>
    public required PersonId EndedBy { get; init; }

    /// <summary>The step-up proof: without it the hold goes on, whatever this row says.</summary>
    public required StepUpProofId ProofId { get; init; }
}
