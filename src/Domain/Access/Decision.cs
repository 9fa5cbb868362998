namespace Lapse.Domain.Access;

/// <summary>What was decided.</summary>
public enum Verdict
{
    /// <summary>Yes.</summary>
    Approve,

    /// <summary>No; one is enough.</summary>
    Deny,
}

/// <summary>A verdict by a person or by a workflow's rule on one version of a request. Written once, never changed.</summary>
public sealed class Decision
{
    /// <summary>The id.</summary>
    public required DecisionId Id { get; init; }

    /// <summary>The request.</summary>
    public required AccessRequestId RequestId { get; init; }

    /// <summary>The version that was decided; a later version is not.</summary>
    public required int RequestVersion { get; init; }

    /// <summary>The stage that it counts in, from 0.</summary>
    public required int Stage { get; init; }

    /// <summary>Who decided; <see langword="null"/> when a workflow's rule did.</summary>
    public PersonId? PersonId { get; init; }

    /// <summary>Yes or no.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>What the person said about it; may be empty.</summary>
    public required string Comment { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>The step-up proof; <see langword="null"/> for a denial (which never waits for one) and for a rule.</summary>
    public StepUpProofId? ProofId { get; init; }
}
