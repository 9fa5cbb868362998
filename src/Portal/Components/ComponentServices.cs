using Lapse.Domain.People;
using Lapse.Portal.Components.Layout;
using Lapse.Portal.Components.Viewer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor;
using MudBlazor.Services;

namespace Lapse.Portal.Components;

/// <summary>Registers what the shell and the shared components need.</summary>
public static class ComponentServices
{
    /// <summary>
    /// Adds MudBlazor, the viewer's clock and browser, and the counts in the navigation. The clock is the registered
    /// <see cref="TimeProvider"/>, or the system's where none is; the groups are the registered <see cref="PortalGroups"/>,
    /// or the usual ones. Call it once, beside <c>AddRazorComponents</c>.
    /// </summary>
    public static IServiceCollection AddPortalComponents(this IServiceCollection services)
    {
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            mud.SnackbarConfiguration.PreventDuplicates = true;
            mud.SnackbarConfiguration.ShowTransitionDuration = 100;
            mud.SnackbarConfiguration.HideTransitionDuration = 100;
        });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new PortalGroups());
        services.AddScoped<ViewerTime>();
        services.AddScoped<ViewerBrowser>();
        services.AddScoped<NavigationCounts>();
        return services;
    }
}
