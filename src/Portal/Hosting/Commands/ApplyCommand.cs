using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lapse.Infrastructure.Keys;
using Lapse.Portal.Features.Configuration;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse apply --file FILE</c>: an operator's way to configure, signed with the installation's key.</summary>
internal static class ApplyCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    public static Command Create()
    {
        var file = new Option<FileInfo>("--file") { Description = "JSON with workflows, clusters and entries; see docs/configuration.md.", Required = true };
        var command = new Command("apply", "Bring clusters, workflows and catalogue to what a file says (needs ConnectionStrings:Portal and Lapse:Keys).") { file };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(file), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, CancellationToken cancellation)
    {
        try
        {
            var configuration = JsonSerializer.Deserialize<AppliedConfiguration>(await File.ReadAllBytesAsync(file.FullName, cancellation), Json)!;
            await using var services = VerbServices.WithKeys(Configuration.Read());
            if (services is null) return Console.Refuse("ConnectionStrings:Portal is not set.");
            var outcome = await services.GetRequiredService<ApplyConfiguration>().ApplyAsync(configuration, cancellation);
            if (!outcome.Succeeded) return Console.Refuse(outcome.Refusal!.Message);
            System.Console.WriteLine(outcome.Value.Count == 0 ? "Everything is as the file says already." : string.Join(Environment.NewLine, outcome.Value.Select(change => $"Applied {change}.")));
            return 0;
        }
        catch (Exception e) when (e is JsonException or IOException or FormatException or KeyFolderException)
        {
            return Console.Refuse($"{file.Name}: {e.Message}");
        }
    }
}
