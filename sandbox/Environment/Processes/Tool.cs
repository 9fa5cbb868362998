using System.ComponentModel;
using System.Diagnostics;

namespace Lapse.Sandbox;

/// <summary>Short commands that are run to their end.</summary>
public static class Tool
{
    /// <summary>What a command printed and how it ended.</summary>
    /// <param name="ExitCode">0 when it did what it should.</param>
    /// <param name="Output">Standard output.</param>
    /// <param name="Errors">Standard error.</param>
    public sealed record Result(int ExitCode, string Output, string Errors)
    {
        /// <summary>Standard output and standard error, for a message.</summary>
        public string All => (Output + Errors).Trim();
    }

    /// <summary>Runs a command and returns what it printed, whatever its exit code.</summary>
    /// <param name="fileName">The executable: a path, or a name to be found in PATH.</param>
    /// <param name="arguments">Its arguments, unquoted.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <param name="user">The user it runs as; only root can choose.</param>
    /// <param name="workingDirectory">Where it runs; by default where this process does.</param>
    /// <param name="input">Its standard input; by default empty.</param>
    /// <param name="environment">Added to the environment; <see langword="null"/> removes a variable.</param>
    /// <exception cref="SandboxException">There is no such command.</exception>
    public static async Task<Result> TryAsync(
        string fileName,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? user = null,
        string? workingDirectory = null,
        string? input = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        string[] all = [.. AsUser(user), fileName, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        using var process = StartProcess(start);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return new Result(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a command that has to do what it should.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="SandboxException">It did not; with what it printed.</exception>
    public static async Task<string> RunAsync(
        string fileName,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? user = null,
        string? workingDirectory = null)
    {
        var result = await TryAsync(fileName, arguments, cancellationToken, user, workingDirectory);
        return result.ExitCode == 0
            ? result.Output
            : throw new SandboxException($"{Path.GetFileName(fileName)} failed (exit code {result.ExitCode}): {result.All}");
    }

    /// <summary>Where a command is in PATH.</summary>
    /// <returns>Its full path, or <see langword="null"/>.</returns>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>What stands in front of a command so that it runs as another user.</summary>
    internal static string[] AsUser(string? user)
    {
        if (user is null)
            return [];
        // passwd(5): name:password:uid:gid:… The group of nobody is not called nobody everywhere.
        var entry = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == user)
            ?? throw new SandboxException($"There is no user {user} on this machine.");
        return ["setpriv", $"--reuid={entry[2]}", $"--regid={entry[3]}", "--init-groups", "--"];
    }

    internal static Process StartProcess(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SandboxException($"{start.FileName} could not be started ({e.Message}); install it, or add it to PATH.", e);
        }
    }
}
