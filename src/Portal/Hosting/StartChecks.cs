using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Npgsql;

namespace Lapse.Portal.Hosting;

/// <summary>
/// What must hold of the settings and of the database before the portal serves. A schema that is newer is right as long as what was added since leaves
/// this release alone: in a rolling upgrade, and after one that is taken back, the release before serves on.
/// </summary>
public static class StartChecks
{
    // In docker-compose.yml, and so known to everybody.
    private const string SandboxPassword = "lapse-sandbox";

    /// <summary>Everything that is wrong with the settings, each with what to do about it.</summary>
    public static List<string> FindErrors(IConfiguration configuration)
    {
        List<string> errors = [];
        var portal = Read<PortalOptions>(configuration, PortalOptions.Section, errors);
        var mode = portal?.Mode ?? PortalMode.Production;
        errors.AddRange(portal?.Errors() ?? []);
        errors.AddRange(Read<ProviderOptions>(configuration, ProviderOptions.Section, errors)?.Errors(mode == PortalMode.Sandbox) ?? []);
        errors.AddRange(Read<RbacOptions>(configuration, RbacOptions.Section, errors)?.Errors() ?? []);
        if (FindConnectionError(configuration.GetConnectionString("Portal"), mode) is { } connection) errors.Add(connection);
        if (portal is not null && ProxyTrust.Problem(portal, configuration) is { } plain) errors.Add(plain);
        return errors;
    }

    // A value that is not of its kind, such as no duration: the settings that are left are still judged.
    private static T? Read<T>(IConfiguration configuration, string section, List<string> errors)
        where T : class, new()
    {
        try
        {
            return configuration.GetSection(section).Get<T>() ?? new();
        }
        catch (InvalidOperationException problem)
        {
            // It names the setting and its value, and none that is secret can fail: those are text.
            errors.Add(problem.Message);
            return null;
        }
    }

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

    private static string? FindConnectionError(string? connection, PortalMode mode)
    {
        if (string.IsNullOrEmpty(connection)) return "ConnectionStrings:Portal is not set.";
        try
        {
            return mode != PortalMode.Sandbox && new NpgsqlConnectionStringBuilder(connection).Password == SandboxPassword
                ? "ConnectionStrings:Portal has the sandbox's password, which everybody knows; write a new one there and run lapse migrate, which gives it to the role."
                : null;
        }
        catch (ArgumentException)
        {
            // Its own message could repeat a part of it, the password among them.
            return "ConnectionStrings:Portal cannot be read; write it as Host=…;Database=…;Username=…;Password=….";
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
