using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace Lapse.Infrastructure.Oidc;

/// <summary>
/// The provider's public keys. Each is pinned when it is first seen at the provider's own JWKS address, signed by the
/// installation's key, so that a kept token can be verified years later and a key that somebody writes into the database
/// verifies nothing.
/// </summary>
public sealed partial class ProviderKeys(
    ProviderDiscovery discovery, IDbContextFactory<PortalDbContext> database, InstallationKey installation, TimeProvider clock, ILogger<ProviderKeys> log)
{
    /// <summary>What the installation's signature over a pinned key is for.</summary>
    public const string Purpose = "lapse/provider-key/v1";

    // By its whole text, and only after the signature over that was verified: the library prepares a key once for each instance.
    private readonly ConcurrentDictionary<string, JsonWebKey> _prepared = new(StringComparer.Ordinal);

    /// <summary>
    /// The key for a token that arrives now: at this moment in the provider's JWKS, and pinned. A key id that is not known yet
    /// makes Lapse look again, at most every 30 seconds.
    /// </summary>
    /// <param name="keyId">The token's <c>kid</c>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The issuer that the provider says it is, and the key; <see langword="null"/> if there is none.</returns>
    /// <exception cref="InvalidOperationException">The provider is not reachable.</exception>
    public async Task<(string Issuer, SecurityKey? Key)> FindCurrentAsync(string keyId, CancellationToken cancellation)
    {
        var configuration = await discovery.GetConfigurationAsync(cancellation);
        if (Offered(configuration.JsonWebKeySet, keyId) is null)
        {
            discovery.RequestRefresh();
            configuration = await discovery.GetConfigurationAsync(cancellation);
        }
        if (Offered(configuration.JsonWebKeySet, keyId) is not { } offered) return (configuration.Issuer, null);

        var jwk = PublicPart(offered);
        if (await PinnedAsync(configuration.Issuer, keyId, cancellation) is not { } pinned)
        {
            await PinAsync(configuration.Issuer, keyId, jwk, cancellation);
            pinned = await PinnedAsync(configuration.Issuer, keyId, cancellation) ?? throw new InvalidOperationException("A key that was just pinned is gone.");
        }
        if (!IsOurs(pinned) || pinned.Jwk != jwk)
        {
            LogOtherKey(keyId);
            return (configuration.Issuer, null);
        }
        return (configuration.Issuer, Prepared(pinned));
    }

    /// <summary>A pinned key, whether or not the provider still uses it; for evidence. <see langword="null"/> if this installation never saw it.</summary>
    public async Task<SecurityKey?> FindPinnedAsync(string issuer, string keyId, CancellationToken cancellation) =>
        await PinnedAsync(issuer, keyId, cancellation) is { } pinned && IsOurs(pinned) ? Prepared(pinned) : null;

    private static JsonWebKey? Offered(JsonWebKeySet? set, string keyId) =>
        set?.Keys.FirstOrDefault(k => k.Kid == keyId
            && (k.Kty is JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve) && (string.IsNullOrEmpty(k.Use) || k.Use == JsonWebKeyUseNames.Sig));

    private async Task<ProviderKey?> PinnedAsync(string issuer, string keyId, CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        return await db.ProviderKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Issuer == issuer && k.KeyId == keyId, cancellation);
    }

    private JsonWebKey Prepared(ProviderKey pinned) => _prepared.GetOrAdd(pinned.Jwk, jwk => new(jwk));

    private bool IsOurs(ProviderKey key) => installation.Verify(Purpose, Content(key.Issuer, key.KeyId, key.Jwk), key.Signature);

    private async Task PinAsync(string issuer, string keyId, string jwk, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        db.ProviderKeys.Add(new ProviderKey { Issuer = issuer, KeyId = keyId, Jwk = jwk, Signature = installation.Sign(Purpose, Content(issuer, keyId, jwk)), SeenAt = now });
        db.Record(now, LedgerActor.Lapse, LedgerActs.ProviderKeySeen, LedgerSubject.Provider, new JsonObject { ["issuer"] = issuer, ["kid"] = keyId, ["jwk"] = jwk });
        try
        {
            await db.CommitAsync(cancellation);
        }
        catch (DbUpdateException raced) when (raced.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another replica saw it at the same time.
        }
    }

    // Only what makes the key, in one order: the same key must give the same text each time it is read.
    private static string PublicPart(JsonWebKey key)
    {
        var part = new JsonObject { ["kty"] = key.Kty, ["kid"] = key.Kid };
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("n", key.N), ("e", key.E), ("crv", key.Crv), ("x", key.X), ("y", key.Y)])
            if (value is not null) part[name] = value;
        return CanonicalJson.ToText(part);
    }

    /// <summary>The text whose bytes are signed when a key is pinned: a JSON list of issuer, id and key.</summary>
    public static string SignedText(string issuer, string keyId, string jwk) => JsonSerializer.Serialize((string[])[issuer, keyId, jwk]);

    private static byte[] Content(string issuer, string keyId, string jwk) => Encoding.UTF8.GetBytes(SignedText(issuer, keyId, jwk));

    [LoggerMessage(Level = LogLevel.Critical, Message = "The identity provider's key {KeyId} is not the one that was pinned under this id, or its pin was not made by this installation. Tokens signed with it are refused.")]
    private partial void LogOtherKey(string keyId);
}
