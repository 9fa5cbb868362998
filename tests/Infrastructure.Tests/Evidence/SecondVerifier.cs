using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Lapse.Infrastructure.Tests.Evidence;

/// <summary>The verifier in another language, run by the node that comes with Playwright's package.</summary>
internal static class SecondVerifier
{
    /// <summary>The names of the checks that failed.</summary>
    public static async Task<IReadOnlyList<string>> FailedAsync(string text, string? installationKeyPem, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("lapse-evidence-");
        try
        {
            var file = Path.Combine(folder.FullName, "bundle.json");
            await File.WriteAllTextAsync(file, text, cancellation);
            List<string> arguments = [Path.Combine(AppContext.BaseDirectory, "Evidence", "verify-evidence.mjs"), file];
            if (installationKeyPem is not null)
            {
                arguments.Add(Path.Combine(folder.FullName, "key.pem"));
                await File.WriteAllTextAsync(arguments[^1], installationKeyPem, cancellation);
            }
            using var process = Process.Start(new ProcessStartInfo(Node(), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            var lines = (await process.StandardOutput.ReadToEndAsync(cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await process.WaitForExitAsync(cancellation);
            Assert.Equal("", await errors);
            Assert.True(lines.Length > 10, "It did not check.");
            List<string> failed = [.. lines.Where(line => line.StartsWith("FAILED ", StringComparison.Ordinal)).Select(line => line["FAILED ".Length..].Split(':')[0])];
            Assert.Equal(failed.Count > 0 ? 1 : 0, process.ExitCode);
            return failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Node()
    {
        var package = typeof(SecondVerifier).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Playwright").Value!;
        var system = RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "darwin" : "linux";
        return Path.Combine(package, ".playwright", "node", $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}", "node");
    }
}
