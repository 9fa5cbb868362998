using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Whether the serving connection could do more than it should; <c>lapse serve</c> does not start if so.</summary>
public static class DatabaseRights
{
    // A right on a single column counts as one on the table: whoever may change one column changes rows.
    private static readonly string Question = $"""
        SELECT what FROM (
            SELECT checks.what, checks.holds FROM pg_roles me, LATERAL (VALUES
                ('is a superuser', me.rolsuper),
                ('may bypass row security', me.rolbypassrls),
                ('may create roles', me.rolcreaterole),
                ('may replicate the database', me.rolreplication),
                ('owns the ledger', pg_has_role(me.oid, (SELECT relowner FROM pg_class WHERE oid = 'ledger_entries'::regclass), 'MEMBER')),
                ('may create tables', has_schema_privilege('public', 'CREATE'))
            ) AS checks(what, holds) WHERE me.rolname = current_user
            UNION ALL
            SELECT 'may update ' || t, has_any_column_privilege(t, 'UPDATE') FROM unnest(ARRAY[{Names(DatabaseSetup.AppendOnly)}]) t
            UNION ALL
            SELECT 'may ' || lower(p) || ' from ' || t, has_table_privilege(t, p) FROM unnest(ARRAY[{Names([.. DatabaseSetup.AppendOnly, "ledger_head"])}]) t, unnest(ARRAY['DELETE', 'TRUNCATE']) p
            UNION ALL
            SELECT 'may insert into ledger_head', has_any_column_privilege('ledger_head', 'INSERT')
        ) rights WHERE holds
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

    private static string Names(IEnumerable<string> tables) => string.Join(", ", tables.Select(table => $"'{table}'"));
}
