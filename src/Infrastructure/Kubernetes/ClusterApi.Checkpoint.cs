using k8s;
using k8s.Models;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>The object in a cluster that keeps the ledger's newest checkpoint.</summary>
public sealed class CheckpointObject
{
    /// <summary>The name of the ConfigMap, in the namespace of Lapse's ServiceAccount.</summary>
    public const string Name = "lapse-checkpoint";

    /// <summary>The field with the signed checkpoint.</summary>
    public const string Field = "checkpoint";

    internal CheckpointObject(V1ConfigMap map) => Map = map;

    /// <summary>What is in it; empty while nothing is.</summary>
    public string Text => Map.Data is { } data && data.TryGetValue(Field, out var text) ? text : "";

    internal V1ConfigMap Map { get; }
}

public sealed partial class ClusterApi
{
    /// <summary>Reads the object with the checkpoint; <see cref="ClusterFailureKind.NotFound"/> if there is none.</summary>
    /// <param name="account">Lapse's ServiceAccount.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Task<ClusterResult<CheckpointObject>> ReadCheckpointAsync(ServiceAccountToken account, CancellationToken cancellationToken) => ClusterCalls.RunAsync<CheckpointObject>(
        async () =>
        {
            var map = await _client.CoreV1.ReadNamespacedConfigMapAsync(CheckpointObject.Name, Segment(account.Namespace), cancellationToken: cancellationToken);
            return ClusterCalls.Required(map?.Metadata).Name == CheckpointObject.Name ? new CheckpointObject(map!) : throw new FormatException("The answer is about another object.");
        },
        cancellationToken);

    /// <summary>Writes a checkpoint into the object as it was read; <see cref="ClusterFailureKind.Conflict"/> if somebody wrote it since.</summary>
    /// <param name="account">Lapse's ServiceAccount.</param>
    /// <param name="found">What was read.</param>
    /// <param name="text">The signed checkpoint.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Task<ClusterResult<CheckpointObject>> WriteCheckpointAsync(ServiceAccountToken account, CheckpointObject found, string text, CancellationToken cancellationToken) => ClusterCalls.RunAsync<CheckpointObject>(
        async () =>
        {
            var map = found.Map;
            map.Data = new Dictionary<string, string> { [CheckpointObject.Field] = text };
            return new CheckpointObject(ClusterCalls.Required(await _client.CoreV1.ReplaceNamespacedConfigMapAsync(map, CheckpointObject.Name, Segment(account.Namespace), cancellationToken: cancellationToken)));
        },
        cancellationToken);
}
