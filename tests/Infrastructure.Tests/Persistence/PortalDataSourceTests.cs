using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Persistence;

/// <summary>Plans that connections keep, and a schema that changes under them.</summary>
public sealed class PortalDataSourceTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private const string Everything = "SELECT *, xmin FROM holds";

    [Fact]
    public async Task Statement_ThatComesAgain_IsKept()
    {
        await using var connection = await Database.Serving.OpenConnectionAsync(Cancellation);
        await RepeatAsync(connection);

        Assert.Equal(1, await KeptAsync(connection));
    }

    [Fact]
    public async Task ConnectionString_ThatWantsNone_IsObeyed()
    {
        await using var source = PortalDataSource.Create(Database.ServingConnectionString + ";Max Auto Prepare=0");
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        await RepeatAsync(connection);

        Assert.Equal(0, await KeptAsync(connection));
    }

    [Fact]
    public async Task Schema_ChangesUnheard_FailsOneStatementAndGoesOn()
    {
        await using var connection = await Database.Serving.OpenConnectionAsync(Cancellation);
        await RepeatAsync(connection);
        await ChangeAsync();

        var failed = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection));
        Assert.Equal(PostgresErrorCodes.FeatureNotSupported, failed.SqlState);
        await RunAsync(connection);
    }

    [Fact]
    public async Task Schema_ChangesAndIsTold_FailsNothing()
    {
        using var feed = new ChangeFeed(Database.Serving, TimeProvider.System, NullLogger<ChangeFeed>.Instance);
        await feed.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(feed.IsListening), "listening", Cancellation);
        var heard = new TaskCompletionSource();
        using var subscription = feed.Subscribe(change => change == SchemaMark.Changed, change =>
        {
            if (change == SchemaMark.Changed) heard.TrySetResult();
            return Task.CompletedTask;
        });
        await using (var connection = await Database.Serving.OpenConnectionAsync(Cancellation)) await RepeatAsync(connection);

        await ChangeAsync();
        await SchemaMark.TellAsync(Database.Owner, Cancellation);
        await heard.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await using (var connection = await Database.Serving.OpenConnectionAsync(Cancellation)) await RunAsync(connection);
        await feed.StopAsync(Cancellation);
    }

    private Task<int> ChangeAsync() => Database.ExecuteAsOwnerAsync("ALTER TABLE holds ADD news text", Cancellation);

    private static async Task RepeatAsync(NpgsqlConnection connection)
    {
        for (var i = 0; i < 6; i++) await RunAsync(connection);
    }

    private static async Task RunAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Everything, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<long> KeptAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM pg_prepared_statements WHERE statement = '{Everything}'", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
