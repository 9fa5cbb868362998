namespace Lapse.Domain;

/// <summary>An id that wraps a version 7 UUID (RFC 9562), so that one kind of id can never be passed for another.</summary>
/// <typeparam name="TSelf">The id type itself.</typeparam>
public interface IUuidId<TSelf> where TSelf : struct, IUuidId<TSelf>
{
    /// <summary>The UUID as stored.</summary>
    Guid Value { get; }

    /// <summary>Wraps a stored UUID.</summary>
    static abstract TSelf From(Guid value);
}

/// <summary>Makes and reads typed ids.</summary>
public static class UuidId
{
    /// <summary>A new id whose order follows <paramref name="now"/>.</summary>
    public static T New<T>(DateTimeOffset now) where T : struct, IUuidId<T> => T.From(Guid.CreateVersion7(now));

    /// <summary>Reads an id from an address or a form; <see langword="false"/> for anything that is not a UUID.</summary>
    public static bool TryParse<T>(string? text, out T id) where T : struct, IUuidId<T>
    {
        var read = Guid.TryParseExact(text, "D", out var value);
        id = T.From(value);
        return read;
    }
}

/// <summary>A person, known by issuer and <c>sub</c>.</summary>
public readonly record struct PersonId(Guid Value) : IUuidId<PersonId>
{
    /// <inheritdoc/>
    public static PersonId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>One sign-in of one browser.</summary>
public readonly record struct SignInSessionId(Guid Value) : IUuidId<SignInSessionId>
{
    /// <inheritdoc/>
    public static SignInSessionId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A registered API server.</summary>
public readonly record struct ClusterId(Guid Value) : IUuidId<ClusterId>
{
    /// <inheritdoc/>
    public static ClusterId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A catalogue entry.</summary>
public readonly record struct ElevatedRoleId(Guid Value) : IUuidId<ElevatedRoleId>
{
    /// <inheritdoc/>
    public static ElevatedRoleId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A workflow.</summary>
public readonly record struct WorkflowId(Guid Value) : IUuidId<WorkflowId>
{
    /// <inheritdoc/>
    public static WorkflowId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>An access request.</summary>
public readonly record struct AccessRequestId(Guid Value) : IUuidId<AccessRequestId>
{
    /// <inheritdoc/>
    public static AccessRequestId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A decision on an access request.</summary>
public readonly record struct DecisionId(Guid Value) : IUuidId<DecisionId>
{
    /// <inheritdoc/>
    public static DecisionId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A grant; its binding is called <c>lapse-</c> followed by this id.</summary>
public readonly record struct GrantId(Guid Value) : IUuidId<GrantId>
{
    /// <inheritdoc/>
    public static GrantId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A demand for fresh strong authentication.</summary>
public readonly record struct StepUpChallengeId(Guid Value) : IUuidId<StepUpChallengeId>
{
    /// <inheritdoc/>
    public static StepUpChallengeId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>The evidence that answered a challenge.</summary>
public readonly record struct StepUpProofId(Guid Value) : IUuidId<StepUpProofId>
{
    /// <inheritdoc/>
    public static StepUpProofId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A change of the configuration by an admin.</summary>
public readonly record struct ConfigurationChangeId(Guid Value) : IUuidId<ConfigurationChangeId>
{
    /// <inheritdoc/>
    public static ConfigurationChangeId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A hold: while it lasts, Lapse starts no access.</summary>
public readonly record struct HoldId(Guid Value) : IUuidId<HoldId>
{
    /// <inheritdoc/>
    public static HoldId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>What stood in a cluster's RBAC at a moment.</summary>
public readonly record struct RbacSnapshotId(Guid Value) : IUuidId<RbacSnapshotId>
{
    /// <inheritdoc/>
    public static RbacSnapshotId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>The acceptance of a finding, or its withdrawal.</summary>
public readonly record struct FindingAcceptanceId(Guid Value) : IUuidId<FindingAcceptanceId>
{
    /// <inheritdoc/>
    public static FindingAcceptanceId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>The removal of one standing binding.</summary>
public readonly record struct StandingRemovalId(Guid Value) : IUuidId<StandingRemovalId>
{
    /// <inheritdoc/>
    public static StandingRemovalId From(Guid value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
