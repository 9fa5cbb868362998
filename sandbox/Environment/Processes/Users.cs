namespace Lapse.Sandbox;

/// <summary>Who runs what. PostgreSQL refuses to run as root, so root hands it to somebody with fewer rights.</summary>
internal static class Users
{
    /// <summary>Whether this process is root.</summary>
    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>The user for a server that must not be root; <see langword="null"/> when this process is not root anyway.</summary>
    public static string? Unprivileged =>
        !IsRoot ? null
        : File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres"
        : "nobody";

    /// <summary>Makes a folder that a user owns and nobody else may look into.</summary>
    public static async Task CreateFolderAsync(string folder, string? owner, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (owner is not null)
            await Tool.RunAsync("chown", ["--recursive", owner, folder], cancellationToken);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Whether a user gets into a folder, through all folders above it.</summary>
    public static async Task<bool> CanEnterAsync(string folder, string? user, CancellationToken cancellationToken) =>
        user is null || (await Tool.TryAsync("test", ["-x", folder], cancellationToken, user, "/")).ExitCode == 0;
}
