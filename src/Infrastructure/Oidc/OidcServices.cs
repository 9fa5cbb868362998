using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Oidc;

/// <summary>Registers what knows the identity provider.</summary>
public static class OidcServices
{
    /// <summary>
    /// Registers <see cref="ProviderOptions"/>, <see cref="ProviderDiscovery"/>, <see cref="ProviderKeys"/>,
    /// <see cref="TokenVerifier"/>, <see cref="ProofVerifier"/> and <see cref="ProviderGate"/>. Needs <see cref="KeyServices.AddLapseKeys"/> and a <see cref="TimeProvider"/>.
    /// </summary>
    /// <exception cref="ProviderSettingsException">A setting is wrong; the message lists all that are.</exception>
    public static IServiceCollection AddLapseOidc(this IServiceCollection services, IConfiguration configuration)
    {
        var sandbox = KeyServices.IsSandbox(configuration);
        var options = configuration.GetSection(ProviderOptions.Section).Get<ProviderOptions>() ?? new ProviderOptions();
        if (options.Errors(sandbox).ToList() is { Count: > 0 } errors) throw new ProviderSettingsException(string.Join(Environment.NewLine, errors));
        services.AddSingleton(options);
        services.AddSingleton(new ProviderMode(sandbox));
        services.AddSingleton(provider => new ProviderDiscovery(
            options, sandbox, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ProviderDiscovery>>()));
        services.AddSingleton<ProviderKeys>();
        services.AddSingleton<TokenVerifier>();
        services.AddSingleton<ProofVerifier>();
        services.AddSingleton<ProviderGate>();
        return services;
    }
}

/// <summary>The provider's settings are wrong; the message says which and how.</summary>
public sealed class ProviderSettingsException(string message) : Exception(message);
