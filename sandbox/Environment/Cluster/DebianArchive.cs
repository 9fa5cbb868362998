namespace Lapse.Sandbox;

/// <summary>
/// Packages of one Debian release, binary and source, fetched without a change to the machine's own package lists and
/// without root: apt works on lists of its own in a folder of ours, from the same mirror and signing key as the machine.
/// </summary>
internal sealed class DebianArchive
{
    /// <summary>The release that has Kubernetes as a source package, and the Go that builds it.</summary>
    private const string Release = "bookworm";

    private const string MirrorVariable = "LAPSE_DEBIAN_MIRROR";
    private const string DefaultKeys = "/usr/share/keyrings/debian-archive-keyring.gpg";

    private readonly string[] _options;

    private DebianArchive(string folder) => _options =
    [
        "-o", "Dir::Etc::sourcelist=/dev/null",
        "-o", $"Dir::Etc::sourceparts={Path.Combine(folder, "sources")}",
        "-o", "Dir::Etc::preferences=/dev/null",
        "-o", "Dir::Etc::preferencesparts=/dev/null",
        "-o", $"Dir::State={Path.Combine(folder, "state")}",
        "-o", $"Dir::State::status={Path.Combine(folder, "status")}",
        "-o", $"Dir::Cache={Path.Combine(folder, "cache")}",
        // As root, apt hands downloads to a user who cannot get into this folder.
        .. Users.IsRoot ? new[] { "-o", "APT::Sandbox::User=root" } : [],
    ];

    /// <summary>Fetches the lists of the release.</summary>
    /// <param name="folder">Where apt keeps them.</param>
    public static async Task<DebianArchive> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var part in new[] { "sources", "state/lists/partial", "cache/archives/partial" })
            Directory.CreateDirectory(Path.Combine(folder, part));
        await File.WriteAllTextAsync(Path.Combine(folder, "status"), "", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "sources", "debian.sources"), Source(), cancellationToken);
        var archive = new DebianArchive(folder);
        await archive.AptAsync(["update", "--quiet"], folder, cancellationToken);
        return archive;
    }

    /// <summary>Unpacks binary packages into a folder, without installing them.</summary>
    public async Task UnpackAsync(IReadOnlyList<string> packages, string folder, CancellationToken cancellationToken)
    {
        var downloads = Directory.CreateDirectory(folder + ".debs").FullName;
        await AptAsync(["download", "--quiet", .. packages], downloads, cancellationToken);
        foreach (var package in Directory.EnumerateFiles(downloads, "*.deb"))
            await Tool.RunAsync("dpkg-deb", ["--extract", package, folder], cancellationToken);
    }

    /// <summary>Unpacks a source package, patches applied, into a folder that must not exist.</summary>
    public async Task UnpackSourceAsync(string package, string folder, CancellationToken cancellationToken)
    {
        var downloads = Directory.CreateDirectory(folder + ".download").FullName;
        await AptAsync(["source", "--quiet", "--download-only", package], downloads, cancellationToken);
        var description = Directory.EnumerateFiles(downloads, "*.dsc").Single();
        await Tool.RunAsync("dpkg-source", ["--extract", description, folder], cancellationToken);
    }

    /// <summary>The mirror that the machine itself uses, where it runs Debian; else the one that the person names.</summary>
    private static string Source()
    {
        var mirror = Environment.GetEnvironmentVariable(MirrorVariable) is { Length: > 0 } named
            ? new AptSource(named, DefaultKeys)
            : AptSource.OfThisDebian()
                ?? throw new SandboxException(
                    $"Kubernetes is built from Debian's source package, and this machine has no Debian mirror in its apt sources; install Docker, or set {ControlPlane.Variable} to a kubeconfig, or install debian-archive-keyring and set {MirrorVariable} to the address of a mirror.");
        return $"""
            Types: deb deb-src
            URIs: {mirror.Address}
            Suites: {Release}
            Components: main
            {(mirror.Keys is { } keys ? $"Signed-By: {keys}\n" : "")}
            """;
    }

    private Task<string> AptAsync(string[] arguments, string folder, CancellationToken cancellationToken) =>
        Tool.RunAsync("apt-get", [.. _options, .. arguments], cancellationToken, workingDirectory: folder);
}
