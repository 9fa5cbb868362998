using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lapse.Portal.Hosting;

/// <summary>
/// <c>/health/live</c>: the process serves. <c>/health/ready</c>: it can do its work, which it cannot without a database that takes what is
/// written, nor once it was told to stop. A cluster or the provider being away makes no replica unready: every replica would be, and
/// pages say it better.
/// </summary>
internal static class Health
{
    private const string Ready = "ready";

    /// <summary>Registers the checks.</summary>
    public static void AddPortalHealth(this IServiceCollection services) =>
        services.AddHealthChecks()
            .AddCheck<LeavingCheck>("leaving", tags: [Ready])
            .AddCheck<DatabaseCheck>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(4));

    /// <summary>Maps both; they tell nobody more than one word.</summary>
    public static void MapPortalHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = static (context, _) => context.Response.WriteAsync("live") }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(Ready),
            ResponseWriter = static (context, report) => context.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "ready" : "not ready"),
        }).AllowAnonymous();
    }

    /// <summary>Whether this replica stays.</summary>
    private sealed class LeavingCheck(Leaving leaving) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(leaving.HasBegun ? HealthCheckResult.Unhealthy("It was told to stop.") : HealthCheckResult.Healthy());
    }

    /// <summary>Whether the database answers, as the role that serves, at this version, and takes what is written.</summary>
    private sealed class DatabaseCheck(DatabaseProbe probe) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await probe.AskAsync(cancellationToken) is var found and not DatabaseCondition.Well ? HealthCheckResult.Unhealthy($"The database is {found}.") : HealthCheckResult.Healthy();
    }
}
