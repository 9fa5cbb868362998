namespace Lapse.Portal.Features.Home;

/// <summary>What do I hold, and what waits for me?</summary>
public sealed partial class HomePage
{
    private static readonly HomeAsk Everything = new();

    /// <inheritdoc/>
    protected override HomeAsk Asked => Everything;

    /// <inheritdoc/>
    protected override bool Concerns(string change) =>
        change == "catalogue" || change.StartsWith("request:", StringComparison.Ordinal) || change.StartsWith("grant:", StringComparison.Ordinal);
}
