using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>
/// What migrations do not say: the role that serves and what it may do, and the triggers that keep the ledger, its checkpoints and the holds append-only.
/// Run by <c>lapse migrate</c> with the owner's connection after the migrations; each part may run again.
/// </summary>
public static class DatabaseSetup
{
    /// <summary>The role that <c>lapse serve</c> connects as.</summary>
    public const string ServingRole = "lapse_portal";

    /// <summary>Tables of which a row, once written, never changes.</summary>
    public static readonly IReadOnlyList<string> AppendOnly =
        ["ledger_entries", "decisions", "step_up_proofs", "provider_keys", "provider_self_tests", "elevated_role_versions", "workflow_versions", "cluster_identities", "data_protection_keys", "ledger_checkpoints", "holds", "hold_ends", "rbac_acceptances"];

    // Refused to everybody, the owner included, until the owner drops the trigger.
    private static readonly string[] Guarded = ["ledger_entries", "ledger_checkpoints", "holds", "hold_ends"];

    private static readonly string Triggers = $$"""
        CREATE OR REPLACE FUNCTION lapse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END $$;
        {{string.Join('\n', Guarded.Select(table => $"""
            CREATE OR REPLACE TRIGGER lapse_append_only_rows BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION lapse_append_only();
            CREATE OR REPLACE TRIGGER lapse_append_only_table BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION lapse_append_only();
            """))}}
        """;

    private static readonly string Rights = $"""
        REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ServingRole};
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT USAGE ON SCHEMA public TO {ServingRole};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ServingRole};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ServingRole};
        REVOKE UPDATE, DELETE ON {string.Join(", ", AppendOnly)} FROM {ServingRole};
        REVOKE INSERT, DELETE ON ledger_head FROM {ServingRole};
        REVOKE DELETE ON access_requests, grants, step_up_challenges, people, sign_in_sessions,
            configuration_changes, clusters, elevated_roles, workflows, standing_removals FROM {ServingRole};
        REVOKE ALL ON "__EFMigrationsHistory" FROM {ServingRole};
        GRANT SELECT ON "__EFMigrationsHistory" TO {ServingRole};
        """;

    /// <summary>Creates or corrects the serving role, its rights and the triggers.</summary>
    /// <param name="owner">A source of connections as the owner of the schema, who may create roles.</param>
    /// <param name="servingPassword">The password that the serving role gets; never logged.</param>
    /// <param name="cancellation">Stops it between statements.</param>
    public static async Task ApplyAsync(NpgsqlDataSource owner, string servingPassword, CancellationToken cancellation)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, Triggers, cancellation);
        await CreateRoleAsync(connection, servingPassword, cancellation);
        await ExecuteAsync(connection, Rights, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task CreateRoleAsync(NpgsqlConnection connection, string password, CancellationToken cancellation)
    {
        // The role belongs to the whole server: two databases that are set up at once, as in tests, race for it.
        await ExecuteAsync(connection, $"""
            DO $$ BEGIN
                CREATE ROLE {ServingRole} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$;
            -- The owner may end the portal's connections, as pg_terminate_backend and DROP DATABASE … WITH (FORCE) want it.
            DO $$ BEGIN
                IF NOT pg_has_role(current_user, '{ServingRole}', 'MEMBER') THEN GRANT {ServingRole} TO CURRENT_USER; END IF;
            END $$;
            """, cancellation);
        if (await KnowsPasswordAsync(connection, password, cancellation)) return;
        await using var command = new NpgsqlCommand($"SELECT format('ALTER ROLE {ServingRole} PASSWORD %L', $1::text)", connection);
        command.Parameters.Add(new() { Value = password });
        await ExecuteAsync(connection, (string)(await command.ExecuteScalarAsync(cancellation))!, cancellation);
    }

    // Setting the password that is set already would only make two set-ups at once collide on the role's row.
    private static async Task<bool> KnowsPasswordAsync(NpgsqlConnection connection, string password, CancellationToken cancellation)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Username = ServingRole, Password = password, Pooling = false };
        try
        {
            await using var attempt = new NpgsqlConnection(settings.ConnectionString);
            await attempt.OpenAsync(cancellation);
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
