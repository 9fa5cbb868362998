using System.Text.Json;
using Lapse.Domain.Catalogue;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>In the sandbox the cluster may still be built while the portal runs; a file says how far it is.</summary>
/// <param name="file">The file; <see langword="null"/> outside the sandbox.</param>
internal sealed class SandboxClusterStatus(string? file)
{
    /// <summary>What the file says of a cluster that does not answer; <see langword="null"/> if nothing helps.</summary>
    public ClusterSight? Read()
    {
        if (file is null || !File.Exists(file)) return null;
        try
        {
            var said = JsonSerializer.Deserialize<Status>(File.ReadAllText(file), JsonSerializerOptions.Web);
            return said switch
            {
                { State: "starting" } => new(ClusterState.Starting, said.Message ?? "The cluster is being started.", said.Percent, null),
                { State: "failed" } => new(ClusterState.Unreachable, said.Message ?? "The cluster could not be started.", null, null),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null;
        }
    }

    private sealed record Status(string? State, string? Message, int? Percent);
}

/// <summary>What was seen of a cluster.</summary>
internal sealed record ClusterSight(ClusterState State, string Message, int? Percent, string? Version);
