using System.CommandLine;
using System.Security.Cryptography;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Evidence;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse verify-evidence FILE</c>: checks a bundle of evidence with nothing but the file, the public key and, if there are some, checkpoints from elsewhere.</summary>
internal static class VerifyEvidenceCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "The bundle." };
        var key = new Option<FileInfo?>("--installation-key") { Description = "The installation's public key (installation-key.pub.pem) from elsewhere than the file." };
        var checkpoint = new Option<FileInfo?>("--checkpoint") { Description = "A file with signed checkpoints that were kept elsewhere, one a line; the bundle's has to be one of them." };
        var command = new Command("verify-evidence", "Check a bundle of evidence, offline; exit code 1 names what does not hold.") { file, key, checkpoint };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(key), parsed.GetValue(checkpoint), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, FileInfo? keyFile, FileInfo? checkpointFile, CancellationToken cancellation)
    {
        using var key = keyFile is null ? null : ECDsa.Create();
        string text;
        List<SignedCheckpoint>? outside = null;
        try
        {
            if (file.Exists && file.Length > EvidenceFile.LongestText) return Console.Refuse("The file is longer than a bundle can be.");
            text = await File.ReadAllTextAsync(file.FullName, cancellation);
            key?.ImportFromPem(await File.ReadAllTextAsync(keyFile!.FullName, cancellation));
            if (checkpointFile is not null)
            {
                var given = (await File.ReadAllLinesAsync(checkpointFile.FullName, cancellation)).Where(line => line.Trim().Length > 0).Select(SignedCheckpoint.Read).ToList();
                if (given.Count == 0 || given.Contains(null)) return Console.Refuse($"{checkpointFile} has something else than checkpoints, one a line, or none.");
                outside = [.. given.OfType<SignedCheckpoint>()];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            return Console.Refuse(e.Message);
        }
        var checks = await BundleVerifier.VerifyAsync(text, key, outside);
        foreach (var check in checks) System.Console.WriteLine($"{(check.Holds ? "ok    " : "FAILED")} {check.Name}: {check.Words}");
        var failed = checks.Count(check => !check.Holds);
        System.Console.WriteLine(failed == 0 ? "Everything that was checked holds." : $"{Words.Count(failed, "check")} of {checks.Count} failed. Do not rely on this file.");
        return failed == 0 ? 0 : 1;
    }
}
