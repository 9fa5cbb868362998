using Lapse.Infrastructure.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Infrastructure.Notifications;

/// <summary>Registers what knows how the database is.</summary>
public static class DatabaseWatchServices
{
    /// <summary>Needs an <c>NpgsqlDataSource</c>, the <see cref="ChangeFeed"/>, a <see cref="TimeProvider"/> and logging.</summary>
    public static IServiceCollection AddDatabaseWatch(this IServiceCollection services) =>
        services.AddSingleton<DatabaseProbe>().AddSingleton<DatabaseWatch>().AddHostedService(provider => provider.GetRequiredService<DatabaseWatch>());
}
