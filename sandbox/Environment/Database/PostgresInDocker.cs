using System.Globalization;

namespace Lapse.Sandbox;

/// <summary>PostgreSQL in a container, for machines with Docker and without packages. The data is kept in a volume.</summary>
internal static class PostgresInDocker
{
    private const string Image = "postgres:17";
    private const string Password = "lapse-sandbox";

    public static async Task<PostgresServer> StartAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        var port = options.Port ?? Ports.Free();
        string? throwAway = null;
        var folder = options.DataFolder ?? (throwAway = Directory.CreateTempSubdirectory("lapse-postgres-").FullName);
        options.Progress?.Report($"Starting {Image} in Docker");
        string[] volume = options.DataFolder is null
            ? ["--tmpfs", "/var/lib/postgresql/data"]
            : ["--volume", $"{await VolumeAsync(folder, cancellationToken)}:/var/lib/postgresql/data"];
        var process = Docker.Run("PostgreSQL in Docker", Path.Combine(folder, "postgres.log"),
        [
            .. volume,
            "--env", $"POSTGRES_PASSWORD={Password}",
            "--publish", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}:5432"),
            Image,
            "-c", string.Create(CultureInfo.InvariantCulture, $"max_connections={options.MaxConnections}"),
        ]);
        try
        {
            var superuser = PostgresServer.Connection(port, "postgres", Password, "postgres");
            var owner = PostgresServer.Connection(port, "lapse_owner", Password, options.Database);
            // The image may have to be fetched first.
            await process.WaitUntilReadyAsync(
                token => PostgresServer.AnswersAsync(superuser, token), TimeSpan.FromMinutes(10), cancellationToken);
            await PostgresServer.CreateOwnerAsync(superuser, owner, cancellationToken);
            return new PostgresServer(owner, process, throwAway);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>The name of the volume that belongs to a data folder; the name is kept in the folder.</summary>
    private static async Task<string> VolumeAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "volume");
        if (!File.Exists(file))
            await File.WriteAllTextAsync(file, $"lapse-postgres-{Guid.NewGuid():N}", cancellationToken);
        return await File.ReadAllTextAsync(file, cancellationToken);
    }
}
