using Lapse.Domain.People;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>One replica of the portal, as far as it brings grants and clusters together.</summary>
internal sealed class ReconcilerReplica : IAsyncDisposable
{
    private readonly List<IHostedService> _running = [];

    private ReconcilerReplica(ServiceProvider services) => Services = services;

    public ServiceProvider Services { get; }

    /// <summary>All parts, none of them running.</summary>
    public static ReconcilerReplica Create(TestDatabase database, ReconciliationOptions? options = null, IReadOnlyDictionary<string, string?>? settings = null, OutboundOptions? outbound = null, TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        if (options is not null) services.AddSingleton(options);
        AddTo(services, database, new ConfigurationBuilder().AddInMemoryCollection(settings ?? new Dictionary<string, string?>()).Build(), outbound, clock);
        return new(services.BuildServiceProvider());
    }

    /// <summary>What a replica is made of.</summary>
    public static void AddTo(IServiceCollection services, TestDatabase database, IConfiguration configuration, OutboundOptions? outbound = null, TimeProvider? clock = null)
    {
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton(database.Serving);
        services.AddSingleton<IDbContextFactory<PortalDbContext>>(database);
        services.AddSingleton(_ => TestInstallation.Key).AddSingleton(_ => TestInstallation.BindingKey).AddSingleton(TestInstallation.Sealer);
        services.AddSingleton(TestInstallation.Provider.Options);
        services.AddSingleton(provider => new ProviderDiscovery(provider.GetRequiredService<ProviderOptions>(), false, TimeProvider.System, NullLogger<ProviderDiscovery>.Instance));
        services.AddSingleton<ProviderKeys>().AddSingleton<TokenVerifier>();
        services.AddSingleton(outbound ?? new OutboundOptions { AllowLoopback = true });
        services.AddSingleton(new PortalGroups());
        services.AddLapseReconciliation(configuration);
    }

    /// <summary>A replica that runs.</summary>
    public static async Task<ReconcilerReplica> StartAsync(TestDatabase database, ReconciliationOptions? options = null, TimeProvider? clock = null, OutboundOptions? outbound = null)
    {
        var replica = Create(database, options, outbound: outbound, clock: clock);
        await replica.StartAsync();
        return replica;
    }

    /// <summary>Runs the parts.</summary>
    public async Task StartAsync()
    {
        foreach (var service in Services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
            _running.Add(service);
        }
    }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(_running)) await service.StopAsync(CancellationToken.None);
        // Keys belong to all tests.
        await Get<Replica>().DisposeAsync();
        Get<ClusterConnections>().Dispose();
    }
}
