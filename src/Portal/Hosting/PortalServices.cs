using Lapse.Domain.People;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Ledger;
using Lapse.Portal.Features.StepUp;
using Quartz;

namespace Lapse.Portal.Hosting;

/// <summary>Puts the portal together: what it is made of, and the order in which a request passes through it.</summary>
internal static class PortalServices
{
    /// <summary>Registers everything that serves.</summary>
    public static void AddPortal(this WebApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        var options = configuration.Portal();
        // One line for each thing that happens; whoever wants each statement sets Logging:LogLevel.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new OutboundOptions { AllowLoopback = options.Mode == PortalMode.Sandbox });
        services.AddLapseDatabase(configuration.GetConnectionString("Portal")!);
        services.AddSingleton<LedgerVerifier>();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddCascadingAuthenticationState();
        services.AddPortalComponents();
        services.AddLapseKeys(configuration);
        services.AddLapseOidc(configuration);
        services.AddLapseAuthentication(configuration);
        services.AddLapseReconciliation(configuration);
        services.AddQuartz(quartz =>
        {
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(configuration.GetConnectionString("Portal")!);
                store.UseClustering();
                store.UseSystemTextJsonSerializer();
            });
        });
        services.AddQuartzHostedService(quartz => quartz.WaitForJobsToComplete = true);
        services.AddFeatures();
    }

    /// <summary>The order in which a request passes through.</summary>
    public static void UsePortal(this WebApplication app)
    {
        app.UseSecurityHeaders(https: app.Configuration.Portal().PublicUrl?.Scheme == Uri.UriSchemeHttps);
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/not-found");
        app.MapGet("/health/live", () => Results.Text("live")).AllowAnonymous();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapLapseAuthentication();
        app.MapLedgerExport();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
