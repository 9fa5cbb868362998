namespace Lapse.Domain.StepUp;

/// <summary>
/// A public key of the provider, kept when it was first seen over the provider's own JWKS address and signed with the
/// installation's key: a key that somebody writes into the database verifies nothing.
/// </summary>
public sealed class ProviderKey
{
    /// <summary>The issuer.</summary>
    public required string Issuer { get; init; }

    /// <summary>The key's <c>kid</c> (RFC 7517).</summary>
    public required string KeyId { get; init; }

    /// <summary>The public key as a JWK.</summary>
    public required string Jwk { get; init; }

    /// <summary>ECDSA P-256 by the installation's key over issuer, kid and JWK.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>When it was first seen.</summary>
    public required DateTimeOffset SeenAt { get; init; }
}
