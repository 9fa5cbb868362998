using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Whether the serving connection could do more than it should; <c>lapse serve</c> does not start if so.</summary>
public static class DatabaseRights
{
    private const string Question = """
        SELECT what FROM (VALUES
            ('is a superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)),
            ('may bypass row security', (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)),
            ('may create roles', (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)),
            ('owns the ledger', pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'ledger_entries'::regclass), 'MEMBER')),
            ('may update the ledger', has_table_privilege('ledger_entries', 'UPDATE')),
            ('may delete from the ledger', has_table_privilege('ledger_entries', 'DELETE')),
            ('may truncate the ledger', has_table_privilege('ledger_entries', 'TRUNCATE')),
            ('may change decisions', has_table_privilege('decisions', 'UPDATE')),
            ('may change proofs', has_table_privilege('step_up_proofs', 'UPDATE')),
            ('may create tables', has_schema_privilege('public', 'CREATE'))
        ) AS checks(what, holds) WHERE holds
        """;

    /// <summary>What the connection may do too much, in words; empty when it is right.</summary>
    public static async Task<IReadOnlyList<string>> ExcessAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(Question);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<string> excess = [];
        while (await reader.ReadAsync(cancellation)) excess.Add(reader.GetString(0));
        return excess;
    }
}
