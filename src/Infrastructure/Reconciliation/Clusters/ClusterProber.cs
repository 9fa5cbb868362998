using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Looks at each cluster: whether it answers, whether its clock is right, whether Lapse may do what it must, whether its reaper runs, what roles allow; renews Lapse's own token there.</summary>
internal sealed partial class ClusterProber(
    IDbContextFactory<PortalDbContext> contexts, RegisteredClusters clusters, BindingSweep sweep, RoleRefresh roles, ClusterRightsCheck rights, ReaperWatch reaper, TokenRenewal renewal, SandboxClusterStatus sandbox,
    ReconcilerWakes wakes, ReconciliationOptions options, TimeProvider clock, ILogger<ClusterProber> log) : BackgroundService
{
    /// <summary>How far a cluster's clock may be off: half of what a binding has as its margin.</summary>
    public static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(30);

    // So many are said in the message; the page has them all.
    private const int SaidRights = 5;

    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(3);

    private readonly Dictionary<ClusterId, DateTimeOffset> _rolesDue = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var allWell = false;
            try
            {
                var registered = await clusters.ReadAsync(stoppingToken);
                var states = await Task.WhenAll(registered.Select(cluster => ProbeAsync(cluster, stoppingToken)));
                allWell = states.All(state => state is ClusterState.Healthy or ClusterState.Degraded);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away, or one cluster's answer is unheard of: the loop must outlive that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception);
            }
            await Task.Delay(allWell ? options.ProbeInterval : options.RecoveryInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks at one cluster and keeps what was seen.</summary>
    public async Task<ClusterState> ProbeAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        var sight = await LookAsync(cluster, cancellation);
        var answers = sight.State is ClusterState.Healthy or ClusterState.Degraded;
        var asked = answers ? await rights.RunAsync(cluster, cancellation) : null;
        var recovered = await KeepAsync(cluster.Cluster.Id, sight, asked, cancellation);
        if (!answers) return sight.State;
        if (recovered)
        {
            wakes.Wake();
            // Whatever happened there meanwhile was seen by no watch, and may be another cluster's state than Lapse knows.
            await sweep.RunAsync(cluster, cancellation);
        }
        await reaper.RunAsync(cluster, cancellation);
        await renewal.RunAsync(cluster, cancellation);
        var now = clock.GetUtcNow();
        bool rolesAreDue;
        lock (_rolesDue) rolesAreDue = recovered || !_rolesDue.TryGetValue(cluster.Cluster.Id, out var due) || due <= now;
        if (rolesAreDue)
        {
            lock (_rolesDue) _rolesDue[cluster.Cluster.Id] = now + options.RoleInterval;
            await roles.RunAsync(cluster, cancellation);
        }
        return sight.State;
    }

    private async Task<ClusterSight> LookAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        if (!cluster.Link.Succeeded) return sandbox.Read() ?? new(ClusterState.Unreachable, cluster.Link.Refusal!.Message, null, null);
        var info = await cluster.Link.Value.Api.ServerInfoAsync(cancellation);
        if (info.Failure is { } failure)
            return sandbox.Read() ?? new(failure.Kind is ClusterFailureKind.Forbidden ? ClusterState.Degraded : ClusterState.Unreachable, failure.Message, null, null);
        return info.Value.Skew is { } skew && skew.Duration() > LargestSkew
            ? new(ClusterState.Degraded, $"Its clock is {Domain.Words.Duration(skew.Duration())} {(skew > TimeSpan.Zero ? "ahead" : "behind")}. Ends are kept by Lapse's own clock; the reaper in the cluster goes by the cluster's.", null, info.Value.Version)
            : new(ClusterState.Healthy, "", null, info.Value.Version);
    }

    private static ClusterSight WithRights(ClusterSight sight, IReadOnlyList<MissingRight> missing)
    {
        if (missing.Count == 0 || sight.State is not (ClusterState.Healthy or ClusterState.Degraded)) return sight;
        var more = missing.Count > SaidRights ? $"; and {Domain.Words.Count(missing.Count - SaidRights, "more rule")}" : "";
        var words = $"Lapse lacks rights there: {string.Join("; ", missing.Take(SaidRights).Select(right => right.Words))}{more}.";
        return sight with { State = ClusterState.Degraded, Message = sight.Message.Length == 0 ? words : $"{sight.Message} {words}" };
    }

    private async Task<bool> KeepAsync(ClusterId id, ClusterSight seen, RightsSight? asked, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var health = await db.ClusterHealth.SingleOrDefaultAsync(h => h.ClusterId == id, cancellation);
        var sight = ReaperWatch.With(WithRights(seen, asked?.Missing ?? health?.Missing ?? []), health?.Reaper ?? ReaperState.None);
        var recovered = sight.State is ClusterState.Healthy or ClusterState.Degraded && health?.State is not (ClusterState.Healthy or ClusterState.Degraded);
        var message = sight.Message.Length <= 2000 ? sight.Message : sight.Message[..2000];
        if (asked is null && health is not null && health.State == sight.State && health.Message == message && health.Percent == sight.Percent && health.ServerVersion == (sight.Version ?? health.ServerVersion) && now - health.CheckedAt < Renewal) return false;

        if (health is null) db.ClusterHealth.Add(health = new ClusterHealth { ClusterId = id, Since = now });
        if (health.State != sight.State) health.Since = now;
        (health.State, health.Message, health.Percent, health.CheckedAt) = (sight.State, message, sight.Percent, now);
        health.ServerVersion = sight.Version ?? health.ServerVersion;
        if (asked is not null) (health.Missing, health.RightsCheckedAt, health.RightsCheckedFor) = (asked.Missing, now, asked.For);
        try
        {
            await db.CommitAsync(cancellation);
        }
        catch (DbUpdateException raced) when (raced.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another replica was first.
        }
        return recovered;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The clusters could not be looked at; the next look follows.")]
    private partial void LogFailed(Exception exception);
}
