using Lapse.Portal.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Registers the parts of step-up.</summary>
internal static class StepUpServices
{
    public static IServiceCollection AddLapseStepUp(this IServiceCollection services)
    {
        services.TryAddSingleton(new LimitOptions());
        services.TryAddSingleton<PersonLimits>();
        services.TryAddSingleton<StepUpHandlers>();
        services.TryAddSingleton<StepUpEngine>();
        services.TryAddSingleton<StepUpAnswer>();
        services.TryAddSingleton<StepUpRefusals>();
        services.TryAddSingleton<StepUpQueries>();
        services.AddScoped<StepUpEvents>();
        return services;
    }
}
