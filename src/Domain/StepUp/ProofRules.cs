namespace Lapse.Domain.StepUp;

/// <summary>What a verified id_token says. Its signature has been checked before this is made.</summary>
/// <param name="Issuer"><c>iss</c>.</param>
/// <param name="Audiences">Every <c>aud</c>.</param>
/// <param name="AuthorizedParty"><c>azp</c>, if any.</param>
/// <param name="Subject"><c>sub</c>.</param>
/// <param name="Nonce"><c>nonce</c>.</param>
/// <param name="AuthenticatedAt"><c>auth_time</c>.</param>
/// <param name="Acr"><c>acr</c>.</param>
/// <param name="Amr"><c>amr</c>.</param>
/// <param name="Groups">The groups; <see langword="null"/> when the token does not say, or says that it could not say all.</param>
/// <param name="IssuedAt"><c>iat</c>, if any. Only tells a clock that is behind from an old authentication; nothing is let through by it.</param>
public sealed record ProofClaims(
    string Issuer,
    IReadOnlyList<string> Audiences,
    string? AuthorizedParty,
    string Subject,
    string? Nonce,
    DateTimeOffset? AuthenticatedAt,
    string? Acr,
    IReadOnlyList<string> Amr,
    IReadOnlyList<string>? Groups,
    DateTimeOffset? IssuedAt = null);

/// <summary>Whom a token has to be from, for and about.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="ClientId">Lapse at the provider.</param>
/// <param name="Subject">The signed-in person's <c>sub</c> at that provider.</param>
/// <param name="LastAuthenticatedAt"><c>auth_time</c> of this person's newest earlier proof; <see langword="null"/> if there is none.</param>
/// <param name="Requirement">What proves the factor.</param>
public sealed record ProofExpectation(string Issuer, string ClientId, string Subject, DateTimeOffset? LastAuthenticatedAt, StepUpRequirement Requirement);

/// <summary>Whether a token answers a challenge (design, “Step-up”). Each rule has a code of its own.</summary>
public static class ProofRules
{
    /// <summary>How far the provider's clock may be behind.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(5);

    /// <summary>The first rule that the token breaks; <see langword="null"/> if it answers the challenge.</summary>
    public static Refusal? Check(StepUpChallenge challenge, ProofClaims claims, ProofExpectation expected, DateTimeOffset now)
    {
        if (challenge.ConsumedAt is not null || challenge.AbandonedAt is not null || challenge.ProvedAt is not null)
            return new("ChallengeUsed", "This confirmation has been used already. Nothing more was done.");
        if (challenge.StartedAt is null) return new("ChallengeNotStarted", "This confirmation was not started here. Nothing was done.");
        if (challenge.ExpiresAt <= now) return new("ChallengeExpired", "The confirmation took too long. Nothing was done and nothing you wrote is lost; confirm again.");
        if (!string.Equals(claims.Issuer, expected.Issuer, StringComparison.Ordinal)) return new("WrongIssuer", "The answer came from another identity provider. Nothing was done.");
        if (claims.Audiences.Count != 1 || !string.Equals(claims.Audiences[0], expected.ClientId, StringComparison.Ordinal)
            || (claims.AuthorizedParty is { } party && !string.Equals(party, expected.ClientId, StringComparison.Ordinal)))
            return new("WrongAudience", "The answer was meant for another application. Nothing was done.");
        if (!string.Equals(claims.Subject, expected.Subject, StringComparison.Ordinal))
            return new("OtherPerson", "Somebody else signed in at the identity provider. Nothing was done; confirm again as yourself.");
        if (!StepUpNonce.Equal(challenge.Nonce, claims.Nonce)) return new("WrongNonce", "The answer belongs to another confirmation. Nothing was done.");
        if (claims.AuthenticatedAt is not { } authenticated) return new("NoAuthTime", "The identity provider did not say when you signed in, so it proves nothing fresh. Tell an admin.");
        // A token with this nonce cannot have been made before there was this nonce.
        if (authenticated < Second(challenge.CreatedAt) - Skew && claims.IssuedAt < Second(challenge.CreatedAt) - Skew)
            return new("ProviderBehind", "The identity provider's clock is behind Lapse's, so that what it says about you looks old. Nothing was done and nothing you wrote is lost; tell an admin.");
        if (authenticated < Second(challenge.CreatedAt) - Skew) return new("NotFresh", "The identity provider did not ask you again. Nothing was done; tell an admin if this happens twice.");
        if (authenticated > now + Skew) return new("FromTheFuture", "The identity provider's clock is ahead. Nothing was done; tell an admin.");
        if (expected.LastAuthenticatedAt is { } last && authenticated <= last)
            return new("SameAuthentication", "You confirmed something else with this same sign-in. Nothing was done; confirm again.");
        if (!expected.Requirement.IsSatisfiedBy(claims.Acr, [.. claims.Amr]))
            return new("FactorMissing", "The identity provider did not confirm a second factor. Nothing was done; enrol one, then confirm again.");
        if (claims.Groups is null) return new("GroupsUnknown", "The identity provider did not say which groups you are in. Nothing was done; tell an admin.");
        return null;
    }

    // auth_time is in whole seconds (OpenID Connect Core 1.0, section 2): compared with the second in which the challenge was made.
    private static DateTimeOffset Second(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
