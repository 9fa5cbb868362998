using System.Diagnostics;
using System.Globalization;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Outages;

/// <summary>
/// A PostgreSQL of one class's own, to be killed, stopped, made read-only and filled up. Its data is on a small file system of its own,
/// for which the tests run as root.
/// </summary>
public sealed class OwnPostgres : IAsyncLifetime
{
    private const string Template = "lapse_template";

    private readonly string _mount = Path.Combine(Path.GetTempPath(), $"lapse-outage-{Path.GetRandomFileName()}");
    private readonly PostgresOptions _options;
    private PostgresServer _server = null!;
    private int _copies;

    public OwnPostgres() => _options = new() { Own = true, DataFolder = Path.Combine(_mount, "postgres"), Port = Ports.Free() };

    private string Data => Path.Combine(_options.DataFolder!, "data");

    private string Ballast => Path.Combine(_mount, "ballast");

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(_mount);
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=224m", "tmpfs", _mount);
        await StartAsync(cancellation);
        var owner = await _server.CreateDatabaseAsync(Template, null, cancellation);
        await using var source = NpgsqlDataSource.Create(owner + ";Pooling=false");
        await using (var db = new PortalDbContext(TestDatabase.Options(source))) await db.Database.MigrateAsync(cancellation);
        await DatabaseSetup.ApplyAsync(source, PostgresFixture.ServingPassword, cancellation);
    }

    /// <summary>A fresh database, whose connections live as long as the portal's do.</summary>
    public async Task<TestDatabase> CopyAsync(CancellationToken cancellation)
    {
        var name = $"lapse_{Interlocked.Increment(ref _copies)}";
        var owner = await _server.CreateDatabaseAsync(name, Template, cancellation);
        return new TestDatabase(owner, _server.For(name, DatabaseSetup.ServingRole, PostgresFixture.ServingPassword), () => _server.DropDatabaseAsync(name, CancellationToken.None));
    }

    public async Task StartAsync(CancellationToken cancellation) => _server = await PostgresServer.StartAsync(_options, cancellation);

    /// <summary>Stops it as an operator does, who does not wait for clients.</summary>
    public async Task StopAsync() => await _server.DisposeAsync();

    /// <summary>Kills its first process, as a lack of memory does; the others go with it.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        var id = int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"), cancellation))[0], CultureInfo.InvariantCulture);
        using (var postmaster = Process.GetProcessById(id)) postmaster.Kill();
        await _server.DisposeAsync();
    }

    /// <summary>Cuts every connection.</summary>
    public Task TerminateAsync(CancellationToken cancellation) =>
        AsSuperuserAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()", cancellation);

    public async Task SetReadOnlyAsync(bool isOn, CancellationToken cancellation)
    {
        await AsSuperuserAsync($"ALTER SYSTEM SET default_transaction_read_only = {(isOn ? "on" : "off")}", cancellation);
        await AsSuperuserAsync("SELECT pg_reload_conf()", cancellation);
    }

    /// <summary>Starts it again as a standby that nobody sends anything.</summary>
    public async Task BecomeStandbyAsync(CancellationToken cancellation)
    {
        await StopAsync();
        await File.WriteAllTextAsync(Path.Combine(Data, "standby.signal"), "", cancellation);
        // Without a database to be made: it would refuse that.
        await StartAsync(cancellation);
    }

    public Task PromoteAsync(CancellationToken cancellation) => AsSuperuserAsync("SELECT pg_promote()", cancellation);

    /// <summary>Takes all the room that is left.</summary>
    public async Task FillAsync(CancellationToken cancellation)
    {
        await using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) await file.WriteAsync(block, cancellation);
        }
        catch (IOException)
        {
            // No space left on device.
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        await RunAsync("umount", "--lazy", _mount);
        Directory.Delete(_mount);
    }

    private async Task AsSuperuserAsync(string sql, CancellationToken cancellation)
    {
        var password = (await File.ReadAllLinesAsync(Path.Combine(_options.DataFolder!, "passwords"), cancellation))[0];
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server.For("postgres", "postgres", password)) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} failed: {said} A disk that is full needs a file system of its own: run the tests as root, with the right to mount.");
    }
}
