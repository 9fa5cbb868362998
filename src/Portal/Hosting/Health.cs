using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lapse.Portal.Hosting;

/// <summary>
/// <c>/health/live</c>: the process serves. <c>/health/ready</c>: it can do its work, which it cannot without the database. A cluster or
/// the provider being away makes no replica unready: every replica would be, and pages say it better.
/// </summary>
internal static class Health
{
    private const string Ready = "ready";

    /// <summary>Registers the checks.</summary>
    public static void AddPortalHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<DatabaseCheck>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(3));

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

    /// <summary>Whether the database answers, as the role that serves, at this version.</summary>
    private sealed class DatabaseCheck(IDbContextFactory<PortalDbContext> contexts) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                // The head is written in every transaction: who can read it has the tables and the rights.
                return await db.LedgerHead.AsNoTracking().AnyAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The ledger has no head.");
            }
#pragma warning disable CA1031 // Whatever it is, the answer is the same.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                return HealthCheckResult.Unhealthy("The database does not answer.", failed);
            }
        }
    }
}
