using Lapse.Infrastructure.Persistence;
using Lapse.Migrations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>A database of its own for a test class: as the serving role, which is what the portal uses, and as the owner.</summary>
public sealed class TestDatabase : IDbContextFactory<PortalDbContext>, IAsyncDisposable
{
    private readonly Func<Task> _drop;
    private readonly PooledDbContextFactory<PortalDbContext>? _served;

    /// <summary>Uses a database.</summary>
    /// <param name="owner">How its owner connects.</param>
    /// <param name="serving">How the portal connects.</param>
    /// <param name="drop">Takes it away again.</param>
    /// <param name="asServed">Whether contexts come as in the portal that serves, where speed counts; see <see cref="Options"/>.</param>
    public TestDatabase(string owner, string serving, Func<Task> drop, bool asServed = false)
    {
        _drop = drop;
        ServingConnectionString = serving;
        OwnerConnectionString = owner;
        Owner = NpgsqlDataSource.Create(owner);
        Serving = NpgsqlDataSource.Create(serving);
        if (asServed) _served = new(new DbContextOptionsBuilder<PortalDbContext>().UseNpgsql(Serving).Options);
    }

    public string OwnerConnectionString { get; }

    public string ServingConnectionString { get; }

    public NpgsqlDataSource Owner { get; }

    public NpgsqlDataSource Serving { get; }

    /// <summary>A context as the portal has it.</summary>
    public PortalDbContext CreateDbContext() => _served?.CreateDbContext() ?? new(Options(Serving));

    /// <summary>A context as somebody has it who owns the database.</summary>
    public PortalDbContext CreateOwnerContext() => new(Options(Owner));

    /// <summary>
    /// The options of one context, with the migrations. It is given a connection and not the source: by a source EF Core tells one kind of context
    /// from another, and would build the model and translate every query anew for each database, which is each test.
    /// </summary>
    internal static DbContextOptions<PortalDbContext> Options(NpgsqlDataSource source) =>
        new DbContextOptionsBuilder<PortalDbContext>()
            .UseNpgsql(source.CreateConnection(), contextOwnsConnection: true, npgsql => npgsql.MigrationsAssembly(typeof(DesignTimeFactory).Assembly.GetName().Name))
            .Options;

    /// <summary>Runs SQL behind the portal's back.</summary>
    public async Task<int> ExecuteAsOwnerAsync(string sql, CancellationToken cancellation)
    {
        await using var command = Owner.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Serving.DisposeAsync();
        await Owner.DisposeAsync();
        await _drop();
    }
}
