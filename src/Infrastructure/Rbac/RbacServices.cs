using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;

namespace Lapse.Infrastructure.Rbac;

/// <summary>Registers the RBAC audit.</summary>
public static class RbacServices
{
    /// <summary>Registers the look at each cluster and the clean-up. Needs what <c>AddLapseReconciliation</c> registers.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">Section <c>Lapse:Rbac</c>.</param>
    public static IServiceCollection AddLapseRbac(this IServiceCollection services, IConfiguration configuration)
    {
        var options = services.AddClusterAudit(configuration);
        services.TryAddSingleton<RbacSnapshots>();
        services.TryAddSingleton<RbacIndexes>();
        services.AddSingleton<RbacKeeper>().AddSingleton<RbacLooker>().AddSingleton<RbacCleanUp>();
        services.AddHostedService<RbacLoop>();
        services.AddQuartz(quartz =>
        {
            var key = new JobKey("rbac-clean-up", "rbac");
            quartz.AddJob<RbacCleanUpJob>(job => job.WithIdentity(key));
            quartz.AddTrigger(trigger => trigger.ForJob(key).WithIdentity("rbac-clean-up", "rbac").StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.CleanUpInterval).RepeatForever()));
        });
        return services;
    }

    /// <summary>Registers what the audit of one cluster needs, for the portal and for verbs.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">Section <c>Lapse:Rbac</c>.</param>
    /// <returns>The settings.</returns>
    public static RbacOptions AddClusterAudit(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(RbacOptions.Section).Get<RbacOptions>() ?? new RbacOptions();
        services.TryAddSingleton(options);
        services.TryAddSingleton<ClusterAudit>();
        return options;
    }
}
