using Lapse.Domain.People;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Evidence;
using Lapse.Portal.Features.Ledger;
using Lapse.Portal.Features.Rbac;
using Lapse.Portal.Features.StepUp;

namespace Lapse.Portal.Hosting;

/// <summary>Puts the portal together: what it is made of, and the order in which a request passes through it.</summary>
public static class PortalServices
{
    private const long LargestBody = 128 * 1024;

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
        services.AddDatabaseWatch();
        services.AddSingleton<Leaving>();
        services.AddRazorComponents().AddInteractiveServerComponents(CircuitLimits.Apply).AddHubOptions(CircuitLimits.Apply);
        services.AddCascadingAuthenticationState();
        services.AddPortalComponents();
        services.AddLapseKeys(configuration);
        services.AddLapseOidc(configuration);
        services.AddLapseAuthentication(configuration);
        services.AddLapseReconciliation(configuration);
        services.AddLapseRbac(configuration);
        services.AddPortalScheduler(configuration);
        services.AddFeatures();
        services.AddPortalHealth();
        builder.AddPortalTelemetry(options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Forms are a few fields, and files come over the circuit in small messages.
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
    }

    /// <summary>The order in which a request passes through.</summary>
    public static void UsePortal(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<PortalOptions>();
        app.UseMetricsAddress(options);
        app.UseTrustedProxies(options);
        app.UseSecurityHeaders(options);
        app.UseRequestErrors();
        app.UseStatusCodePagesWithReExecute("/status/{0}");
        app.UseDatabaseTrouble();
        app.UseRequestLimits(options.Limits);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapPortalHealth();
        app.MapSecurityText(options);
        app.MapLapseAuthentication();
        app.MapLedgerExport();
        app.MapEvidence();
        app.MapRbacExport();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(mode => mode.ContentSecurityFrameAncestorsPolicy = null);
    }
}
