namespace Lapse.Domain;

/// <summary>The one table of allowed moves of a status; whatever is not in it throws.</summary>
/// <typeparam name="TStatus">The status enum.</typeparam>
public sealed class StatusMoves<TStatus> where TStatus : struct, Enum
{
    private readonly HashSet<(TStatus From, TStatus To)> _moves;

    /// <summary>Makes the table.</summary>
    /// <param name="moves">Each allowed move.</param>
    public StatusMoves(params (TStatus From, TStatus To)[] moves) => _moves = [.. moves];

    /// <summary>Every allowed move.</summary>
    public IReadOnlySet<(TStatus From, TStatus To)> All => _moves;

    /// <summary>Whether the table has this move.</summary>
    public bool Allows(TStatus from, TStatus to) => _moves.Contains((from, to));

    /// <summary>Returns <paramref name="to"/> if the table has the move.</summary>
    /// <exception cref="InvalidMoveException">The table does not have it.</exception>
    public TStatus Move(TStatus from, TStatus to) =>
        Allows(from, to) ? to : throw new InvalidMoveException(typeof(TStatus).Name, from.ToString(), to.ToString());
}

/// <summary>A status was asked to move where its table has no way; always a defect of the caller.</summary>
public sealed class InvalidMoveException(string status, string from, string to)
    : InvalidOperationException($"{status} cannot move from {from} to {to}.");
