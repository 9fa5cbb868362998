using System.CommandLine;
using System.Security.Cryptography;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse verify-ledger</c>: recomputes the chain and compares it with checkpoints; exit code 1 names the first entry that is wrong.</summary>
internal static class VerifyLedgerCommand
{
    private sealed record Asked(string? Expect, string? Checkpoint, string? Cluster, string? PublicKey);

    public static Command Create()
    {
        var expect = new Option<string?>("--expect") { Description = "SEQUENCE:HASH as an earlier verification printed it; finds a cut tail and a rewritten chain." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "A file with signed checkpoints, one a line; finds the same, and needs nothing noted." };
        var cluster = new Option<string?>("--cluster") { Description = "The name of a cluster in Lapse, whose checkpoint is read (needs Lapse:Keys)." };
        var publicKey = new Option<string?>("--public-key") { Description = $"The installation's public key; {InstallationKey.PublicFileName} in Lapse:Keys if left out." };
        var command = new Command("verify-ledger", "Recompute the ledger's chain (needs ConnectionStrings:Portal).") { expect, checkpoint, cluster, publicKey };
        command.SetAction((parsed, cancellation) => RunAsync(new(parsed.GetValue(expect), parsed.GetValue(checkpoint), parsed.GetValue(cluster), parsed.GetValue(publicKey)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Asked asked, CancellationToken cancellation)
    {
        LedgerExpectation? expected = null;
        if (asked.Expect is { } expect && (expected = LedgerExpectation.Parse(expect)) is null) return Console.Refuse("--expect wants SEQUENCE:HASH, with a hash of 64 hexadecimal digits.");
        var configuration = Configuration.Read();
        using var key = ECDsa.Create();
        var hasKey = Read(key, asked.PublicKey ?? FileIn(configuration.Portal().Keys), out var problem);
        if (!hasKey && (asked.PublicKey ?? asked.Checkpoint ?? asked.Cluster) is not null) return Console.Refuse(problem);
        try
        {
            await using var services = asked.Cluster is null ? VerbServices.WithDatabase(configuration) : VerbServices.WithKeys(configuration);
            if (services is null) return Console.Refuse("ConnectionStrings:Portal is not set.");
            var texts = asked.Checkpoint is null ? [] : (await File.ReadAllLinesAsync(asked.Checkpoint, cancellation)).Where(line => line.Trim().Length > 0).ToList();
            if (asked.Cluster is { } name)
            {
                var (text, failure) = await ReadAsync(services, configuration, name, cancellation);
                if (text is null) return Console.Refuse(failure);
                texts.Add(text);
            }
            var given = texts.ConvertAll(SignedCheckpoint.Read);
            if (given.FindIndex(c => c is null || !c.IsBy(key)) is >= 0 and var at) return Console.Refuse($"Checkpoint {at + 1} was not signed by this installation, or was changed. It shows nothing.");
            if ((asked.Checkpoint ?? asked.Cluster) is not null && given.Count == 0) return Console.Refuse("There is no checkpoint in the file.");
            var verification = await services.GetRequiredService<LedgerVerifier>().VerifyAsync(expected, cancellation, hasKey ? new([.. given.OfType<SignedCheckpoint>()], c => c.IsBy(key)) : null);
            System.Console.WriteLine(verification.Message);
            return verification.IsIntact ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFolderException)
        {
            return Console.Refuse(e.Message);
        }
    }

    private static async Task<(string? Text, string Failure)> ReadAsync(ServiceProvider services, IConfiguration configuration, string name, CancellationToken cancellation)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<PortalDbContext>>().CreateDbContextAsync(cancellation);
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == name, cancellation);
        if (cluster is null) return (null, $"There is no cluster {name}.");
        var address = cluster.Open(services.GetRequiredService<Sealer>());
        if (!address.Succeeded) return (null, address.Refusal!.Message);
        using var api = new ClusterApi(new(address.Value, new OutboundOptions { AllowLoopback = configuration.Portal().Mode == PortalMode.Sandbox }), TimeProvider.System);
        if (api.OwnToken is not { } account) return (null, $"Cluster {name} is not registered with a ServiceAccount's token; it keeps no checkpoint.");
        var found = await api.ReadCheckpointAsync(account, cancellation);
        if (found.Failure is { } failure) return (null, $"Cluster {name}: {failure.Message}");
        return found.Value.Text.Length > 0 ? (found.Value.Text, "") : (null, $"Cluster {name} has no checkpoint yet.");
    }

    private static string? FileIn(string folder) => string.IsNullOrWhiteSpace(folder) ? null : Path.Combine(folder, InstallationKey.PublicFileName);

    private static bool Read(ECDsa key, string? file, out string problem)
    {
        problem = "Neither Lapse:Keys nor --public-key says which key signs the checkpoints.";
        if (file is null) return false;
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            problem = $"{file}: {e.Message}";
            return false;
        }
    }
}
