using Microsoft.JSInterop;

namespace Lapse.Portal.Components.Viewer;

/// <summary>How the viewer wants the portal to look.</summary>
public enum ThemeChoice
{
    /// <summary>As the operating system says, also when that changes.</summary>
    System,

    /// <summary>Always light.</summary>
    Light,

    /// <summary>Always dark.</summary>
    Dark,
}

/// <summary>What <c>js/viewer.js</c> answers.</summary>
/// <param name="Zone">The IANA name of the time zone.</param>
/// <param name="Theme"><c>system</c>, <c>light</c> or <c>dark</c>.</param>
/// <param name="Dark">Whether the page is dark now.</param>
public sealed record BrowserSettings(string? Zone, string? Theme, bool Dark);

/// <summary>
/// What the circuit asks of the browser: the time zone, and the theme that <c>js/theme.js</c> has put on the page before
/// anything was drawn. Asked once per circuit, by the layout, before it shows a page.
/// </summary>
public sealed class ViewerBrowser(IJSRuntime js, ViewerTime time) : IAsyncDisposable
{
    private IJSObjectReference? _module;
    private DotNetObjectReference<ViewerBrowser>? _self;

    /// <summary>The theme was switched, by the viewer or by the operating system.</summary>
    public event Action? Changed;

    /// <summary>What the viewer chose.</summary>
    public ThemeChoice Theme { get; private set; }

    /// <summary>Whether the page is dark now.</summary>
    public bool IsDark { get; private set; }

    /// <summary>Asks the browser. Call it after the first render; it is the only time at which a circuit can.</summary>
    public async Task ReadAsync()
    {
        _self = DotNetObjectReference.Create(this);
        _module = await js.InvokeAsync<IJSObjectReference>("import", "./js/viewer.js");
        Take(await _module.InvokeAsync<BrowserSettings?>("read", _self));
    }

    /// <summary>Switches the theme and has the browser remember it.</summary>
    public async Task ChooseThemeAsync(ThemeChoice choice)
    {
        if (_module is not null)
        {
            Take(await _module.InvokeAsync<BrowserSettings?>("chooseTheme", ToText(choice)));
            Changed?.Invoke();
        }
    }

    /// <summary>Called by the browser when the operating system switches between light and dark.</summary>
    [JSInvokable]
    public void SchemeChanged(bool dark)
    {
        IsDark = dark;
        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _self?.Dispose();
        if (_module is not null)
        {
            try
            {
                await _module.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The page is gone, and the module with it.
            }
        }
    }

    private static string ToText(ThemeChoice choice) => choice switch
    {
        ThemeChoice.Light => "light",
        ThemeChoice.Dark => "dark",
        ThemeChoice.System => "system",
    };

    private void Take(BrowserSettings? settings)
    {
        if (settings is null)
        {
            return;
        }

        time.UseZone(settings.Zone);
        IsDark = settings.Dark;
        Theme = settings.Theme switch
        {
            "light" => ThemeChoice.Light,
            "dark" => ThemeChoice.Dark,
            _ => ThemeChoice.System,
        };
    }
}
