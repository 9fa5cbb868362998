using System.Collections.Concurrent;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Quartz;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>The recurring jobs on the scheduler that <c>serve</c> has, with two replicas on one real database.</summary>
public sealed class SchedulerTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly string[] Jobs = ["binding-sweep", "timeouts"];

    private readonly List<RunningHost> _hosts = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        // As lapse migrate does it.
        await QuartzSchema.ProvisionAsync(Database.OwnerConnectionString, Cancellation);
        await DatabaseSetup.ApplyAsync(Database.Owner, PostgresFixture.ServingPassword, Cancellation);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var host in _hosts) await host.StopAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Jobs_WithTwoReplicas_RunOnceAnIntervalOverBoth()
    {
        var (first, second) = await StartTwoAsync();

        await UntilEachRanAsync(4, first, second);

        AssertOnceAnInterval(first, second);
    }

    [Fact]
    public async Task Jobs_OfAReplicaThatStops_GoOnInTheOther()
    {
        var (first, second) = await StartTwoAsync();

        await first.StopAsync();
        second.Forget();
        await UntilEachRanAsync(3, second);

        AssertOnceAnInterval(second);
    }

    [Fact]
    public async Task Jobs_OfAReplicaThatIsCutOff_GoOnInTheOther()
    {
        var role = $"lapse_doomed_{Guid.NewGuid():N}";
        await Database.ExecuteAsOwnerAsync($"CREATE ROLE {role} LOGIN PASSWORD '{PostgresFixture.ServingPassword}' IN ROLE {DatabaseSetup.ServingRole}; GRANT {role} TO CURRENT_USER", Cancellation);
        try
        {
            var (first, second) = await StartTwoAsync(role);
            // While it has a run in its hand: that one has to be taken from it.
            await Wait.UntilAsync(() => CutOffAsync(role, first), "cut off with a run in its hand", Cancellation);
            second.Forget();
            await UntilEachRanAsync(3, second);

            AssertOnceAnInterval(second);
            await Wait.UntilAsync(async () => await CountAsync($"SELECT count(*) FROM qrtz_scheduler_state WHERE instance_name = '{first.Id}'") == 0, "found to be gone", Cancellation);
            await Database.ExecuteAsOwnerAsync($"ALTER ROLE {role} LOGIN", Cancellation);
            await first.StopAsync();
        }
        finally
        {
            foreach (var host in _hosts) await host.StopAsync();
            await Database.ExecuteAsOwnerAsync($"{Terminate(role)}; DROP ROLE {role}", CancellationToken.None);
        }
    }

    private static string Terminate(string role) => $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'";

    // As seen from the database it is as if the replica's machine were gone.
    private async Task<bool> CutOffAsync(string role, RunningHost host)
    {
        var held = $"SELECT count(*) FROM qrtz_fired_triggers WHERE instance_name = '{host.Id}'";
        if (await CountAsync(held) == 0) return false;
        await Database.ExecuteAsOwnerAsync($"ALTER ROLE {role} NOLOGIN; {Terminate(role)}", Cancellation);
        await Wait.UntilAsync(async () => await CountAsync($"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'") == 0, "no connection is left", Cancellation);
        if (await CountAsync(held) > 0) return true;
        await Database.ExecuteAsOwnerAsync($"ALTER ROLE {role} LOGIN", Cancellation);
        return false;
    }

    private async Task<(RunningHost First, RunningHost Second)> StartTwoAsync(string? roleOfTheFirst = null)
    {
        var first = await StartAsync(roleOfTheFirst);
        var second = await StartAsync(null);
        await Wait.UntilAsync(async () => await CountAsync("SELECT count(*) FROM qrtz_scheduler_state") == 2, "both take part", Cancellation);
        // Each that starts sets the jobs up anew.
        first.Forget();
        second.Forget();
        return (first, second);
    }

    private async Task<RunningHost> StartAsync(string? role)
    {
        var connection = new NpgsqlConnectionStringBuilder(Database.ServingConnectionString);
        if (role is not null) connection.Username = role;
        var host = await RunningHost.StartAsync(Database, connection.ConnectionString);
        _hosts.Add(host);
        return host;
    }

    private static Task UntilEachRanAsync(int times, params RunningHost[] hosts) => Wait.UntilAsync(
        () => Task.FromResult(Jobs.All(job => hosts.Sum(host => host.Runs.Count(run => run.Job == job)) >= times)), $"each job ran {times} times", Cancellation);

    private static void AssertOnceAnInterval(params RunningHost[] hosts)
    {
        foreach (var job in Jobs)
        {
            List<DateTimeOffset> due = [.. hosts.SelectMany(host => host.Runs).Where(run => run.Job == job).Select(run => run.Due).Order()];
            Assert.All(due.Zip(due.Skip(1)), pair => Assert.True(pair.Second - pair.First >= Interval, $"{job} at {pair.First:O} and at {pair.Second:O}"));
        }
        Assert.All(hosts.SelectMany(host => host.Runs), run => Assert.Null(run.Error));
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = Database.Owner.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>A host with the reconciler and the scheduler of <c>serve</c>, and what ran on it.</summary>
    private sealed class RunningHost : IJobListener
    {
        private readonly ConcurrentQueue<(string Job, DateTimeOffset Due, Exception? Error)> _runs = new();
        private IHost _host = null!;
        private bool _stopped;
        private long _since;

        public string Name => "test";

        public string Id { get; private set; } = "";

        public IReadOnlyCollection<(string Job, DateTimeOffset Due, Exception? Error)> Runs => _runs;

        public static async Task<RunningHost> StartAsync(TestDatabase database, string connection)
        {
            var running = new RunningHost();
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ConnectionStrings:Portal"] = connection,
                ["Lapse:Reconciliation:SweepInterval"] = Interval.ToString(),
                ["Lapse:Reconciliation:TimeoutsInterval"] = Interval.ToString(),
                ["Lapse:Scheduler:CheckIn"] = "00:00:00.5",
                ["Lapse:Scheduler:Overdue"] = "00:00:00.5",
            });
            ReconcilerReplica.AddTo(builder.Services, database, builder.Configuration);
            builder.Services.AddPortalScheduler(builder.Configuration);
            builder.Services.AddQuartz(quartz => quartz.AddJobListener(running));
            running._host = builder.Build();
            await running._host.StartAsync(Cancellation);
            running.Id = (await running._host.Services.GetRequiredService<ISchedulerFactory>().GetScheduler(Cancellation)).SchedulerInstanceId;
            return running;
        }

        public ValueTask JobWasExecuted(IJobExecutionContext context, JobExecutionException? jobException, CancellationToken cancellationToken = default)
        {
            var due = context.ScheduledFireTimeUtc!.Value;
            // What was due before may be heard of only now.
            if (due.UtcTicks >= Volatile.Read(ref _since)) _runs.Enqueue((context.JobDetail.Key.Name, due, jobException));
            return ValueTask.CompletedTask;
        }

        /// <summary>Counts from now on only.</summary>
        public void Forget()
        {
            Volatile.Write(ref _since, DateTimeOffset.UtcNow.UtcTicks);
            _runs.Clear();
        }

        // The keys belong to all tests, so the host is not disposed.
        public async Task StopAsync()
        {
            if (_stopped) return;
            _stopped = true;
            await _host.StopAsync(CancellationToken.None);
            await _host.Services.GetRequiredService<Replica>().DisposeAsync();
            _host.Services.GetRequiredService<ClusterConnections>().Dispose();
        }
    }
}
