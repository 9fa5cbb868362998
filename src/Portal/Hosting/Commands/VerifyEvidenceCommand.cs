using System.CommandLine;
using System.Security.Cryptography;
using Lapse.Domain;
using Lapse.Infrastructure.Evidence;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse verify-evidence FILE</c>: checks a bundle of evidence with nothing but the file and the public key.</summary>
internal static class VerifyEvidenceCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "The bundle." };
        var key = new Option<FileInfo?>("--installation-key") { Description = "The installation's public key (installation-key.pub.pem) from elsewhere than the file." };
        var command = new Command("verify-evidence", "Check a bundle of evidence, offline; exit code 1 names what does not hold.") { file, key };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(key), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, FileInfo? keyFile, CancellationToken cancellation)
    {
        using var key = keyFile is null ? null : ECDsa.Create();
        string text;
        try
        {
            if (file.Exists && file.Length > EvidenceFile.LongestText) return Console.Refuse("The file is longer than a bundle can be.");
            text = await File.ReadAllTextAsync(file.FullName, cancellation);
            key?.ImportFromPem(await File.ReadAllTextAsync(keyFile!.FullName, cancellation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            return Console.Refuse(e.Message);
        }
        var checks = await BundleVerifier.VerifyAsync(text, key);
        foreach (var check in checks) System.Console.WriteLine($"{(check.Holds ? "ok    " : "FAILED")} {check.Name}: {check.Words}");
        var failed = checks.Count(check => !check.Holds);
        System.Console.WriteLine(failed == 0 ? "Everything that was checked holds." : $"{Words.Count(failed, "check")} of {checks.Count} failed. Do not rely on this file.");
        return failed == 0 ? 0 : 1;
    }
}
