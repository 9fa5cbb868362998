using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.StepUp;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lapse.Portal.Features;

/// <summary>Registers the use cases and queries.</summary>
public static class FeatureServices
{
    /// <summary>
    /// Adds every class of a feature that is a use case, or whose name ends in <c>Query</c>. None of them keeps anything
    /// between two calls, so one of each is enough.
    /// </summary>
    public static IServiceCollection AddFeatures(this IServiceCollection services)
    {
        services.AddSingleton<ActorGuard>();
        services.AddLapseStepUp();
        services.AddSingleton<ClusterChecks>();
        services.AddSingleton<SecondAdmins>();
        services.AddSingleton<Rbac.ClusterNames>();
        services.AddSingleton<JustInTimePlans>();
        services.AddSingleton<ChangeApplication>();
        services.TryAddSingleton<LedgerVerifier>();
        services.TryAddSingleton<HoldCheck>();
        services.AddSingleton<EvidenceExport>();
        services.TryAddSingleton(new RbacOptions());
        services.TryAddSingleton<RbacSnapshots>();
        services.TryAddSingleton<RbacIndexes>();
        services.AddSingleton<Rbac.RbacAnswers>();
        foreach (var type in typeof(FeatureServices).Assembly.GetTypes().Where(IsFeature))
        {
            services.AddSingleton(type);
            foreach (var query in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IPageQuery<,>)))
                services.AddSingleton(query, provider => provider.GetRequiredService(type));
            if (type.IsAssignableTo(typeof(IStepUpActHandler))) services.AddSingleton(typeof(IStepUpActHandler), provider => provider.GetRequiredService(type));
        }
        return services;
    }

    private static bool IsFeature(Type type) =>
        type is { IsClass: true, IsAbstract: false } && type.Namespace?.StartsWith(typeof(FeatureServices).Namespace!, StringComparison.Ordinal) == true
        && (type.IsDefined(typeof(UseCaseAttribute), inherit: false) || type.Name.EndsWith("Query", StringComparison.Ordinal));
}
