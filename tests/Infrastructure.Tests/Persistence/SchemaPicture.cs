using Npgsql;

namespace Lapse.Infrastructure.Tests.Persistence;

/// <summary>What a database looks like to whoever writes and reads its tables.</summary>
internal sealed class SchemaPicture
{
    private readonly Dictionary<(string Table, string Column), Column> _columns = [];
    private readonly Dictionary<string, Unique> _uniques = [];
    private readonly Dictionary<(string Table, string Name), string> _constraints = [];

    private sealed record Column(string Type, bool NotNull, bool Filled);

    private sealed record Unique(string Table, string[] Columns, string Definition);

    public IEnumerable<string> Tables => _columns.Keys.Select(c => c.Table).Distinct();

    /// <summary>Takes the picture.</summary>
    public static async Task<SchemaPicture> TakeAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var picture = new SchemaPicture();
        await ReadAsync(source, """
            SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> ''
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            """, row => picture._columns[(row.GetString(0), row.GetString(1))] = new(row.GetString(2), row.GetBoolean(3), row.GetBoolean(4)), cancellation);
        await ReadAsync(source, """
            SELECT t.relname::text, i.relname::text, pg_get_indexdef(i.oid), ARRAY(SELECT a.attname::text FROM unnest(x.indkey) k JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k)
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
            WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace
            """, row => picture._uniques[row.GetString(1)] = new(row.GetString(0), (string[])row.GetValue(3), row.GetString(2)), cancellation);
        await ReadAsync(source, """
            SELECT t.relname::text, k.conname::text, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
            WHERE k.contype IN ('c', 'f', 'x') AND t.relnamespace = 'public'::regnamespace
            """, row => picture._constraints[(row.GetString(0), row.GetString(1))] = row.GetString(2), cancellation);
        return picture;
    }

    /// <summary>The columns of a table, with their types.</summary>
    public IReadOnlyDictionary<string, string> ColumnsOf(string table) => _columns.Where(c => c.Key.Table == table).ToDictionary(c => c.Key.Column, c => c.Value.Type);

    /// <summary>What would keep a release that knows <paramref name="before"/> from working on this schema.</summary>
    public IEnumerable<string> BreaksFor(SchemaPicture before)
    {
        foreach (var (key, old) in before._columns)
        {
            var name = $"{key.Table}.{key.Column}";
            if (!_columns.TryGetValue(key, out var now)) yield return $"{name} is gone";
            else
            {
                if (now.Type != old.Type) yield return $"{name} was {old.Type} and is {now.Type}";
                if (now.NotNull && !old.NotNull) yield return $"{name} must not be empty any more";
                // The release before cannot read what the new one leaves empty.
                if (!now.NotNull && old.NotNull) yield return $"{name} may be empty now";
                if (!now.Filled && old.Filled) yield return $"{name} has no default any more";
            }
        }
        foreach (var (key, now) in _columns.Where(c => IsOld(before, c.Key.Table) && !before._columns.ContainsKey(c.Key)))
            if (now.NotNull && !now.Filled) yield return $"{key.Table}.{key.Column} is new and must not be empty, but has no default";
        // Its index is what the release before relies on where two act at once.
        foreach (var (name, old) in before._uniques)
            if (!_uniques.TryGetValue(name, out var now) || now.Definition != old.Definition) yield return $"the unique index {name} is gone or another";
        foreach (var (name, now) in _uniques.Where(u => IsOld(before, u.Value.Table) && !before._uniques.ContainsKey(u.Key)))
        {
            // Rows that the release before writes leave a new column empty, and what is empty is never twice.
            var harmless = now.Columns.Any(c => !before._columns.ContainsKey((now.Table, c)) && _columns[(now.Table, c)] is { NotNull: false, Filled: false })
                && !now.Definition.Contains("NULLS NOT DISTINCT", StringComparison.Ordinal);
            if (!harmless) yield return $"the unique index {name} is new on {now.Table}";
        }
        foreach (var (key, definition) in _constraints.Where(c => IsOld(before, c.Key.Table)))
        {
            if (before._constraints.TryGetValue(key, out var old) && old == definition) continue;
            // A reference from a new column says nothing about rows that leave it empty.
            if (definition.StartsWith("FOREIGN KEY", StringComparison.Ordinal) && !before._columns.Keys.Any(c => c.Table == key.Table && Names(definition.Split(')')[0], c.Column))) continue;
            yield return $"the constraint {key.Name} is new on {key.Table}";
        }
    }

    private static bool Names(string definition, string column) => definition.Split([' ', '(', ',', '"'], StringSplitOptions.RemoveEmptyEntries).Contains(column, StringComparer.Ordinal);

    private static bool IsOld(SchemaPicture before, string table) => before._columns.Keys.Any(c => c.Table == table);

    private static async Task ReadAsync(NpgsqlDataSource source, string sql, Action<NpgsqlDataReader> row, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) row(reader);
    }
}
