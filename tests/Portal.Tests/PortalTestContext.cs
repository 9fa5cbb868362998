using Bunit;
using Bunit.TestDoubles;
using Lapse.Portal.Components;
using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Lapse.Portal.Tests;

/// <summary>
/// The ground of a component test: the shell's services, a clock that the test moves, a browser in Berlin with the light
/// theme, and nobody signed in until <see cref="SignIn"/>. A page is rendered without its layout; dialogs, popovers and
/// snackbars need <see cref="RenderProviders"/> first.
/// </summary>
public abstract class PortalTestContext : BunitContext
{
    private readonly BunitAuthorizationContext _authorization;

    /// <summary>Sets the ground up.</summary>
    protected PortalTestContext()
    {
        // A slow machine may take its time; a test that waits for what never comes still ends.
        DefaultWaitTimeout = TimeSpan.FromSeconds(10);
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddPortalComponents();
        // No service may be asked for here: bUnit then refuses those that a test class adds in its own constructor.
        Services.AddScoped(_ =>
        {
            var time = new ViewerTime(Clock);
            time.UseZone("Europe/Berlin");
            return time;
        });
        Services.Configure<PopoverOptions>(options => options.CheckForPopoverProvider = false);
        JSInterop.Mode = JSRuntimeMode.Loose;
        Browser = JSInterop.SetupModule("./js/viewer.js");
        Browser.Setup<BrowserSettings?>("read", _ => true).SetResult(new BrowserSettings("Europe/Berlin", "system", false));
        _authorization = this.AddAuthorization();
    }

    /// <summary>Tuesday, 24 November 2026, 19:46 UTC, which is 20:46 in Berlin.</summary>
    protected static DateTimeOffset Start { get; } = new(2026, 11, 24, 19, 46, 0, TimeSpan.Zero);

    /// <summary>The clock of everything in the test.</summary>
    protected ManualTime Clock { get; } = new(Start);

    /// <summary>The shell's module in the browser.</summary>
    protected BunitJSModuleInterop Browser { get; }

    /// <summary>The viewer's clock.</summary>
    protected ViewerTime ViewerTime => Services.GetRequiredService<ViewerTime>();

    /// <summary>Moves the clock and lets the components follow.</summary>
    protected void Advance(TimeSpan by) => Clock.Advance(by);

    /// <summary>Signs somebody in and returns what the layout would cascade.</summary>
    /// <param name="userName">The user name, such as <c>alice</c>.</param>
    /// <param name="groups">The groups in the token.</param>
    protected ViewerContext SignIn(string userName, params string[] groups)
    {
        var name = char.ToUpperInvariant(userName[0]) + userName[1..];
        _authorization.SetAuthorized(userName);
        _authorization.SetClaims(
        [
            new("sub", userName),
            new(Authentication.Actor.PersonClaim, Guid.NewGuid().ToString("D")),
            new(Authentication.Actor.SessionClaim, Guid.NewGuid().ToString("D")),
            new("name", name),
            new("preferred_username", userName),
            .. groups.Select(group => new System.Security.Claims.Claim("groups", group)),
        ]);
        return new ViewerContext(
            name,
            userName,
            groups.ToHashSet(StringComparer.Ordinal),
            groups.Contains("lapse-admins"),
            groups.Contains("lapse-auditors"));
    }

    /// <summary>Renders MudBlazor's providers, which the layout has in the portal; dialogs appear in the answer.</summary>
    protected IRenderedComponent<Providers> RenderProviders() => Render<Providers>();

    /// <summary>MudBlazor's providers and nothing else.</summary>
    protected sealed class Providers : ComponentBase
    {
        /// <inheritdoc/>
        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            builder.OpenComponent<MudPopoverProvider>(0);
            builder.CloseComponent();
            builder.OpenComponent<MudDialogProvider>(1);
            builder.CloseComponent();
            builder.OpenComponent<MudSnackbarProvider>(2);
            builder.CloseComponent();
        }
    }
}
