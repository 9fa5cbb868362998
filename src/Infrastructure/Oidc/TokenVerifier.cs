using System.Globalization;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.StepUp;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Lapse.Infrastructure.Oidc;

/// <summary>A token whose signature, issuer and form were verified. For whom it is and what it proves is for <see cref="ProofRules"/>.</summary>
/// <param name="Claims">What the rules of a step-up look at.</param>
/// <param name="All">Every claim.</param>
/// <param name="KeyId">The pinned key that verified it.</param>
public sealed record VerifiedToken(ProofClaims Claims, IReadOnlyDictionary<string, JsonElement> All, string KeyId);

/// <summary>Verifies id_tokens by pinned keys, when they arrive and whenever they are evidence later.</summary>
public sealed class TokenVerifier(ProviderKeys keys, ProviderOptions options, TimeProvider clock)
{
    /// <summary>The algorithms that are accepted: asymmetric ones only (RFC 7518, section 3.1).</summary>
    public static readonly IReadOnlyList<string> Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    /// <summary>Verifies a token that arrives now: by a key that the provider uses at this moment, unexpired, from the configured issuer.</summary>
    /// <exception cref="InvalidOperationException">The provider is not reachable.</exception>
    public async Task<Outcome<VerifiedToken>> VerifyAsync(string token, CancellationToken cancellation)
    {
        var read = Read(token);
        if (!read.Succeeded) return read.Refusal!;
        var (issuer, key) = await keys.FindCurrentAsync(read.Value.Kid, cancellation);
        return await VerifyAsync(read.Value, issuer, key, lifetime: true);
    }

    /// <summary>Verifies a token that was kept as evidence, by the key that was pinned then; that it has expired meanwhile does not matter.</summary>
    public async Task<Outcome<VerifiedToken>> VerifyEvidenceAsync(string token, CancellationToken cancellation)
    {
        var read = Read(token);
        if (!read.Succeeded) return read.Refusal!;
        var key = await keys.FindPinnedAsync(read.Value.Issuer, read.Value.Kid, cancellation);
        return await VerifyAsync(read.Value, read.Value.Issuer, key, lifetime: false);
    }

    private static Outcome<JsonWebToken> Read(string token)
    {
        JsonWebToken read;
        try
        {
            read = Handler.ReadJsonWebToken(token);
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException or JsonException)
        {
            return new Refusal("BadToken", "The identity provider's answer could not be read. Nothing was done; tell an admin.");
        }
        if (read.IsEncrypted) return new Refusal("BadToken", "The identity provider's answer is encrypted, which Lapse does not read. Nothing was done; tell an admin.");
        if (read.EncodedSignature.Length == 0 || read.Alg == SecurityAlgorithms.None) return new Refusal("Unsigned", "The identity provider's answer is not signed. Nothing was done; tell an admin.");
        if (!Algorithms.Contains(read.Alg, StringComparer.Ordinal))
            return new Refusal("WeakSignature", "The identity provider's answer is not signed with a key pair. Nothing was done; tell an admin.");
        if (!string.IsNullOrEmpty(read.Typ) && !string.Equals(read.Typ, "JWT", StringComparison.OrdinalIgnoreCase)) return new Refusal("BadToken", "The identity provider answered with another kind of token. Nothing was done; tell an admin.");
        return string.IsNullOrEmpty(read.Kid) ? new Refusal("UnknownKey", "The identity provider's answer does not say which key signed it. Nothing was done; tell an admin.") : read;
    }

    private async Task<Outcome<VerifiedToken>> VerifyAsync(JsonWebToken token, string issuer, SecurityKey? key, bool lifetime)
    {
        if (!string.Equals(token.Issuer, issuer, StringComparison.Ordinal)) return new Refusal("WrongIssuer", "The answer came from another identity provider. Nothing was done.");
        if (key is null) return new Refusal("UnknownKey", "The answer was signed with a key that the identity provider does not show. Nothing was done; tell an admin if this happens twice.");
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            ValidAlgorithms = Algorithms,
            ValidIssuer = issuer,
            // The audience is a rule of its own with a code of its own (ProofRules); sign-in checks it likewise.
            ValidateAudience = false,
            ValidateLifetime = lifetime,
            // The library asks a validator of one's own even where the lifetime is not validated.
            LifetimeValidator = (before, expires, _, _) => !lifetime || IsAlive(before, expires),
        });
        if (result.IsValid) return new VerifiedToken(Claims(token, out var all), all, token.Kid);
        if (result.Exception is SecurityTokenInvalidLifetimeException && token.ValidFrom > clock.GetUtcNow().UtcDateTime + ProofRules.Skew)
            return new Refusal("FromTheFuture", "The identity provider's clock is ahead. Nothing was done; tell an admin.");
        return result.Exception is SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException
            ? new Refusal("TokenExpired", "The identity provider's answer had expired when it came. Nothing was done; confirm again.")
            : new Refusal("BadSignature", "The signature of the identity provider's answer is wrong. Nothing was done; tell an admin.");
    }

    private bool IsAlive(DateTime? before, DateTime? expires)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + ProofRules.Skew && (before is not { } start || now >= start - ProofRules.Skew);
    }

    private ProofClaims Claims(JsonWebToken token, out Dictionary<string, JsonElement> all)
    {
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        all = payload.RootElement.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.Clone(), StringComparer.Ordinal);
        var profile = options.Effective();
        return new(
            token.Issuer,
            [.. token.Audiences],
            Text(all, "azp"),
            token.Subject,
            Text(all, "nonce"),
            Seconds(all, "auth_time"),
            Class(all, profile),
            Texts(all, "amr"),
            GroupClaims.Read(all, profile.GroupsClaim),
            Seconds(all, "iat"));
    }

    // Some providers report several classes (Entra ID's acrs); the one that satisfies the requirement is the one that counts.
    private static string? Class(Dictionary<string, JsonElement> claims, ProviderProfile profile)
    {
        var reported = Texts(claims, profile.AcrClaim);
        return reported.FirstOrDefault(r => profile.Requirement.Acr.Contains(r, StringComparer.Ordinal)) ?? (reported.Count > 0 ? reported[0] : null);
    }

    private static string? Text(Dictionary<string, JsonElement> claims, string name) =>
        claims.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> Texts(Dictionary<string, JsonElement> claims, string name) =>
        !claims.TryGetValue(name, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)]
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!] : [];

    // A number of seconds by the standard; some providers write it as text.
    private static DateTimeOffset? Seconds(Dictionary<string, JsonElement> claims, string name)
    {
        if (!claims.TryGetValue(name, out var value)) return null;
        long seconds;
        if (value.ValueKind == JsonValueKind.Number ? !value.TryGetInt64(out seconds) : !long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out seconds)) return null;
        return seconds is > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }
}
