using Quartz;

namespace Lapse.Portal.Hosting;

/// <summary>How replicas notice that one of them is gone; the defaults are right for production.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Lapse:Scheduler";

    /// <summary>How often a replica says that it lives.</summary>
    public TimeSpan CheckIn { get; init; } = TimeSpan.FromSeconds(7.5);

    /// <summary>How late that may be before another replica takes over its jobs.</summary>
    public TimeSpan Overdue { get; init; } = TimeSpan.FromSeconds(7.5);
}

/// <summary>The scheduler of recurring work: clustered on the portal's database, so that each run of a job is one replica's.</summary>
public static class PortalScheduler
{
    /// <summary>Registers the scheduler; it runs with the host, and has every job that was added.</summary>
    public static IServiceCollection AddPortalScheduler(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(SchedulerOptions.Section).Get<SchedulerOptions>() ?? new SchedulerOptions();
        services.AddQuartz(quartz => quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(configuration.GetConnectionString("Portal")!);
            // Each replica gets an id of its own by this.
            store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (options.CheckIn, options.Overdue));
            store.UseSystemTextJsonSerializer();
        }));
        return services.AddQuartzHostedService(quartz => quartz.WaitForJobsToComplete = true);
    }
}
