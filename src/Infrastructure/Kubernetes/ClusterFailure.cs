namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Why a call to an API server did not do what it should.</summary>
public enum ClusterFailureKind
{
    /// <summary>No connection, no answer in time, or one that is none of an API server. Try again later.</summary>
    Unreachable,

    /// <summary>Its certificate is not vouched for by the configured authority, or is for another name.</summary>
    NotTrusted,

    /// <summary>Lapse does not call this address (<see cref="OutboundRefusedException"/>).</summary>
    AddressRefused,

    /// <summary>401: the API server does not know Lapse's credential any more.</summary>
    CredentialRefused,

    /// <summary>403: Lapse may not do this there.</summary>
    Forbidden,

    /// <summary>404: there is no such object.</summary>
    NotFound,

    /// <summary>409: an object of this name is already there.</summary>
    AlreadyExists,

    /// <summary>409: a precondition, such as the UID, does not hold.</summary>
    Conflict,

    /// <summary>400 or 422: the API server does not take the object.</summary>
    Invalid,

    /// <summary>The namespace is gone or about to go.</summary>
    NamespaceGone,

    /// <summary>429 or 5xx: it is there but cannot answer now. Try again later.</summary>
    Busy,
}

/// <summary>A call that failed.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Message">One short line for people; never a secret.</param>
public sealed record ClusterFailure(ClusterFailureKind Kind, string Message)
{
    /// <summary>When to try again, as the server says; <see langword="null"/> if it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same call may work later without anybody doing something.</summary>
    public bool IsTransient => Kind is ClusterFailureKind.Unreachable or ClusterFailureKind.Busy;

    /// <summary>
    /// Whether the API server never judged the call, so that nothing is known about its effect; a create that failed so may
    /// have happened.
    /// </summary>
    public bool LeavesOpen => Kind is ClusterFailureKind.Unreachable or ClusterFailureKind.NotTrusted or ClusterFailureKind.AddressRefused
        or ClusterFailureKind.CredentialRefused or ClusterFailureKind.Busy;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Message}";
}

/// <summary>What an API server answered, or why it did not.</summary>
/// <typeparam name="T">The answer.</typeparam>
public sealed record ClusterResult<T>
{
    private readonly T? _value;

    private ClusterResult(T? value, ClusterFailure? failure) => (_value, Failure) = (value, failure);

    /// <summary>Why there is no answer; <see langword="null"/> when there is one.</summary>
    public ClusterFailure? Failure { get; }

    /// <summary>Whether there is an answer.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>The answer.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T Value => Failure is null ? _value! : throw new InvalidOperationException($"No answer: {Failure}.");

    /// <summary>An answer.</summary>
    public static implicit operator ClusterResult<T>(T value) => new(value, null);

    /// <summary>No answer.</summary>
    public static implicit operator ClusterResult<T>(ClusterFailure failure) => new(default, failure);
}
