using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>How the database was found.</summary>
public enum DatabaseCondition
{
    /// <summary>It answers and takes what is written.</summary>
    Well,

    /// <summary>It does not answer.</summary>
    Away,

    /// <summary>It answers, but takes nothing: a standby, or one that somebody made read-only.</summary>
    ReadOnly,

    /// <summary>It answers, but has no room for anything new.</summary>
    Full,
}

/// <summary>Asks the database whether it can be worked with.</summary>
public sealed class DatabaseProbe(NpgsqlDataSource source)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Who can read the ledger's head has the tables and the rights. Counting with little memory makes PostgreSQL put a few hundred
    // kilobytes into a temporary file: a full disk is found without a table of our own, and nothing is left.
    private const string Question = """
        SELECT current_setting('transaction_read_only') = 'on', (SELECT count(*) FROM ledger_head), (SELECT count(*) FROM generate_series(1, 20000))
        """;

    /// <summary>Asks once, and waits a few seconds at most.</summary>
    /// <param name="cancellation">Stops it; a caller that goes away learns nothing about the database.</param>
    public async Task<DatabaseCondition> AskAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            await using var connection = await source.OpenConnectionAsync(limit.Token);
            await using var transaction = await connection.BeginTransactionAsync(limit.Token);
            await using (var memory = new NpgsqlCommand("SET LOCAL work_mem = '64kB'", connection)) await memory.ExecuteNonQueryAsync(limit.Token);
            await using var command = new NpgsqlCommand(Question, connection);
            await using var reader = await command.ExecuteReaderAsync(limit.Token);
            await reader.ReadAsync(limit.Token);
            return reader.GetInt64(1) == 0 ? DatabaseCondition.Away : reader.GetBoolean(0) ? DatabaseCondition.ReadOnly : DatabaseCondition.Well;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return DatabaseCondition.Away;
        }
#pragma warning disable CA1031 // Whatever it is, it cannot be worked with.
        catch (Exception failed) when (failed is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return DatabaseTrouble.Of(failed) ?? DatabaseCondition.Away;
        }
    }
}
