using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Oidc;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Lapse.Infrastructure.Evidence;

/// <summary>What a token of a bundle turned out to say.</summary>
/// <param name="Issuer">Who vouches.</param>
/// <param name="Subject">For whom.</param>
/// <param name="At">When that person authenticated.</param>
/// <param name="Groups">The groups in the token; <see langword="null"/> when it does not say.</param>
/// <param name="Claims">Every claim of the token.</param>
/// <param name="Sha256">SHA-256 of the token, lower hex.</param>
internal sealed record BundleToken(string Issuer, string Subject, DateTimeOffset At, IReadOnlyList<string>? Groups, IReadOnlyDictionary<string, JsonElement> Claims, string Sha256)
{
    /// <summary>The claims as <see cref="Domain.Access.ClusterUserName"/> reads them.</summary>
    public IEnumerable<Claim> AsClaims() => Claims
        .Where(claim => claim.Value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False)
        .Select(claim => new Claim(claim.Key, claim.Value.ToString()));
}

/// <summary>Verifies the step-up proofs of a bundle: the provider's signature over a nonce that is computed from the act.</summary>
/// <param name="bundle">The bundle.</param>
/// <param name="installation">The installation's key, which vouches for the provider's.</param>
internal sealed class BundleTokens(JsonObject bundle, ECDsa installation)
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    /// <summary>The provider's keys that the installation pinned, by issuer and id.</summary>
    public IReadOnlyDictionary<(string Issuer, string KeyId), string> Keys()
    {
        var keys = new Dictionary<(string, string), string>();
        foreach (var pinned in bundle.List("providerKeys"))
        {
            var signed = pinned.Text("signed");
            BundleFault.Unless(InstallationSignature.Verify(installation, ProviderKeys.Purpose, Encoding.UTF8.GetBytes(signed), pinned.Bytes("signature")), "A key of the provider was not pinned by this installation.");
            BundleFault.Unless(JsonSerializer.Deserialize<string[]>(signed) is [_, _, _], "A pinned key is not written as issuer, id and key.");
            var parts = JsonSerializer.Deserialize<string[]>(signed)!;
            keys[(parts[0], parts[1])] = parts[2];
        }
        return keys;
    }

    /// <summary>Verifies one proof.</summary>
    /// <param name="proof">The proof; a bundle may lack it.</param>
    /// <param name="kind">The act that it must be for.</param>
    /// <param name="person">Whose it must be.</param>
    public async Task<BundleToken> VerifyAsync(JsonObject? proof, ActKind kind, string person)
    {
        BundleFault.Unless(proof is not null, "There is no step-up proof.");
        var act = proof.Object("act");
        BundleFault.Unless(act.Text("act") == kind.ToString(), "The proof is for another kind of act.");
        BundleFault.Unless(act.Text("person") == person, "The proof is for an act of somebody else.");
        var token = await TokenAsync(proof.TextOrNull("token") ?? throw new BundleFault("The token could not be opened when the bundle was made."));

        var salt = proof.Bytes("salt");
        BundleFault.Unless(salt.Length == StepUpNonce.SaltLength && long.TryParse(proof.Text("challengedTicks"), NumberStyles.None, CultureInfo.InvariantCulture, out _), "Salt or time of the challenge cannot be read.");
        var nonce = StepUpNonce.Compute(salt, CanonicalJson.Digest(act), new DateTimeOffset(long.Parse(proof.Text("challengedTicks"), CultureInfo.InvariantCulture), TimeSpan.Zero));
        BundleFault.Unless(StepUpNonce.Equal(nonce, token.Claims.TryGetValue("nonce", out var said) ? said.ToString() : null), "The token was given for another act: its nonce is not the one that this act gives.");

        var known = bundle.List("people").FirstOrDefault(one => one.Text("id") == person) ?? throw new BundleFault("The bundle does not say who the person is.");
        BundleFault.Unless(known.Text("issuer") == token.Issuer && known.Text("subject") == token.Subject, "The token is of somebody else.");
        return token;
    }

    private async Task<BundleToken> TokenAsync(string text)
    {
        JsonWebToken token;
        try
        {
            token = Handler.ReadJsonWebToken(text);
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException or JsonException)
        {
            throw new BundleFault("A token cannot be read.");
        }
        var (issuer, client) = (bundle.Text("provider", "issuer"), bundle.Text("provider", "client"));
        BundleFault.Unless(token.Issuer == issuer, "A token is by another provider.");
        BundleFault.Unless(Keys().TryGetValue((issuer, token.Kid), out var jwk), "A token is signed with a key that is not among the pinned ones.");
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = new JsonWebKey(jwk),
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            ValidAlgorithms = TokenVerifier.Algorithms,
            ValidIssuer = issuer,
            ValidateAudience = false,
            // It was verified in its time when it came; now it is evidence.
            ValidateLifetime = false,
        });
        BundleFault.Unless(result.IsValid, "The provider's signature over a token is wrong.");
        BundleFault.Unless(token.Audiences.ToList() is [var audience] && audience == client, "A token was not meant for Lapse alone.");

        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var claims = payload.RootElement.EnumerateObject().ToDictionary(claim => claim.Name, claim => claim.Value.Clone(), StringComparer.Ordinal);
        BundleFault.Unless(claims.TryGetValue("auth_time", out var time), "A token does not say when the person authenticated.");
        BundleFault.Unless(long.TryParse(time.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds), "A token does not say when the person authenticated.");
        CheckFactor(claims);
        return new(token.Issuer, token.Subject, DateTimeOffset.FromUnixTimeSeconds(seconds), GroupClaims.Read(claims, bundle.Text("provider", "groupsClaim")), claims,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    private void CheckFactor(Dictionary<string, JsonElement> claims)
    {
        var requirement = new StepUpRequirement(bundle.Texts("provider", "acr"), bundle.Texts("provider", "amr"));
        var reported = Values(claims, bundle.Text("provider", "acrClaim"));
        BundleFault.Unless(requirement.IsSatisfiedBy(reported.FirstOrDefault(requirement.Acr.Contains), [.. Values(claims, "amr")]), "A token shows no second factor.");
    }

    private static IReadOnlyList<string> Values(Dictionary<string, JsonElement> claims, string name) =>
        !claims.TryGetValue(name, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!] : [];
}
