using Lapse.Infrastructure.Persistence;
using Npgsql;

namespace Lapse.Portal.Hosting;

/// <summary>
/// What must hold of the database before the portal serves. A schema that is newer is right as long as what was added since leaves
/// this release alone: in a rolling upgrade, and after one that is taken back, the release before serves on.
/// </summary>
public static class StartChecks
{
    /// <summary>What is wrong, with what to do about it; <see langword="null"/> if nothing is.</summary>
    public static async Task<string?> FindProblemAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var source = services.GetRequiredService<NpgsqlDataSource>();
        try
        {
            var applied = await AppliedAsync(source, cancellation);
            var missing = MigrationNames.All.Except(applied).ToList();
            if (missing.Count > 0) return $"The database is not at this version; run lapse migrate first. Missing: {string.Join(", ", missing)}.";
            if (await SchemaMark.ReadAsync(source, cancellation) is { } needed && !MigrationNames.All.Contains(needed, StringComparer.Ordinal))
                return $"The database is too new for this release, which would miss what was changed or taken away since; run a release that knows {needed}. Nothing was changed.";
            var excess = await DatabaseRights.ExcessAsync(source, cancellation);
            return excess.Count == 0 ? null : $"The database role of ConnectionStrings:Portal {string.Join(", ", excess)}. Use the role {DatabaseSetup.ServingRole} that lapse migrate sets up.";
        }
        catch (NpgsqlException e)
        {
            return $"The database does not answer: {e.Message}";
        }
    }

    // Read past the context: the table is missing where nobody has migrated yet, and what the context throws hides whether the database answers.
    private static async Task<List<string>> AppliedAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('\"__EFMigrationsHistory\"') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellation) is not true) return [];
        await using var command = new NpgsqlCommand("SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\"", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<string> applied = [];
        while (await reader.ReadAsync(cancellation)) applied.Add(reader.GetString(0));
        return applied;
    }
}
