using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>
/// What a release must know to work on this schema. Kept as the comment of the table of migrations, so that every release, however
/// old, can read it without knowing the schema: additive migrations leave it as it is, a contract step raises it.
/// </summary>
public static class SchemaMark
{
    private const string Prefix = "Lapse: for releases that know ";

    /// <summary>Writes it, as the owner.</summary>
    /// <param name="owner">A source of connections as the owner of the schema.</param>
    /// <param name="migration">The migration that a release must know.</param>
    /// <param name="cancellation">Stops it before it is written.</param>
    public static async Task WriteAsync(NpgsqlDataSource owner, string migration, CancellationToken cancellation)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellation);
        await using var text = new NpgsqlCommand("SELECT format('COMMENT ON TABLE \"__EFMigrationsHistory\" IS %L', $1::text)", connection);
        text.Parameters.Add(new() { Value = Prefix + migration });
        await using var comment = new NpgsqlCommand((string)(await text.ExecuteScalarAsync(cancellation))!, connection);
        await comment.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Reads it; <see langword="null"/> where no release has written one.</summary>
    public static async Task<string?> ReadAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("SELECT obj_description('\"__EFMigrationsHistory\"'::regclass, 'pg_class')");
        return await command.ExecuteScalarAsync(cancellation) is string text && text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : null;
    }
}
