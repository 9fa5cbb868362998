using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Infrastructure.Rbac;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What takes longer to work out of an index than a page may wait each time; kept as long as the index itself is.</summary>
public sealed class RbacAnswers(RbacOptions options)
{
    private readonly ConditionalWeakTable<RbacIndex, Kept> _kept = [];

    /// <summary>The sensitive places of every cluster, the widest first.</summary>
    public ImmutableArray<Place> Places { get; } = Place.Usual(options.Audit.PrivilegedNamespaces);

    /// <summary>Who can become whom.</summary>
    public AttackPaths PathsOf(RbacIndex index) => KeptOf(index).Paths.Value;

    /// <summary>Who reaches which of the <see cref="Places"/>.</summary>
    public ImmutableArray<Reacher> ReachersOf(RbacIndex index) => KeptOf(index).Reachers.Value;

    private Kept KeptOf(RbacIndex index) => _kept.GetValue(index, one => new(new(() => new AttackPaths(one)), new(() => one.Reaches(Places))));

    private sealed record Kept(Lazy<AttackPaths> Paths, Lazy<ImmutableArray<Reacher>> Reachers);
}
