using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Snapshots;

/// <summary>
/// What stood in a cluster's RBAC at a moment. There is a new one only when something is different from the one before; its
/// objects are those whose interval (<see cref="RbacObjectVersion"/>) has its number in it.
/// </summary>
public sealed class RbacSnapshot
{
    /// <summary>Its id.</summary>
    public required RbacSnapshotId Id { get; init; }

    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>Which one of the cluster, from 1, without gaps as they are written.</summary>
    public required int Number { get; init; }

    /// <summary>When Lapse began to read it.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>How many objects there are of each kind.</summary>
    public required IReadOnlyDictionary<string, int> Objects { get; init; }

    /// <summary>Objects that were not in the one before.</summary>
    public required int Added { get; init; }

    /// <summary>Objects that say something else than in the one before.</summary>
    public required int Changed { get; init; }

    /// <summary>Objects that were in the one before.</summary>
    public required int Removed { get; init; }

    /// <summary>What could not be read.</summary>
    public required IReadOnlyList<Gap> Gaps { get; init; }

    /// <summary>The kinds that could not be read: their objects stand as last seen, and are not part of this state.</summary>
    public required string[] UnreadKinds { get; init; }

    /// <summary>The content that says what the cluster serves.</summary>
    public required byte[] ServedDigest { get; init; }

    /// <summary>The checks that could not be made on it.</summary>
    public required IReadOnlyList<NotEvaluated> NotEvaluated { get; init; }

    /// <summary>Standing findings that are critical, accepted ones among them.</summary>
    public required int Critical { get; init; }

    /// <summary>Standing findings that are high, accepted ones among them.</summary>
    public required int High { get; init; }

    /// <summary>Standing findings that are medium, accepted ones among them.</summary>
    public required int Medium { get; init; }

    /// <summary>Standing findings that are low, accepted ones among them.</summary>
    public required int Low { get; init; }

    /// <summary>Standing findings that are worth knowing, accepted ones among them.</summary>
    public required int Info { get; init; }

    /// <summary>How many of all these were accepted then.</summary>
    public required int Accepted { get; init; }
}
