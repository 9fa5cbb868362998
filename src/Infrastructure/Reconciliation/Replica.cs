using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// This replica among those that share the database. It holds an advisory lock under a number of its own; PostgreSQL lets go of
/// it when the connection ends, so that others see at once that a replica was killed. The lock says only whose leases are
/// abandoned; every record is guarded by itself.
/// <para>
/// Whoever lost the connection takes a number anew: where the network between swallowed it, the server may hold the old lock for
/// hours, and who waited for it would do nothing meanwhile.
/// </para>
/// </summary>
internal sealed class Replica(NpgsqlDataSource source) : IAsyncDisposable
{
    private const int LockSpace = 0x4C505345;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private NpgsqlConnection? _connection;
    private volatile string[] _names = [NewName()];

    /// <summary>What its leases are signed with.</summary>
    public string Name => _names[^1];

    /// <summary>All that it ever signed leases with.</summary>
    public IReadOnlyList<string> Names => _names;

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
            await ForgetAsync();
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
        await ForgetAsync();
        _gate.Dispose();
    }

    private static string NewName() => RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString("x8", CultureInfo.InvariantCulture);

    private async Task ForgetAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        // Back in the pool it would keep the lock.
        NpgsqlConnection.ClearPool(connection);
        await connection.DisposeAsync();
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (_connection is { } open) return open;
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            while (!await TryLockAsync(connection, cancellation)) _names = [.. _names, NewName()];
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        return _connection = connection;
    }

    private async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection);
        command.Parameters.Add(new() { Value = LockSpace });
        command.Parameters.Add(new() { Value = NumberOf(Name)!.Value });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
