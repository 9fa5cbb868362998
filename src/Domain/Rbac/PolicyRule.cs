using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>
/// One rule of a Role or ClusterRole (<c>rbac.authorization.k8s.io/v1 PolicyRule</c>), exactly as the API server keeps it.
/// Two rules are equal when their lists hold the same texts in the same order.
/// </summary>
public sealed record PolicyRule
{
    /// <summary>Stands for every verb, API group, resource with its subresources, or non-resource URL.</summary>
    public const string All = "*";

    /// <summary>What may be done; <c>*</c> is every verb. Verbs are free texts and differ by case.</summary>
    public ImmutableArray<string> Verbs { get; init => field = OrEmpty(value); } = [];

    /// <summary>API groups; <c>*</c> is every group, the empty text is the core group alone.</summary>
    public ImmutableArray<string> ApiGroups { get; init => field = OrEmpty(value); } = [];

    /// <summary><c>pods</c>, <c>pods/log</c>, <c>*/scale</c> or <c>*</c>. There is no wildcard such as <c>pods/*</c>.</summary>
    public ImmutableArray<string> Resources { get; init => field = OrEmpty(value); } = [];

    /// <summary>Names of objects; empty means any, and also no name at all.</summary>
    public ImmutableArray<string> ResourceNames { get; init => field = OrEmpty(value); } = [];

    /// <summary>Paths that are no resources, such as <c>/metrics</c> or <c>/healthz/*</c>; only a cluster-wide binding gives them.</summary>
    public ImmutableArray<string> NonResourceUrls { get; init => field = OrEmpty(value); } = [];

    /// <inheritdoc/>
    public bool Equals(PolicyRule? other) =>
        other is not null
        && Verbs.AsSpan().SequenceEqual(other.Verbs.AsSpan())
        && ApiGroups.AsSpan().SequenceEqual(other.ApiGroups.AsSpan())
        && Resources.AsSpan().SequenceEqual(other.Resources.AsSpan())
        && ResourceNames.AsSpan().SequenceEqual(other.ResourceNames.AsSpan())
        && NonResourceUrls.AsSpan().SequenceEqual(other.NonResourceUrls.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var list in (ReadOnlySpan<ImmutableArray<string>>)[Verbs, ApiGroups, Resources, ResourceNames, NonResourceUrls])
        {
            hash.Add(list.Length);
            foreach (var text in list) hash.Add(text, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    private static ImmutableArray<string> OrEmpty(ImmutableArray<string> list) => list.IsDefault ? [] : list;
}
