namespace Lapse.Sandbox;

/// <summary>Where the PostgreSQL programs of this machine are.</summary>
public static class PostgresBinaries
{
    private const string NoClusterOfItsOwn = "/etc/postgresql-common/createcluster.d/lapse-sandbox.conf";

    /// <summary>The newest server on this machine: the folder with <c>initdb</c> and <c>postgres</c>, or <see langword="null"/>.</summary>
    public static string? Find()
    {
        if (Tool.Find("initdb") is { } initdb && File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName is var target)
        {
            var folder = Path.GetDirectoryName(target ?? initdb)!;
            if (File.Exists(Path.Combine(folder, "postgres")))
                return folder;
        }
        const string debian = "/usr/lib/postgresql";
        return !Directory.Exists(debian) ? null : Directory.EnumerateDirectories(debian)
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    /// <summary>Installs PostgreSQL from the machine's packages, without a server of its own being started by that.</summary>
    /// <exception cref="SandboxException">It cannot be installed here.</exception>
    public static async Task<string> InstallAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // Debian's package makes and starts a server on 5432 unless told not to.
        await PackageInstaller.WriteSystemFileAsync(NoClusterOfItsOwn, "create_main_cluster = false\n", cancellationToken);
        await PackageInstaller.InstallAsync(["postgresql"], progress, cancellationToken);
        return Find() ?? throw new SandboxException(
            "The package postgresql is installed, but has no initdb in /usr/lib/postgresql; set LAPSE_POSTGRES to the connection string of a server.");
    }
}
