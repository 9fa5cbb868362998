using System.Globalization;

namespace Lapse.Sandbox;

/// <summary>Starts a PostgreSQL server from binaries on this machine.</summary>
internal static class PostgresLauncher
{
    private const string Superuser = "postgres";
    private const string Owner = "lapse_owner";

    public static async Task<PostgresServer> StartAsync(string binaries, PostgresOptions options, CancellationToken cancellationToken)
    {
        var user = Users.Unprivileged;
        var folder = await FolderAsync(options, user, cancellationToken);
        var data = Path.Combine(folder, "data");
        if (!File.Exists(Path.Combine(data, "global", "pg_control")))
            await InitialiseAsync(binaries, folder, data, user, cancellationToken);
        else
            await RecoverAsync(data, cancellationToken);

        var passwords = await File.ReadAllLinesAsync(Path.Combine(folder, "passwords"), cancellationToken);
        var port = options.Port ?? Ports.Free();
        var process = ChildProcess.Start(new ChildOptions
        {
            Name = "PostgreSQL",
            FileName = Path.Combine(binaries, "postgres"),
            Arguments = Arguments(data, port, options),
            LogFile = Path.Combine(folder, "postgres.log"),
            WorkingDirectory = folder,
            User = user,
            StopSignal = "INT",
        });
        try
        {
            var superuser = PostgresServer.Connection(port, Superuser, passwords[0], "postgres");
            var owner = PostgresServer.Connection(port, Owner, passwords[1], options.Database);
            await process.WaitUntilReadyAsync(
                token => PostgresServer.AnswersAsync(superuser, token), TimeSpan.FromMinutes(2), cancellationToken);
            await PostgresServer.CreateOwnerAsync(superuser, owner, cancellationToken);
            return new PostgresServer(owner, process, options.DataFolder is null ? folder : null);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static string[] Arguments(string data, int port, PostgresOptions options)
    {
        // No socket file: the path of one is limited to 107 bytes, and loopback does.
        List<string> settings =
        [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            string.Create(CultureInfo.InvariantCulture, $"port={port}"),
            string.Create(CultureInfo.InvariantCulture, $"max_connections={options.MaxConnections}"),
        ];
        if (options.DataFolder is null)
            settings.AddRange(["fsync=off", "full_page_writes=off", "synchronous_commit=off"]);
        return ["-D", data, .. settings.SelectMany(setting => new[] { "-c", setting })];
    }

    /// <summary>
    /// The folder of the server. A checkout may lie where the unprivileged user cannot go, such as below <c>/root</c>;
    /// then the data is kept in <c>/var/lib/lapse</c>, with a link to it where it was wanted.
    /// </summary>
    private static async Task<string> FolderAsync(PostgresOptions options, string? user, CancellationToken cancellationToken)
    {
        var folder = options.DataFolder is { } wanted
            ? Path.GetFullPath(wanted)
            : Path.Combine(Path.GetTempPath(), $"lapse-postgres-{Path.GetRandomFileName()}");
        if (new DirectoryInfo(folder).LinkTarget is { } target)
            folder = target;
        await Users.CreateFolderAsync(folder, user, cancellationToken);
        if (await Users.CanEnterAsync(folder, user, cancellationToken))
            return folder;

        var elsewhere = Path.Combine("/var/lib/lapse", Guid.NewGuid().ToString("N"));
        await Users.CreateFolderAsync(elsewhere, user, cancellationToken);
        File.SetUnixFileMode("/var/lib/lapse", (UnixFileMode)Convert.ToInt32("755", 8));
        Directory.Delete(folder);
        if (options.DataFolder is not null)
        {
            Directory.CreateSymbolicLink(folder, elsewhere);
            options.Progress?.Report($"{user} may not enter {folder}: the database is kept in {elsewhere}");
        }
        return elsewhere;
    }

    private static async Task InitialiseAsync(
        string binaries, string folder, string data, string? user, CancellationToken cancellationToken)
    {
        // What an interrupted initdb left is no database.
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
        var passwords = Path.Combine(folder, "passwords");
        await using (var file = new FileStream(passwords, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        await using (var writer = new StreamWriter(file))
            await writer.WriteAsync($"{PostgresServer.NewPassword()}\n{PostgresServer.NewPassword()}\n");
        if (user is not null)
            await Tool.RunAsync("chown", [user, passwords], cancellationToken);
        await Tool.RunAsync(
            Path.Combine(binaries, "initdb"),
            ["-D", data, "-U", Superuser, $"--pwfile={passwords}", "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"],
            cancellationToken,
            user,
            folder);
    }

    /// <summary>
    /// Deals with what a crashed run left. The server refuses to start while the process that <c>postmaster.pid</c> names
    /// is alive; after a restart of the machine that number may belong to anybody.
    /// </summary>
    private static async Task RecoverAsync(string data, CancellationToken cancellationToken)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file))
            return;
        var id = (await File.ReadAllLinesAsync(file, cancellationToken)).FirstOrDefault()?.Trim() ?? "";
        var commandLine = Path.Combine("/proc", id.Length == 0 ? "none" : id, "cmdline");
        bool IsOurs() => File.Exists(commandLine) && File.ReadAllText(commandLine).Split('\0').Contains(data);

        // The watcher of a run that was killed is still ending it: a few seconds at most.
        for (var tries = 0; tries < 150 && IsOurs(); tries++)
            await Task.Delay(100, cancellationToken);
        if (IsOurs())
            throw new SandboxException($"A PostgreSQL server of another run works on {data} (process {id}); end that run first.");
        File.Delete(file);
    }
}
