using Lapse.Domain.People;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.People;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Registers the reconciler and what belongs to it.</summary>
public static class ReconciliationServices
{
    /// <summary>
    /// Registers the change feed, the reconciler, the watch, the prober and the recurring jobs. Needs an <c>NpgsqlDataSource</c>, an
    /// <c>IDbContextFactory</c> of the portal's context, the installation's keys, the provider's token verifier, a
    /// <see cref="TimeProvider"/>, <see cref="OutboundOptions"/>, <see cref="PortalGroups"/> and logging; a Quartz scheduler that is
    /// hosted runs the jobs.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">Sections <c>Lapse:Reconciliation</c> and, in the sandbox, <c>Lapse:ClusterStatusFile</c>.</param>
    public static IServiceCollection AddLapseReconciliation(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection("Lapse:Reconciliation").Get<ReconciliationOptions>() ?? new ReconciliationOptions();
        services.TryAddSingleton(options);
        services.TryAddSingleton(new SandboxClusterStatus(
            string.Equals(configuration["Lapse:Mode"], "Sandbox", StringComparison.OrdinalIgnoreCase) ? configuration["Lapse:ClusterStatusFile"] : null));
        services.TryAddSingleton(new OutboundOptions());
        services.TryAddSingleton(new PortalGroups());
        services.AddSingleton<ChangeFeed>().AddHostedService(provider => provider.GetRequiredService<ChangeFeed>());

        services.AddSingleton<ClusterConnections>().AddSingleton<RegisteredClusters>().AddSingleton<CurrentClusters>().AddSingleton<KnownRules>().AddSingleton<RoleSnapshots>().AddSingleton<RoleRefresh>().AddSingleton<ClusterRightsCheck>().AddSingleton<ReaperWatch>().AddSingleton<TokenRenewal>();
        services.TryAddSingleton<ProofVerifier>();
        services.AddSingleton<AttestationVerifier>().AddSingleton<EvidenceVerifier>();
        services.AddSingleton<Replica>().AddSingleton<GrantClaims>().AddSingleton<GrantRecords>().AddSingleton<ReconcilerWakes>().AddSingleton<BindingJudge>();
        services.TryAddSingleton<HoldCheck>();
        services.TryAddSingleton(CheckpointFolders.Of(configuration));
        services.AddSingleton<CheckpointFiles>().AddSingleton<CheckpointMaker>().AddSingleton<LedgerWitnesses>().AddSingleton<LedgerDoubts>().AddSingleton<CheckpointRound>().AddSingleton<CheckpointWakes>();
        services.AddSingleton<ProvisionCheck>().AddSingleton<ProvisionFailures>().AddSingleton<ProvisionVerify>().AddSingleton<ProvisionResume>().AddSingleton<Provision>();
        services.AddSingleton<ActiveGrant>().AddSingleton<EndingGrant>().AddSingleton<EndTurns>().AddSingleton<GrantWorker>();
        services.AddSingleton<BindingSweep>().AddSingleton<LeftBehindLook>().AddSingleton<RequestTimeouts>().AddSingleton<ChangeTimeouts>().AddSingleton<ShutOutSweep>();
        services.AddSingleton<StandingEvidence>().AddSingleton<StandingEntryCheck>().AddSingleton<StandingRecords>().AddSingleton<StandingWorker>();
        services.AddHostedService<StandingLoop>();
        services.AddHostedService<GrantReconciler>().AddHostedService<BindingWatcher>().AddHostedService<ClusterProber>().AddHostedService<CheckpointLoop>();
        services.AddQuartz(quartz => quartz.AddReconciliationJobs(options));
        return services;
    }
}
