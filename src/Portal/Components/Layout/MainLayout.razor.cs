using Lapse.Domain.People;
using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Lapse.Portal.Components.Layout;

/// <summary>
/// The frame around every interactive page: top bar, navigation, MudBlazor's providers. It first asks the browser for
/// time zone and theme, one exchange of messages, and only then shows the page: no time jumps from UTC, no theme flashes.
/// </summary>
public sealed partial class MainLayout : IDisposable
{
    private ViewerContext _viewer = ViewerContext.Nobody;
    private string _page = "";
    private bool _ready;

    /// <summary>The viewer's browser.</summary>
    [Inject]
    public required ViewerBrowser Browser { get; init; }

    /// <summary>Tells which page is open.</summary>
    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>Which groups make somebody an administrator or auditor.</summary>
    [Inject]
    public required PortalGroups Groups { get; init; }

    [CascadingParameter]
    private Task<AuthenticationState>? SignIn { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Browser.Changed -= OnThemeChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Browser.Changed += OnThemeChanged;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        // Another address is another page: an error on the one before is over.
        _page = new Uri(Navigation.Uri).AbsolutePath;
        if (SignIn is not null)
        {
            _viewer = ViewerContext.From((await SignIn).User, Groups);
        }
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            await Browser.ReadAsync();
            _ready = true;
            StateHasChanged();
        }
    }

    private void OnThemeChanged() => InvokeAsync(StateHasChanged);
}
