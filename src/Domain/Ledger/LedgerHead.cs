namespace Lapse.Domain.Ledger;

/// <summary>The one row that gives out sequence numbers; locked as the last statement before commit.</summary>
public sealed class LedgerHead
{
    /// <summary>Always 1.</summary>
    public required int Id { get; init; }

    /// <summary>The newest entry's sequence; 0 when there is none.</summary>
    public required long Sequence { get; set; }

    /// <summary>The newest entry's hash.</summary>
    public required byte[] Hash { get; set; }
}
