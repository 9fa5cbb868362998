namespace Lapse.Domain.Ledger;

/// <summary>A checkpoint as the database keeps it. Never changed once written.</summary>
public sealed class KeptCheckpoint
{
    /// <summary>1, 2, 3 … in the order in which they were made; given by the database.</summary>
    public long Id { get; private set; }

    /// <summary>How many entries it covers.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The signed checkpoint (<see cref="SignedCheckpoint.ToText"/>).</summary>
    public required string Text { get; init; }

    /// <summary>The frontier of its tree (<see cref="MerkleFrontier.ToBytes"/>), from which the next one goes on. It is believed only if it gives the signed root.</summary>
    public required byte[] Peaks { get; init; }
}
