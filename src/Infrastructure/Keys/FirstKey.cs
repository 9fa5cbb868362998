using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// Makes the key ring's first key, where there is none. Of replicas that start at once on an empty database one makes it and the others
/// read it: else each would have a key of its own, and not open for a day what another one seals.
/// </summary>
public sealed class FirstKey(NpgsqlDataSource source, IDataProtectionProvider protection)
{
    private const int LockSpace = 0x4C505346;

    /// <summary>Returns when the ring has a key that this process knows too.</summary>
    public async Task EnsureAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var locked = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = (long)LockSpace } } };
        await locked.ExecuteNonQueryAsync(cancellation);
        // The first use reads the ring, and makes a key if it is empty.
        protection.CreateProtector("lapse/first-key").Protect([]);
        await transaction.CommitAsync(cancellation);
    }
}
