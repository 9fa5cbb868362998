using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.People;
using Quartz;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Compares all clusters with the grants.</summary>
[DisallowConcurrentExecution]
internal sealed class SweepJob(BindingSweep sweep) : IJob
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await sweep.RunAsync(cancellationToken);
}

/// <summary>Looks for what grants that are over left behind.</summary>
[DisallowConcurrentExecution]
internal sealed class LeftBehindJob(LeftBehindLook look) : IJob
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await look.RunAsync(cancellationToken);
}

/// <summary>Ends requests and configuration changes that waited too long, and what is left of people who were shut out.</summary>
[DisallowConcurrentExecution]
internal sealed class TimeoutsJob(RequestTimeouts requests, ChangeTimeouts changes, ShutOutSweep shutOut) : IJob
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        await requests.RunAsync(cancellationToken);
        await changes.RunAsync(cancellationToken);
        await shutOut.RunAsync(cancellationToken);
    }
}

/// <summary>The recurring work of this part, for the scheduler of the whole portal.</summary>
public static class ReconciliationJobs
{
    /// <summary>Adds the jobs.</summary>
    public static void AddReconciliationJobs(this IQuartzBuilder quartz, ReconciliationOptions options)
    {
        Add<SweepJob>(quartz, "binding-sweep", options.SweepInterval);
        Add<CheckpointJob>(quartz, "ledger-checkpoint", options.CheckpointInterval);
        Add<LeftBehindJob>(quartz, "left-behind", options.LookAfterInterval);
        Add<TimeoutsJob>(quartz, "timeouts", options.TimeoutsInterval);
    }

    private static void Add<TJob>(IQuartzBuilder quartz, string name, TimeSpan interval) where TJob : IJob
    {
        var key = new JobKey(name, "reconciliation");
        quartz.AddJob<TJob>(job => job.WithIdentity(key));
        quartz.AddTrigger(trigger => trigger.ForJob(key).WithIdentity(name, "reconciliation").StartNow()
            .WithSimpleSchedule(schedule => schedule.WithInterval(interval).RepeatForever()));
    }
}
