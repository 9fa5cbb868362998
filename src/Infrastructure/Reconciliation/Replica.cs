using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// This replica among those that share the database. It holds an advisory lock under a number of its own; PostgreSQL lets go of
/// it when the connection ends, so that others see at once that a replica was killed. The lock says only whose leases are
/// abandoned; every record is guarded by itself.
/// </summary>
internal sealed class Replica(NpgsqlDataSource source) : IAsyncDisposable
{
    private const int LockSpace = 0x4C505345;

    private readonly int _number = RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private NpgsqlConnection? _connection;

    /// <summary>What its leases are signed with.</summary>
    public string Name => _number.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>The number in the signature of a lease.</summary>
    public static int? NumberOf(string owner) =>
        int.TryParse(owner.AsSpan(0, Math.Min(8, owner.Length)), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Makes sure that it is seen to be alive; whoever claims before that would have its leases taken for abandoned.</summary>
    public async Task AppearAsync(CancellationToken cancellation)
    {
        if (_connection is not null) return;
        await _gate.WaitAsync(cancellation);
        try
        {
            await ConnectAsync(cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes its own lock, if it has it not, and says which replicas are alive.</summary>
    public async Task<IReadOnlySet<int>> LivingAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            var connection = await ConnectAsync(cancellation);
            await using var command = new NpgsqlCommand(
                "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = $1 AND objsubid = 2 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", connection);
            command.Parameters.Add(new() { Value = (long)LockSpace });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            HashSet<int> living = [];
            while (await reader.ReadAsync(cancellation)) living.Add((int)reader.GetInt64(0));
            return living;
        }
        catch
        {
            // Never trust a connection that failed: the lock is taken anew with the next.
            if (_connection is not null) await _connection.DisposeAsync();
            _connection = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            // Back in the pool it would keep the lock.
            NpgsqlConnection.ClearPool(_connection);
            await _connection.DisposeAsync();
        }
        _gate.Dispose();
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (_connection is { } open) return open;
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1, $2)", connection);
            command.Parameters.Add(new() { Value = LockSpace });
            command.Parameters.Add(new() { Value = _number });
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        return _connection = connection;
    }
}
