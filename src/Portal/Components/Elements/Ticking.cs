using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Components.Elements;

/// <summary>A component whose text changes with time. It is drawn again only when its text did change.</summary>
public abstract class Ticking : ComponentBase, IDisposable
{
    private IDisposable? _ticks;

    /// <summary>The viewer's clock.</summary>
    [Inject]
    public required ViewerTime Time { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ticks?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => _ticks = Time.EverySecond(() => _ = InvokeAsync(TickAsync));

    /// <summary>Works out the text anew, each second.</summary>
    /// <returns>Whether it changed.</returns>
    protected abstract bool OnTick();

    /// <summary>Runs after a tick that changed the text.</summary>
    protected virtual Task OnTickedAsync() => Task.CompletedTask;

    private async Task TickAsync()
    {
        try
        {
            if (OnTick())
            {
                StateHasChanged();
                await OnTickedAsync();
            }
        }
        catch (Exception exception)
        {
            await DispatchExceptionAsync(exception);
        }
    }
}
