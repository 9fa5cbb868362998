using System.Diagnostics;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>The portal's executable, as somebody runs it in a terminal.</summary>
internal static class LapseVerb
{
    /// <summary>Runs a verb to its end.</summary>
    /// <param name="arguments">The verb and its arguments.</param>
    /// <param name="environment">Its configuration.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="input">What it finds on standard input.</param>
    /// <returns>Its exit code and what it said on either stream.</returns>
    public static async Task<(int Code, string Said, string Errors)> RunAsync(string[] arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation, string input = "")
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lapse.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            var said = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, said.Trim(), (await errors).Trim());
        }
        finally
        {
            // A verb that does not end, as "serve" that should have refused, does not outlive its test.
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
