using Lapse.Infrastructure.Persistence;
using Lapse.Sandbox;
using Npgsql;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>A database as an operator keeps it: <c>pg_dump</c> writes it into a file, <c>pg_restore</c> makes a new database of that.</summary>
public sealed class DumpFile
{
    private readonly string _path;

    private DumpFile(string path) => _path = path;

    /// <summary>Dumps a database.</summary>
    public static async Task<DumpFile> OfAsync(TestDatabase database, ScratchFolder folder, CancellationToken cancellation)
    {
        var file = new DumpFile(Path.Combine(folder.Path, $"{Guid.NewGuid():N}.dump"));
        await RunAsync("pg_dump", database.OwnerConnectionString, ["--format=custom", $"--file={file._path}"], cancellation);
        return file;
    }

    /// <summary>Restores it into a new database, with the rights that the dump has.</summary>
    public async Task<TestDatabase> RestoreAsync(PostgresServer server, CancellationToken cancellation)
    {
        var name = $"lapse_restored_{Guid.NewGuid():N}";
        var owner = await server.CreateDatabaseAsync(name, null, cancellation);
        await RunAsync("pg_restore", owner, ["--exit-on-error", $"--dbname={name}", _path], cancellation);
        return new TestDatabase(owner, server.For(name, DatabaseSetup.ServingRole, PostgresFixture.ServingPassword), () => server.DropDatabaseAsync(name, CancellationToken.None));
    }

    private static async Task RunAsync(string tool, string connection, string[] arguments, CancellationToken cancellation)
    {
        var to = new NpgsqlConnectionStringBuilder(connection);
        var program = PostgresBinaries.Find() is { } folder ? Path.Combine(folder, tool) : tool;
        var environment = new Dictionary<string, string?> { ["PGHOST"] = to.Host, ["PGPORT"] = $"{to.Port}", ["PGUSER"] = to.Username, ["PGPASSWORD"] = to.Password, ["PGDATABASE"] = to.Database };
        var result = await Tool.TryAsync(program, arguments, cancellation, environment: environment);
        if (result.ExitCode != 0) throw new InvalidOperationException($"{tool} failed (exit code {result.ExitCode}): {result.All}");
    }
}
