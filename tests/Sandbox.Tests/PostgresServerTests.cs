using Npgsql;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class PostgresServerTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Start_ThrowAway_ServesOwnerWhoIsNoSuperuserAndCopiesTemplates()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresOptions(), Scratch.Token);
        Assert.Equal("off", await AskAsync(server.ConnectionString, "SELECT current_setting('is_superuser')"));
        Assert.Equal("300", await AskAsync(server.ConnectionString, "SHOW max_connections"));

        var template = await server.CreateDatabaseAsync("pattern", null, Scratch.Token);
        await AskAsync(template, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('copied'); SELECT 1");
        NpgsqlConnection.ClearAllPools();
        var copy = await server.CreateDatabaseAsync("copy \"1\"", "pattern", Scratch.Token);

        Assert.Equal("copied", await AskAsync(copy, "SELECT word FROM kept"));
        Assert.Equal("portal", await AskAsync(copy, "CREATE ROLE portal; SELECT rolname::text FROM pg_roles WHERE rolname = 'portal'"));
        await server.DropDatabaseAsync("copy \"1\"", Scratch.Token);
        await Assert.ThrowsAsync<PostgresException>(() => AskAsync(copy, "SELECT 1"));
    }

    [Fact]
    public async Task Start_AgainOnKeptData_HasTheDataAndTheSamePassword()
    {
        var options = new PostgresOptions { DataFolder = _scratch.File("postgres"), Port = Ports.Free() };
        string connection;
        await using (var first = await PostgresServer.StartAsync(options, Scratch.Token))
        {
            connection = first.ConnectionString;
            Assert.Equal("on", await AskAsync(connection, "SHOW fsync"));
            await AskAsync(connection, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here'); SELECT 1");
        }
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(connection, "SELECT 1"));

        await using var second = await PostgresServer.StartAsync(options, Scratch.Token);

        Assert.Equal(connection, second.ConnectionString);
        Assert.Equal("still here", await AskAsync(connection, "SELECT word FROM kept"));
    }

    [Fact]
    public async Task Start_LockFileOfCrashedRunNamesForeignProcess_StartsAnyway()
    {
        var options = new PostgresOptions { DataFolder = _scratch.File("postgres") };
        await using (await PostgresServer.StartAsync(options, Scratch.Token))
        {
        }
        var data = Path.Combine(options.DataFolder, "data");
        await File.WriteAllTextAsync(
            Path.Combine(data, "postmaster.pid"), $"{Environment.ProcessId}\n{data}\n1\n5432\n\n127.0.0.1\n", Scratch.Token);

        await using var server = await PostgresServer.StartAsync(options, Scratch.Token);

        Assert.Equal("1", await AskAsync(server.ConnectionString, "SELECT '1'"));
    }

    [Fact]
    public async Task Start_PortInUse_SaysWhoseAndWhatToSet()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        var port = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;

        var e = await Assert.ThrowsAsync<SandboxException>(() => PostgresServer.StartAsync(
            new PostgresOptions { DataFolder = _scratch.File("postgres"), Port = port }, Scratch.Token));

        Assert.Matches($@"^Port {port} is in use \(by .+, process {Environment.ProcessId}\); end that program, or set LAPSE_POSTGRES_PORT to another port\.$", e.Message);
    }

    [Fact]
    public async Task Start_FolderThatTheServersUserCannotReach_KeepsTheDataBehindALink()
    {
        File.SetUnixFileMode(_scratch.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var options = new PostgresOptions { DataFolder = _scratch.File("postgres") };
        for (var run = 1; run <= 2; run++)
        {
            await using var server = await PostgresServer.StartAsync(options, Scratch.Token);
            await AskAsync(server.ConnectionString, $"CREATE TABLE run{run} (); SELECT 1");
            Assert.Equal(run.ToString(System.Globalization.CultureInfo.InvariantCulture), await AskAsync(
                server.ConnectionString, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'run%'"));
        }

        // Only root changes to another user, so only then is there a folder that the server cannot reach.
        var link = new DirectoryInfo(options.DataFolder).LinkTarget;
        Assert.Equal(Environment.IsPrivilegedProcess, link is not null);
        if (link is not null)
            Directory.Delete(link, recursive: true);
    }

    private static async Task<string?> AskAsync(string connectionString, string query)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Scratch.Token);
        await using var command = new NpgsqlCommand(query, connection);
        return (await command.ExecuteScalarAsync(Scratch.Token))?.ToString();
    }
}
