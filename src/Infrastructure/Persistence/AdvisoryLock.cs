using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>
/// A lock that one replica holds while it works on something, over a connection of its own: PostgreSQL lets go of it when the replica is
/// killed, so nobody waits for a lease.
/// </summary>
public sealed class AdvisoryLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly int _space;
    private readonly string _key;

    private AdvisoryLock(NpgsqlConnection connection, int space, string key) => (_connection, _space, _key) = (connection, space, key);

    /// <summary>Takes it if nobody has it.</summary>
    /// <param name="source">The database.</param>
    /// <param name="space">What kind of work.</param>
    /// <param name="key">On what.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns><see langword="null"/> if somebody has it.</returns>
    public static async Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource source, int space, string key, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, hashtext($2))", connection) { Parameters = { new() { Value = space }, new() { Value = key } } };
            if ((bool)(await command.ExecuteScalarAsync(cancellation))!) return new(connection, space, key);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1, hashtext($2))", _connection) { Parameters = { new() { Value = _space }, new() { Value = _key } } };
            await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // A connection that is lost has lost its locks, or must: back in the pool it would keep them.
            NpgsqlConnection.ClearPool(_connection);
        }
        await _connection.DisposeAsync();
    }
}
