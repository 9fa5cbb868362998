using System.Text.Json;

namespace Lapse.Infrastructure.Oidc;

/// <summary>Reads the groups of a token. What the token does not say whole is unknown, and unknown refuses.</summary>
public static class GroupClaims
{
    /// <summary>
    /// The groups: an array of texts, or one text where a provider writes a single member so. <see langword="null"/> when the claim is
    /// absent, of another form, or when the token says that the groups are elsewhere (<c>_claim_names</c>, OpenID Connect Core 1.0,
    /// section 5.6.2; <c>hasgroups</c> and the overage of Entra ID).
    /// </summary>
    public static IReadOnlyList<string>? Read(IReadOnlyDictionary<string, JsonElement> claims, string name)
    {
        if (claims.ContainsKey("_claim_names") || claims.ContainsKey("hasgroups")) return null;
        if (!claims.TryGetValue(name, out var groups)) return null;
        return groups.ValueKind switch
        {
            JsonValueKind.String => [groups.GetString()!],
            JsonValueKind.Array when groups.EnumerateArray().All(g => g.ValueKind == JsonValueKind.String) =>
                [.. groups.EnumerateArray().Select(g => g.GetString()!).Distinct(StringComparer.Ordinal)],
            _ => null,
        };
    }
}
