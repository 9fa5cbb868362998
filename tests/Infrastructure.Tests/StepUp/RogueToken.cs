using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>How an id_token is signed.</summary>
public enum Signing
{
    Right,
    OtherKeySameId,
    OtherKeyOtherId,
    Hs256WithSecret,
    Hs256WithPublicKey,
    NoSignature,
    SignatureCutOff,
}

/// <summary>What an id_token says; by default everything that is right.</summary>
public sealed record RogueToken
{
    public const string Mfa = "urn:lapse:mfa";

    public string Subject { get; init; } = "alice-sub";

    public string Name { get; init; } = "Alice Ames";

    public string UserName { get; init; } = "alice";

    public string? Issuer { get; init; }

    public string[] Audiences { get; init; } = ["lapse"];

    public string? AuthorizedParty { get; init; }

    public string? Nonce { get; init; }

    public bool OmitNonce { get; init; }

    /// <summary>Seconds after the provider's now; <see langword="null"/> leaves auth_time out.</summary>
    public int? AuthTimeOffset { get; init; } = 0;

    public DateTimeOffset? AuthTime { get; init; }

    public string? Acr { get; init; } = Mfa;

    public string[] Amr { get; init; } = ["pwd", "otp", "mfa"];

    public string[]? Groups { get; init; } = ["developers"];

    public JsonObject More { get; init; } = [];

    public bool Expired { get; init; }

    public Signing Signing { get; init; }

    public string Write(string issuer, string nonce, RogueKey key, DateTimeOffset now)
    {
        var real = DateTimeOffset.UtcNow > now ? DateTimeOffset.UtcNow : now;
        var payload = new JsonObject
        {
            ["iss"] = Issuer ?? issuer,
            ["sub"] = Subject,
            ["aud"] = Audiences.Length == 1 ? JsonValue.Create(Audiences[0]) : new JsonArray([.. Audiences.Select(a => (JsonNode)a)]),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (Expired ? now.AddMinutes(-10) : real.AddMinutes(30)).ToUnixTimeSeconds(),
            ["name"] = Name,
            ["preferred_username"] = UserName,
            ["email"] = $"{UserName}@example.com",
            ["email_verified"] = true,
            ["amr"] = new JsonArray([.. Amr.Select(a => (JsonNode)a)]),
        };
        if (!OmitNonce) payload["nonce"] = Nonce ?? nonce;
        if (AuthorizedParty is not null) payload["azp"] = AuthorizedParty;
        if (AuthTime is { } time) payload["auth_time"] = time.ToUnixTimeSeconds();
        else if (AuthTimeOffset is { } offset) payload["auth_time"] = now.ToUnixTimeSeconds() + offset;
        if (Acr is not null) payload["acr"] = Acr;
        if (Groups is not null) payload["groups"] = new JsonArray([.. Groups.Select(g => (JsonNode)g)]);
        foreach (var (name, value) in More) payload[name] = value?.DeepClone();
        return Sign(payload, key);
    }

    private string Sign(JsonObject payload, RogueKey key)
    {
        return Signing switch
        {
            Signing.Right => key.Sign(payload),
            Signing.OtherKeySameId => new RogueKey(key.Id, isOther: true).Sign(payload),
            Signing.OtherKeyOtherId => new RogueKey("k-unknown").Sign(payload),
            Signing.Hs256WithSecret => Hmac(payload, key.Id, Encoding.UTF8.GetBytes(RogueProvider.Secret)),
            Signing.Hs256WithPublicKey => Hmac(payload, key.Id, Encoding.UTF8.GetBytes(key.PublicPem)),
            Signing.NoSignature => Head("none", key.Id) + "." + RogueKey.Part(payload) + ".",
            _ => key.Sign(payload)[..^20],
        };
    }

    private static string Hmac(JsonObject payload, string id, byte[] secret)
    {
        var input = Head("HS256", id) + "." + RogueKey.Part(payload);
        return input + "." + Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)));
    }

    private static string Head(string algorithm, string id) => RogueKey.Part(new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = id });
}

/// <summary>An RSA key with an id.</summary>
/// <param name="id">The id.</param>
/// <param name="isOther">Whether it is another key than the one that has this id everywhere else.</param>
public sealed class RogueKey(string id, bool isOther = false)
{
    // To make one costs more than all that a test does with it, so each is made once for all tests.
    private static readonly ConcurrentDictionary<(string Id, bool IsOther), Lazy<RSA>> Made = [];

    private readonly RSA _rsa = Made.GetOrAdd((id, isOther), _ => new(() => RSA.Create(2048))).Value;

    public string Id { get; } = id;

    public string PublicPem
    {
        get
        {
            lock (_rsa) return _rsa.ExportSubjectPublicKeyInfoPem();
        }
    }

    public JsonObject Jwk()
    {
        RSAParameters key;
        lock (_rsa) key = _rsa.ExportParameters(false);
        return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = Id, ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) };
    }

    public string Sign(JsonObject payload)
    {
        var input = Part(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = Id }) + "." + Part(payload);
        lock (_rsa) return input + "." + Base64Url.EncodeToString(_rsa.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
