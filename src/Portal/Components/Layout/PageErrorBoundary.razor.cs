using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Components.Layout;

/// <summary>
/// Catches what a page did not: shows it in words, with a number that is in the log beside the exception. The navigation
/// stays usable, and another page starts afresh.
/// </summary>
public sealed partial class PageErrorBoundary
{
    private string _correlationId = "";

    /// <summary>Where the exception goes.</summary>
    [Inject]
    public required ILogger<PageErrorBoundary> Logger { get; init; }

    /// <inheritdoc/>
    protected override Task OnErrorAsync(Exception exception)
    {
        _correlationId = CorrelationId.New();
        Logger.LogError(exception, "A page failed. Correlation id {CorrelationId}.", _correlationId);
        return Task.CompletedTask;
    }
}
