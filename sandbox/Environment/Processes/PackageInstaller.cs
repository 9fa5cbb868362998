namespace Lapse.Sandbox;

/// <summary>Installs packages of the machine's own distribution by name.</summary>
public static class PackageInstaller
{
    /// <summary>Whether this machine has apt and this user may use it.</summary>
    public static bool IsPossible => Tool.Find("apt-get") is not null && (Users.IsRoot || Tool.Find("sudo") is not null);

    /// <summary>Installs what is missing of these packages. Returns at once when nothing is.</summary>
    /// <exception cref="SandboxException">There is no apt, no right to use it, or apt failed.</exception>
    public static async Task InstallAsync(
        IReadOnlyList<string> packages, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var package in packages)
        {
            if (!await IsInstalledAsync(package, cancellationToken))
                missing.Add(package);
        }
        if (missing.Count == 0)
            return;
        EnsurePossible(string.Join(" ", missing));
        progress?.Report($"Installing {string.Join(", ", missing)} with apt");
        await AptAsync(["update", "--quiet"], progress, cancellationToken);
        await AptAsync(["install", "--yes", "--quiet", "--no-install-recommends", .. missing], progress, cancellationToken);
    }

    /// <summary>Writes a file that only root may write, unless its folder belongs to a package that is installed already.</summary>
    internal static async Task WriteSystemFileAsync(string file, string content, CancellationToken cancellationToken)
    {
        EnsurePossible("packages");
        string[] tee = ["sh", "-c", "mkdir -p \"$(dirname \"$0\")\" && cat > \"$0\"", file];
        string[] command = Users.IsRoot ? tee : ["sudo", .. tee];
        var result = await Tool.TryAsync(command[0], command[1..], cancellationToken, input: content);
        if (result.ExitCode != 0)
            throw new SandboxException($"{file} could not be written: {result.All}");
    }

    private static void EnsurePossible(string what)
    {
        if (Tool.Find("apt-get") is null)
            throw new SandboxException($"This machine lacks {what} and has no apt; install Docker, or {what} by hand.");
        if (!IsPossible)
            throw new SandboxException($"This machine lacks {what}, and this user is neither root nor has sudo; run as root: apt-get install {what}");
    }

    private static async Task<bool> IsInstalledAsync(string package, CancellationToken cancellationToken) =>
        Tool.Find("dpkg-query") is not null
        && (await Tool.TryAsync("dpkg-query", ["--show", "--showformat=${db:Status-Status}", package], cancellationToken))
            .Output.Trim() == "installed";

    private static async Task AptAsync(string[] arguments, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // DPkg::Lock::Timeout: another apt of this machine, such as a nightly one, is waited for and not fought.
        string[] command =
        [
            .. Users.IsRoot ? Array.Empty<string>() : ["sudo", "--"],
            "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", .. arguments,
        ];
        progress?.Report($"apt-get {string.Join(" ", arguments)}");
        var result = await Tool.TryAsync(command[0], command[1..], cancellationToken);
        if (result.ExitCode != 0)
        {
            var said = string.Join(" | ", result.All.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(4));
            throw new SandboxException($"apt-get {arguments[0]} failed (exit code {result.ExitCode}): {said}");
        }
    }
}
