namespace Lapse.Domain;

/// <summary>Why Lapse did not do what was asked. An expected outcome, never an exception.</summary>
/// <param name="Code">A stable name for tests, logs and the ledger, such as <c>OwnRequest</c>.</param>
/// <param name="Message">What happened and what to do, in words for the person who asked.</param>
/// <param name="Link">A local address that helps, such as the request that is in the way.</param>
public sealed record Refusal(string Code, string Message, string? Link = null);

/// <summary>Either what was asked for, or why not.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public sealed record Outcome<T>
{
    private readonly T? _value;

    private Outcome(T? value, Refusal? refusal) => (_value, Refusal) = (value, refusal);

    /// <summary>Why it was refused; <see langword="null"/> when it was done.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Whether it was done.</summary>
    public bool Succeeded => Refusal is null;

    /// <summary>What was asked for.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public T Value => Refusal is null ? _value! : throw new InvalidOperationException($"Refused: {Refusal.Code}.");

    /// <summary>It was done.</summary>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>It was refused.</summary>
    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}

/// <summary>Says only that something was done.</summary>
public readonly record struct Done;
