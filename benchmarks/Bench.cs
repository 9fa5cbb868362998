using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Benchmarks;

/// <summary>
/// The servers of a run, each started when the first scenario wants it: those that <c>LAPSE_POSTGRES</c> and
/// <c>LAPSE_KUBECONFIG</c> name, else servers of its own. Its own PostgreSQL keeps what it commits (fsync), as in production.
/// </summary>
internal sealed class Bench(bool quick) : IAsyncDisposable
{
    private const string ServingPassword = "lapse-benchmark";

    private readonly ScratchFolder _folder = new();
    private PostgresServer? _postgres;
    private ControlPlane? _controlPlane;

    /// <summary>Whether it only shows that the scenarios work: every size is tiny, and the figures mean nothing.</summary>
    public bool Quick => quick;

    /// <summary>What connections to the sandbox's API server follow; it is on loopback.</summary>
    public static OutboundOptions Outbound { get; } = new() { AllowLoopback = true };

    /// <summary>The size of something: as it counts, or tiny.</summary>
    public int Size(int real, int tiny) => quick ? tiny : real;

    /// <summary>Says on standard error what is done now.</summary>
    public static void Say(string what) => Console.Error.WriteLine(what);

    /// <summary>The database server.</summary>
    public async Task<PostgresServer> PostgresAsync(CancellationToken cancellation) =>
        _postgres ??= await PostgresServer.StartAsync(new PostgresOptions { DataFolder = Path.Combine(_folder.Path, "postgres"), Port = Ports.Free() }, cancellation);

    /// <summary>The control plane.</summary>
    public async Task<ControlPlane> ControlPlaneAsync(CancellationToken cancellation) => _controlPlane ??= await ControlPlane.StartAsync(new(), cancellation);

    /// <summary>A fresh, migrated database.</summary>
    public async Task<TestDatabase> DatabaseAsync(CancellationToken cancellation)
    {
        var server = await PostgresAsync(cancellation);
        var name = $"lapse_benchmark_{Guid.NewGuid():N}";
        var owner = await server.CreateDatabaseAsync(name, null, cancellation);
        await using (var source = NpgsqlDataSource.Create(owner + ";Pooling=false"))
        {
            await using (var db = new PortalDbContext(TestDatabase.Options(source))) await db.Database.MigrateAsync(cancellation);
            await DatabaseSetup.ApplyAsync(source, ServingPassword, cancellation);
        }
        return new(owner, server.For(name, DatabaseSetup.ServingRole, ServingPassword), () => server.DropDatabaseAsync(name, CancellationToken.None), asServed: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_controlPlane is not null) await _controlPlane.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Dispose();
    }
}
