using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Rbac;

/// <summary>
/// What a role allows, in one canonical form: the same single permissions always give the same rules, text and digest,
/// however the cluster ordered, repeated or grouped them. Rules that allow nothing (no verb, no group) are not kept.
/// </summary>
public sealed class RoleRules : IEquatable<RoleRules>
{
    private string? _json;

    private RoleRules(ImmutableArray<PolicyRule> rules) => Rules = rules;

    /// <summary>A role that allows nothing.</summary>
    public static RoleRules Empty { get; } = new([]);

    /// <summary>The canonical rules: sorted, without repetition.</summary>
    public ImmutableArray<PolicyRule> Rules { get; }

    /// <summary>Whether the role allows nothing at all; such a role cannot be granted.</summary>
    public bool IsEmpty => Rules.IsEmpty;

    /// <summary>Brings rules as a cluster has them into the canonical form.</summary>
    /// <exception cref="FormatException">They come to more than <see cref="RuleAtoms.Max"/> single permissions.</exception>
    public static RoleRules From(IEnumerable<PolicyRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var compact = RuleAtoms.Compact(RuleAtoms.OfAll(rules));
        return compact.IsEmpty ? Empty : new RoleRules(compact);
    }

    /// <summary>Reads a JSON array of rules with the field names of Kubernetes.</summary>
    /// <param name="canonicalJson">What <see cref="ToCanonicalJson"/> wrote; other orders are read too.</param>
    /// <exception cref="FormatException">Not such an array: an unknown field, a list that is none, an item that is no text.</exception>
    public static RoleRules Parse(string canonicalJson) => From(PolicyRuleJson.Read(canonicalJson));

    /// <summary>The rules as canonical JSON (RFC 8785); empty lists are left out.</summary>
    public string ToCanonicalJson() =>
        _json ??= CanonicalJson.ToText(new JsonArray([.. Rules.Select(PolicyRuleJson.Write)]));

    /// <summary>SHA-256 of the canonical JSON as UTF-8, in lower-case hexadecimal.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToCanonicalJson())));

    /// <summary>The single permissions, sorted.</summary>
    public IEnumerable<PolicyRule> Atoms() => Rules.SelectMany(RuleAtoms.Of).Order(PolicyRuleOrder.Instance);

    /// <inheritdoc/>
    public bool Equals(RoleRules? other) => other is not null && Rules.AsSpan().SequenceEqual(other.Rules.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RoleRules);

    /// <inheritdoc/>
    public override int GetHashCode() => Rules.Aggregate(Rules.Length, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => ToCanonicalJson();
}
