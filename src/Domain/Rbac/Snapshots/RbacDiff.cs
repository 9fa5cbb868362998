using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Snapshots;

/// <summary>What became of an object between two snapshots.</summary>
public enum RbacChangeKind
{
    /// <summary>It was not there.</summary>
    Added,

    /// <summary>It is not there any more.</summary>
    Removed,

    /// <summary>It says something else.</summary>
    Changed,

    /// <summary>It was deleted, and one of the same name was made.</summary>
    Replaced,
}

/// <summary>A part of an object that says something else.</summary>
/// <param name="Name">Such as <c>rules</c>, <c>subjects</c>, <c>labels</c>.</param>
/// <param name="Before">What is not there any more, a line each.</param>
/// <param name="After">What was not there, a line each.</param>
public sealed record RbacFieldChange(string Name, ImmutableArray<string> Before, ImmutableArray<string> After);

/// <summary>One object that is different.</summary>
/// <param name="Kind">How.</param>
/// <param name="Before">What it was; <see langword="null"/> if it was not there.</param>
/// <param name="After">What it is; <see langword="null"/> if it is not there any more.</param>
/// <param name="Fields">What is different in it; empty for what was added or removed.</param>
public sealed record RbacChange(RbacChangeKind Kind, RbacObject? Before, RbacObject? After, ImmutableArray<RbacFieldChange> Fields)
{
    /// <summary>The object, as it is or last was.</summary>
    public RbacObject What => After ?? Before!;

    /// <summary>The single permissions that a role has and had not; empty where it is no role or gives no more.</summary>
    public ImmutableArray<PolicyRule> Widens { get; init; } = [];

    /// <summary>Whether Lapse itself made it: a binding of the name of a grant's that this installation signed.</summary>
    public bool IsLapses { get; init; }

    /// <summary>Who did it, as the cluster knows them; empty while no activity of the cluster is known.</summary>
    public ImmutableArray<string> By { get; init; } = [];
}

/// <summary>What is different between two snapshots of a cluster.</summary>
/// <param name="From">The earlier one.</param>
/// <param name="To">The later one.</param>
/// <param name="Changes">By kind, namespace and name.</param>
/// <param name="NotCompared">The kinds that one of them could not read.</param>
public sealed record RbacDiff(RbacSnapshot From, RbacSnapshot To, ImmutableArray<RbacChange> Changes, ImmutableArray<string> NotCompared);
