using Lapse.Domain.People;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>The use cases and queries as the portal registers them, on a test's database and clock, with the sandbox's provider.</summary>
internal static class TestFeatures
{
    public static ServiceProvider Create(TestDatabase database, TimeProvider clock, ScratchFolder keys, OutboundOptions outbound)
    {
        var provider = new ProviderOptions { Profile = ProviderProfile.Sandbox, Authority = "https://provider.test", ClientId = "lapse" };
        var services = new ServiceCollection();
        services.AddSingleton<IDbContextFactory<PortalDbContext>>(database);
        services.AddSingleton(clock);
        services.AddSingleton(new PortalGroups());
        services.AddSingleton(new SignInLifetime(TimeSpan.FromHours(8)));
        services.AddSingleton(outbound);
        services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        services.AddSingleton<Sealer>();
        services.AddSingleton(_ => InstallationKey.Create(keys.Path));
        services.AddSingleton(_ => BindingKey.Create(keys.Path));
        services.AddSingleton(provider);
        services.AddSingleton(new ProviderMode(IsSandbox: true));
        services.AddSingleton<ProviderGate>();
        services.AddSingleton(_ => new ProviderDiscovery(provider, sandbox: true, clock, NullLogger<ProviderDiscovery>.Instance));
        services.AddSingleton<ProviderKeys>();
        services.AddSingleton<TokenVerifier>();
        services.AddSingleton<ProofVerifier>();
        services.AddFeatures();
        services.AddLogging();
        return services.BuildServiceProvider();
    }
}
