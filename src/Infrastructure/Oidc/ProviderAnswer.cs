using System.Globalization;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.StepUp;

namespace Lapse.Infrastructure.Oidc;

/// <summary>
/// Says in exact words what is wrong with a provider's answer, for the admin who tests it: which claim came how, and what was
/// wanted. Names what the provider reports about the sign-in and nothing that could be used as a token.
/// </summary>
public static class ProviderAnswer
{
    private const int LongestValue = 100;

    /// <summary>Everything that is wrong, one sentence each; empty when the answer is as it should be.</summary>
    /// <param name="token">The answer.</param>
    /// <param name="profile">How the provider is asked and judged.</param>
    /// <param name="expected">Whom it has to be from, for and about.</param>
    /// <param name="challenge">What it answers.</param>
    /// <param name="now">When it came.</param>
    public static IReadOnlyList<string> Faults(VerifiedToken token, ProviderProfile profile, ProofExpectation expected, StepUpChallenge challenge, DateTimeOffset now) =>
    [
        .. new[]
        {
            Time(token, expected.LastAuthenticatedAt, challenge.CreatedAt, now),
            Factor(token, profile),
            Groups(token, profile.GroupsClaim),
            token.Claims.Audiences is [var audience] && audience == expected.ClientId ? null : $"aud came as {List(token.Claims.Audiences)}; only {Quoted(expected.ClientId)} is wanted.",
            token.Claims.Issuer == expected.Issuer ? null : $"iss came as {Quoted(token.Claims.Issuer)}; {Quoted(expected.Issuer)} is wanted.",
            token.Claims.Nonce == challenge.Nonce ? null : token.Claims.Nonce is null ? "nonce is absent." : "nonce came as something else than was sent.",
        }.OfType<string>(),
    ];

    private static string? Time(VerifiedToken token, DateTimeOffset? last, DateTimeOffset asked, DateTimeOffset now)
    {
        if (!token.All.TryGetValue("auth_time", out var raw)) return "auth_time is absent.";
        if (token.Claims.AuthenticatedAt is not { } time) return $"auth_time came as {Raw(raw)}; a number of seconds since 1970 is wanted.";
        if (time < asked - ProofRules.Skew - TimeSpan.FromSeconds(1)) return $"auth_time came as {Text(time)}, {Words.Duration(asked - time)} before Lapse asked at {Text(asked)}: the provider used an earlier sign-in, although prompt=login and max_age=0 were sent.";
        if (time > now + ProofRules.Skew) return $"auth_time came as {Text(time)}, {Words.Duration(time - now)} ahead of Lapse's clock.";
        return last is { } earlier && time <= earlier ? $"auth_time came as {Text(time)}, no later than that of an earlier confirmation ({Text(earlier)})." : null;
    }

    private static string? Factor(VerifiedToken token, ProviderProfile profile)
    {
        if (profile.Requirement.IsSatisfiedBy(token.Claims.Acr, [.. token.Claims.Amr])) return null;
        List<string> parts = [];
        if (profile.Requirement.Acr.Count > 0) parts.Add($"{profile.AcrClaim} {Came(token, profile.AcrClaim)}, wanted is {Choice(profile.Requirement.Acr)}");
        if (profile.Requirement.Amr.Count > 0) parts.Add($"amr {Came(token, "amr")}, wanted is {Choice(profile.Requirement.Amr)}");
        return string.Join("; or ", parts) + ".";
    }

    private static string? Groups(VerifiedToken token, string claim)
    {
        if (token.Claims.Groups is not null) return null;
        if (token.All.ContainsKey("_claim_names") || token.All.ContainsKey("hasgroups")) return $"The token says that the groups are elsewhere ({(token.All.ContainsKey("hasgroups") ? "hasgroups" : "_claim_names")}): they were too many for it. Let the provider send only the groups that are assigned to Lapse.";
        return token.All.TryGetValue(claim, out var raw) ? $"{claim} came as {Raw(raw)}; a list of texts is wanted." : $"{claim}, the claim with the groups, is absent.";
    }

    private static string Came(VerifiedToken token, string claim) => token.All.TryGetValue(claim, out var raw) ? $"came as {Raw(raw)}" : "is absent";

    private static string Choice(IReadOnlyList<string> values) => values.Count == 1 ? Quoted(values[0]) : $"one of {List(values)}";

    private static string List(IReadOnlyList<string> values) => values.Count == 0 ? "nothing" : string.Join(", ", values.Select(Quoted));

    private static string Raw(JsonElement value) => value.ValueKind == JsonValueKind.String ? Quoted(value.GetString()!) : Plain(value.GetRawText());

    private static string Quoted(string value) => $"“{Plain(value)}”";

    // The provider's own words: cut, and nothing invisible among them.
    private static string Plain(string value)
    {
        var plain = new string([.. value.Where(c => !char.IsControl(c) && !char.IsSurrogate(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format)]);
        return plain.Length <= LongestValue ? plain : plain[..LongestValue] + "…";
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
