using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Lapse.Sandbox;

/// <summary>
/// A real PostgreSQL server: the one that <c>LAPSE_POSTGRES</c> names, else one that is started from the binaries of this
/// machine, else from packages installed for it, else in Docker. It ends with this process.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The variable whose connection string is used instead of a server of our own: its user must be able to create databases and roles.</summary>
    public const string Variable = "LAPSE_POSTGRES";

    private readonly ChildProcess? _process;
    private readonly string? _throwAway;

    internal PostgresServer(string connectionString, ChildProcess? process, string? throwAway)
    {
        ConnectionString = connectionString;
        _process = process;
        _throwAway = throwAway;
    }

    /// <summary>How the owner of the database reaches it: may create tables, databases and roles, and is no superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts the server, or finds the given one, and creates the database if it is not there.</summary>
    /// <exception cref="SandboxException">It could not be started; the message says what to do.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Own && Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return await UseAsync(given, options, cancellationToken);
        if (options.Port is { } port)
            Ports.EnsureFree(port, options.PortVariable);
        var binaries = PostgresBinaries.Find();
        if (binaries is null && options.Install && PackageInstaller.IsPossible)
            binaries = await PostgresBinaries.InstallAsync(options.Progress, cancellationToken);
        if (binaries is not null)
            return await PostgresLauncher.StartAsync(binaries, options, cancellationToken);
        if (options.Install && await Docker.IsUsableAsync(cancellationToken))
            return await PostgresInDocker.StartAsync(options, cancellationToken);
        throw new SandboxException(
            $"There is no PostgreSQL here and no way to install it; run as root: apt-get install postgresql, or start Docker, or set {Variable} to a connection string.");
    }

    /// <summary>Creates a database and says how to reach it.</summary>
    /// <param name="name">Its name; it must not exist.</param>
    /// <param name="template">The database that it is a copy of; nobody may be connected to that one.</param>
    public async Task<string> CreateDatabaseAsync(string name, string? template, CancellationToken cancellationToken)
    {
        var copy = template is null ? "" : $" TEMPLATE {Quote(template)}";
        await ExecuteAsync($"CREATE DATABASE {Quote(name)}{copy}", cancellationToken);
        return For(name);
    }

    /// <summary>Drops a database and ends all sessions in it.</summary>
    public async Task DropDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // The server waits up to 5 s for sessions that are going, and sends its own vacuum away. FORCE would not: it refuses
                // when that vacuum runs there and the user is no superuser.
                await ExecuteAsync($"DROP DATABASE IF EXISTS {Quote(name)}", cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 5)
            {
                await ExecuteAsync(
                    $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name.Replace("'", "''", StringComparison.Ordinal)}' AND backend_type = 'client backend' AND pg_has_role(usesysid, 'MEMBER')",
                    cancellationToken);
            }
        }
    }

    /// <summary>The connection string of another database on this server, for the same or another user.</summary>
    public string For(string database, string? user = null, string? password = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database };
        if (user is not null)
            (builder.Username, builder.Password) = (user, password);
        return builder.ConnectionString;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        if (_throwAway is not null)
            Directory.Delete(_throwAway, recursive: true);
    }

    internal static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Makes the owner and the database on a new server, as its superuser; does nothing where they are.</summary>
    internal static async Task CreateOwnerAsync(string superuser, string owner, CancellationToken cancellationToken)
    {
        var wanted = new NpgsqlConnectionStringBuilder(owner);
        await using var connection = Single(superuser);
        await connection.OpenAsync(cancellationToken);
        if (!await ExistsAsync(connection, "SELECT 1 FROM pg_roles WHERE rolname = $1", wanted.Username!, cancellationToken))
        {
            // The password is made of hexadecimal digits; CREATE ROLE takes no parameters.
            await using var role = new NpgsqlCommand(
                $"CREATE ROLE {Quote(wanted.Username!)} LOGIN CREATEDB CREATEROLE PASSWORD '{wanted.Password}'", connection);
            await role.ExecuteNonQueryAsync(cancellationToken);
        }
        if (!await ExistsAsync(connection, "SELECT 1 FROM pg_database WHERE datname = $1", wanted.Database!, cancellationToken))
        {
            await using var database = new NpgsqlCommand(
                $"CREATE DATABASE {Quote(wanted.Database!)} OWNER {Quote(wanted.Username!)}", connection);
            await database.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    internal static async Task<bool> AnswersAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = Single(connectionString);
        await connection.OpenAsync(cancellationToken);
        return true;
    }

    internal static string Connection(int port, string user, string password, string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username={user};Password={password};Database={database}");

    private static async Task<PostgresServer> UseAsync(string given, PostgresOptions options, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(given);
        builder.Database ??= options.Database;
        var server = new PostgresServer(builder.ConnectionString, process: null, throwAway: null);
        try
        {
            await using var connection = Single(server.For("postgres"));
            await connection.OpenAsync(cancellationToken);
            if (!await ExistsAsync(connection, "SELECT 1 FROM pg_database WHERE datname = $1", builder.Database, cancellationToken))
                await server.CreateDatabaseAsync(builder.Database, null, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new SandboxException($"The server that {Variable} names cannot be used ({e.Message}); check its address, user and password.", e);
        }
        return server;
    }

    /// <summary>A connection that is closed when it is disposed: one that a pool keeps would not survive a restart of the server.</summary>
    private static NpgsqlConnection Single(string connectionString) =>
        new(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 }.ConnectionString);

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string query, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private async Task ExecuteAsync(string statement, CancellationToken cancellationToken)
    {
        await using var connection = Single(For("postgres"));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
