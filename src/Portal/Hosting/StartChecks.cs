using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Hosting;

/// <summary>What must hold of the database before the portal serves.</summary>
internal static class StartChecks
{
    /// <summary>What is wrong, with what to do about it; <see langword="null"/> if nothing is.</summary>
    public static async Task<string?> FindProblemAsync(IServiceProvider services, CancellationToken cancellation)
    {
        try
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<PortalDbContext>>().CreateDbContextAsync(cancellation);
            // Read as text, since the table is missing where nobody has migrated yet.
            var applied = await db.Database.SqlQuery<string?>($"SELECT to_regclass('\"__EFMigrationsHistory\"')::text AS \"Value\"").SingleAsync(cancellation) is null
                ? []
                : await db.Database.SqlQuery<string>($"SELECT \"MigrationId\" AS \"Value\" FROM \"__EFMigrationsHistory\"").ToListAsync(cancellation);
            var missing = MigrationNames.All.Except(applied).ToList();
            if (missing.Count > 0) return $"The database is not at this version; run lapse migrate first. Missing: {string.Join(", ", missing)}.";
            var excess = await DatabaseRights.ExcessAsync(services.GetRequiredService<NpgsqlDataSource>(), cancellation);
            return excess.Count == 0 ? null : $"The database role of ConnectionStrings:Portal {string.Join(", ", excess)}. Use the role {DatabaseSetup.ServingRole} that lapse migrate sets up.";
        }
        catch (NpgsqlException e)
        {
            return $"The database does not answer: {e.Message}";
        }
    }
}
