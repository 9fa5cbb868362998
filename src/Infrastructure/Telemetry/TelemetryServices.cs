using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Infrastructure.Telemetry;

/// <summary>Registers what is measured from the database.</summary>
public static class TelemetryServices
{
    /// <summary>Needs an <c>IDbContextFactory</c> of the portal's context, the reconciler, the watch of the database, a <see cref="TimeProvider"/>, metrics and logging.</summary>
    public static IServiceCollection AddStandingMetrics(this IServiceCollection services) => services.AddHostedService<StandingMetrics>().AddHostedService<AuditMetrics>();
}
