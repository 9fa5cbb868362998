using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Features.Configuration;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Hosting;

/// <summary>The few services that verbs other than <c>serve</c> need.</summary>
internal static class VerbServices
{
    /// <summary>The database only; <see langword="null"/> if no connection is configured.</summary>
    public static ServiceProvider? WithDatabase(IConfiguration configuration) => Database(configuration)?.BuildServiceProvider();

    /// <summary>The database and the installation's keys.</summary>
    /// <exception cref="KeyFolderException">A key is missing or unusable.</exception>
    public static ServiceProvider? WithKeys(IConfiguration configuration)
    {
        var services = Database(configuration);
        if (services is null) return null;
        services.AddLapseKeys(configuration);
        services.AddSingleton<ApplyConfiguration>();
        return services.BuildServiceProvider();
    }

    /// <summary>The database, the installation's keys, and what the provider's settings say; nothing is asked of the provider.</summary>
    /// <exception cref="KeyFolderException">A key is missing or unusable.</exception>
    /// <exception cref="ProviderSettingsException">A setting is wrong.</exception>
    public static ServiceProvider? WithProvider(IConfiguration configuration)
    {
        var services = Database(configuration);
        if (services is null) return null;
        services.AddLapseKeys(configuration);
        services.AddLapseOidc(configuration);
        services.AddSingleton(configuration.Portal().PortalGroups);
        services.AddSingleton<EvidenceExport>();
        return services.BuildServiceProvider();
    }

    /// <summary>The database, the installation's keys, and what the audit of a cluster needs.</summary>
    /// <exception cref="KeyFolderException">A key is missing or unusable.</exception>
    public static ServiceProvider? WithAudit(IConfiguration configuration)
    {
        var services = Database(configuration);
        if (services is null) return null;
        services.AddLapseKeys(configuration);
        services.AddClusterAudit(configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>The database as its owner, and the installation's keys.</summary>
    /// <exception cref="KeyFolderException">A key is missing or unusable.</exception>
    public static ServiceProvider? WithKeysAsOwner(IConfiguration configuration)
    {
        var services = Database(configuration, "Owner");
        if (services is null) return null;
        services.AddLapseKeys(configuration);
        services.AddSingleton<KeyRotation>();
        return services.BuildServiceProvider();
    }

    /// <summary>Registers the data source and contexts that come from it, each used again after it was given back.</summary>
    public static IServiceCollection AddLapseDatabase(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        services.AddPooledDbContextFactory<PortalDbContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        return services;
    }

    private static ServiceCollection? Database(IConfiguration configuration, string role = "Portal")
    {
        if (configuration.GetConnectionString(role) is not { Length: > 0 } connection) return null;
        var services = new ServiceCollection();
        services.AddSingleton(configuration);
        services.AddSingleton(TimeProvider.System);
        // Standard output is for what the verb has to say.
        services.AddLogging(logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning));
        services.AddLapseDatabase(connection);
        services.AddSingleton<LedgerVerifier>();
        return services;
    }
}
