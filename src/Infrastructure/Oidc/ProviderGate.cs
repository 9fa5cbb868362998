using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Oidc;

/// <summary>
/// Whether the provider may answer step-ups. The sandbox's may in the sandbox; any other only after an admin saw it prove freshness
/// and the factor with the settings as they are now.
/// </summary>
public sealed class ProviderGate(ProviderOptions options, ProviderMode mode, InstallationKey installation, TimeProvider clock)
{
    private const string Domain = "lapse/provider-self-test/v1";

    /// <summary>Why the provider may not answer; <see langword="null"/> if it may.</summary>
    public async Task<Refusal?> CheckAsync(PortalDbContext db, CancellationToken cancellation)
    {
        if (options.Profile == ProviderProfile.Sandbox)
            return mode.IsSandbox ? null : new("SandboxProvider", "The sandbox's identity provider counts in the sandbox only. Tell an admin.");
        var digest = options.Digest();
        var test = await db.ProviderSelfTests.AsNoTracking().SingleOrDefaultAsync(t => t.SettingsDigest == digest, cancellation);
        return test is not null && installation.Verify(Domain, digest, test.Signature)
            ? null
            : new("ProviderNotTested", "The identity provider has not passed its self-test, so nothing can be confirmed yet. Tell an admin.");
    }

    /// <summary>Notes that the provider passed with the settings as they are; the caller commits.</summary>
    public async Task PassAsync(PortalDbContext db, PersonId admin, VerifiedToken token, CancellationToken cancellation)
    {
        var (now, digest) = (clock.GetUtcNow(), options.Digest());
        if (!await db.ProviderSelfTests.AnyAsync(t => t.SettingsDigest == digest, cancellation))
            db.ProviderSelfTests.Add(new ProviderSelfTest { SettingsDigest = digest, PersonId = admin, PassedAt = now, Signature = installation.Sign(Domain, digest) });
        db.Record(now, LedgerActor.Of(admin), LedgerActs.ProviderTested, LedgerSubject.Provider, new JsonObject
        {
            ["settings"] = Convert.ToHexStringLower(digest),
            ["profile"] = options.Profile,
            ["issuer"] = token.Claims.Issuer,
            ["acr"] = token.Claims.Acr,
            ["amr"] = new JsonArray([.. token.Claims.Amr.Select(a => (JsonNode)a)]),
        });
    }
}

/// <summary>Whether Lapse runs in its sandbox.</summary>
/// <param name="IsSandbox">Whether it does.</param>
public sealed record ProviderMode(bool IsSandbox);
