using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>An OpenID provider without any server: it mints id_tokens, and its public key can be pinned as if Lapse had seen it.</summary>
public sealed class TestIssuer : IDisposable
{
    public const string ClientId = "lapse";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly JsonWebTokenHandler _handler = new();

    public TestIssuer(string issuer = World.Issuer) => Issuer = issuer;

    public string Issuer { get; }

    public string KeyId { get; } = $"test-{Guid.NewGuid():N}";

    /// <summary>The provider's settings as the portal would have them.</summary>
    public ProviderOptions Options => new() { Authority = Issuer, ClientId = ClientId, ClientSecret = "secret", Profile = ProviderProfile.Sandbox };

    /// <summary>Mints an id_token.</summary>
    public string Token(string subject, string userName, string nonce, DateTimeOffset authenticated, IEnumerable<string> groups, string acr = "urn:lapse:mfa", string audience = ClientId) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        SigningCredentials = new(new ECDsaSecurityKey(_key) { KeyId = KeyId }, SecurityAlgorithms.EcdsaSha256),
        Issuer = Issuer,
        Audience = audience,
        IssuedAt = authenticated.UtcDateTime,
        Expires = authenticated.UtcDateTime.AddMinutes(5),
        NotBefore = authenticated.UtcDateTime,
        Claims = new Dictionary<string, object>
        {
            ["sub"] = subject,
            ["preferred_username"] = userName,
            ["nonce"] = nonce,
            ["auth_time"] = authenticated.ToUnixTimeSeconds(),
            ["acr"] = acr,
            ["amr"] = new[] { "pwd", "otp", "mfa" },
            ["groups"] = groups.ToArray(),
        },
    });

    /// <summary>The pin that Lapse makes when it first sees the key at the provider.</summary>
    public ProviderKey Pin(InstallationKey installation, DateTimeOffset now)
    {
        var point = _key.ExportParameters(false).Q;
        var jwk = CanonicalJson.ToText(new JsonObject { ["kty"] = "EC", ["kid"] = KeyId, ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(point.X), ["y"] = Base64UrlEncoder.Encode(point.Y) });
        var content = Encoding.UTF8.GetBytes(JsonSerializer.Serialize((string[])[Issuer, KeyId, jwk]));
        return new() { Issuer = Issuer, KeyId = KeyId, Jwk = jwk, Signature = installation.Sign("lapse/provider-key/v1", content), SeenAt = now };
    }

    public void Dispose() => _key.Dispose();
}
