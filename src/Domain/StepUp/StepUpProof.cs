namespace Lapse.Domain.StepUp;

/// <summary>
/// The evidence that answered a challenge: what the token said, the token itself (encrypted), and the key that verified it.
/// Unique by challenge, by nonce, and by person and time of authentication, so that no authentication counts twice.
/// </summary>
public sealed class StepUpProof
{
    /// <summary>The id.</summary>
    public required StepUpProofId Id { get; init; }

    /// <summary>The challenge it answered.</summary>
    public required StepUpChallengeId ChallengeId { get; init; }

    /// <summary>Who.</summary>
    public required PersonId PersonId { get; init; }

    /// <summary>The issuer of the token.</summary>
    public required string Issuer { get; init; }

    /// <summary>The token's <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The token's nonce.</summary>
    public required string Nonce { get; init; }

    /// <summary>The salt of the challenge; with the act's digest it gives the nonce.</summary>
    public required byte[] Salt { get; init; }

    /// <summary>When the challenge was made; part of the nonce.</summary>
    public required DateTimeOffset ChallengedAt { get; init; }

    /// <summary>When the provider says the person authenticated.</summary>
    public required DateTimeOffset AuthenticatedAt { get; init; }

    /// <summary>The token's <c>acr</c>; <see langword="null"/> if it has none.</summary>
    public string? Acr { get; init; }

    /// <summary>The token's <c>amr</c>.</summary>
    public required string[] Amr { get; init; }

    /// <summary>The groups in the token.</summary>
    public required string[] Groups { get; init; }

    /// <summary>The id_token, encrypted under a key outside the database.</summary>
    public required byte[] SealedToken { get; init; }

    /// <summary>SHA-256 of the id_token.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>The <c>kid</c> of the provider's key that verified it; with the issuer it names a pinned key.</summary>
    public required string KeyId { get; init; }

    /// <summary>When Lapse verified it.</summary>
    public required DateTimeOffset VerifiedAt { get; init; }
}
