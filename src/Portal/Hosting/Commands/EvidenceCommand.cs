using System.CommandLine;
using Lapse.Domain;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Portal.Features.Evidence;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse evidence GRANT</c>: writes the signed bundle of evidence of one grant.</summary>
internal static class EvidenceCommand
{
    public static Command Create()
    {
        var grant = new Argument<Guid>("grant") { Description = "The grant's id; its binding is called lapse-ID." };
        var output = new Option<FileInfo?>("--out") { Description = "Where to write it, - for standard output. Default: lapse-evidence-ID.json here." };
        output.AcceptLegalFilePathsOnly();
        var command = new Command("evidence", "Write the signed evidence of one grant (needs ConnectionStrings:Portal, Lapse:Keys and Lapse:Provider).") { grant, output };
        command.SetAction((parsed, cancellation) => RunAsync(GrantId.From(parsed.GetRequiredValue(grant)), parsed.GetValue(output), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(GrantId grant, FileInfo? output, CancellationToken cancellation)
    {
        try
        {
            await using var services = VerbServices.WithProvider(Configuration.Read());
            if (services is null) return Console.Refuse("ConnectionStrings:Portal is not set.");
            var outcome = await services.GetRequiredService<EvidenceExport>().MakeAsync(grant, cancellation);
            if (!outcome.Succeeded)
            {
                System.Console.Error.WriteLine(outcome.Refusal!.Message);
                return 1;
            }
            if (output?.Name == "-")
            {
                System.Console.Write(outcome.Value.ToText());
                return 0;
            }
            var file = output?.FullName ?? EvidenceEndpoints.FileName(grant);
            await File.WriteAllTextAsync(file, outcome.Value.ToText(), cancellation);
            System.Console.WriteLine($"The evidence is in {file}. Check it with lapse verify-evidence, or with a verifier of your own (docs/evidence.md).");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KeyFolderException or ProviderSettingsException)
        {
            return Console.Refuse(e.Message);
        }
    }
}
