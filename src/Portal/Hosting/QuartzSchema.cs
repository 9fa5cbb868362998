using Quartz;

namespace Lapse.Portal.Hosting;

/// <summary>Quartz's own tables, made as the owner: the role that serves may not create any.</summary>
public static class QuartzSchema
{
    /// <summary>Makes what is missing of them.</summary>
    /// <param name="owner">A connection as the owner of the schema.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task ProvisionAsync(string owner, CancellationToken cancellation)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddQuartz(quartz => quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(owner);
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
        }));
        await using var provider = services.BuildServiceProvider();
        var scheduler = await provider.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellation);
        await scheduler.Shutdown(waitForJobsToComplete: true, cancellation);
    }
}
