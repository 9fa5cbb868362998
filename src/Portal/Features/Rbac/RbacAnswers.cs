using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Infrastructure.Rbac;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What takes longer to work out of an index than a page may wait each time; kept as long as the index itself is.</summary>
public sealed class RbacAnswers(RbacOptions options)
{
    private readonly ConditionalWeakTable<RbacIndex, Kept> _kept = [];

    // With more there are more columns than anybody reads, and each is asked of every binding.
    private const int MostLearnt = 12;

    /// <summary>The privileged namespaces of a state: those that are named, then those that the audit learns from who is there.</summary>
    public ImmutableArray<PrivilegedNamespace> PrivilegedOf(RbacIndex index) => KeptOf(index).Privileged.Value;

    /// <summary>The sensitive places of a state, the widest first; where namespaces were learnt, each privileged one is one place.</summary>
    public ImmutableArray<Place> PlacesOf(RbacIndex index) => KeptOf(index).Places.Value;

    /// <summary>The widest places, and those of one privileged namespace; empty if it is none.</summary>
    public ImmutableArray<Place> PlacesIn(RbacIndex index, string space) =>
        KeptOf(index).Details.Value.Where(place => place.Namespace == space).ToList() is { Count: > 0 } details ? [.. PlacesOf(index).Where(place => place.Namespace.Length == 0), .. details] : [];

    /// <summary>Who can become whom.</summary>
    public AttackPaths PathsOf(RbacIndex index) => KeptOf(index).Paths.Value;

    /// <summary>Who reaches which of the places.</summary>
    public ImmutableArray<Reacher> ReachersOf(RbacIndex index) => KeptOf(index).Reachers.Value;

    private Kept KeptOf(RbacIndex index) => _kept.GetValue(index, one => new Kept(one, options.Audit.PrivilegedNamespaces));

    private sealed class Kept
    {
        public Kept(RbacIndex index, ImmutableArray<string> named)
        {
            Paths = new(() => new AttackPaths(index));
            Privileged = new(() =>
            [
                .. named.Select(space => new PrivilegedNamespace(space, null)),
                .. PrivilegedNamespaces.Learnt(index.State, Paths.Value).Where(space => !named.Contains(space.Key)).OrderBy(space => space.Key, StringComparer.Ordinal).Take(MostLearnt).Select(space => new PrivilegedNamespace(space.Key, space.Value)),
            ]);
            // Several namespaces with each of their places are more than one can take in: then each is one place, and has its own when it is chosen.
            Places = new(() => Privileged.Value.Length == named.Length ? Place.Usual(named) : [.. Place.Usual([]), .. Privileged.Value.Select(space => Place.ControlOf(space.Name))]);
            Details = new(() => Privileged.Value.Length == named.Length ? [.. Places.Value.Where(place => place.Namespace.Length > 0)] : [.. Privileged.Value.SelectMany(space => Place.Of(space.Name))]);
            Reachers = new(() => index.Reaches([.. Places.Value.Union(Details.Value)]));
        }

        public Lazy<AttackPaths> Paths { get; }

        public Lazy<ImmutableArray<PrivilegedNamespace>> Privileged { get; }

        public Lazy<ImmutableArray<Place>> Places { get; }

        public Lazy<ImmutableArray<Place>> Details { get; }

        public Lazy<ImmutableArray<Reacher>> Reachers { get; }
    }
}
