using Lapse.Infrastructure.Persistence;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(Lapse.Infrastructure.Tests.Fixtures.PostgresFixture))]

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>One real PostgreSQL for the whole run, with a migrated template of which each test class gets a copy.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public const string ServingPassword = "lapse-test";

    private readonly string _template = $"lapse_template_{Guid.NewGuid():N}";
    private int _copies;

    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Server = await PostgresServer.StartAsync(new PostgresOptions(), cancellation);
        var owner = await Server.CreateDatabaseAsync(_template, null, cancellation);
        await using var source = NpgsqlDataSource.Create(owner + ";Pooling=false");
        await using (var db = new PortalDbContext(TestDatabase.Options(source)))
            await db.Database.MigrateAsync(cancellation);
        await DatabaseSetup.ApplyAsync(source, ServingPassword, cancellation);
    }

    /// <summary>A fresh copy of the template.</summary>
    public async Task<TestDatabase> CopyAsync(CancellationToken cancellation)
    {
        var name = $"{_template}_{Interlocked.Increment(ref _copies)}";
        var owner = await Server.CreateDatabaseAsync(name, _template, cancellation);
        return new TestDatabase(owner, Server.For(name, DatabaseSetup.ServingRole, ServingPassword), () => Server.DropDatabaseAsync(name, CancellationToken.None));
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
