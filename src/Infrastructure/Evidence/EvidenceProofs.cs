using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Evidence;

/// <summary>
/// The step-up proofs of a bundle. The token itself is among it: it is for Lapse alone and expired, its nonce was used, and nobody but
/// the provider can have made it; so that anybody can see that its nonce is the act's.
/// </summary>
internal sealed class EvidenceProofs(PortalDbContext db, Sealer sealer)
{
    private readonly HashSet<(string Issuer, string KeyId)> _keys = [];
    private readonly HashSet<PersonId> _people = [];

    /// <summary>Whose proofs were asked for.</summary>
    public IReadOnlyCollection<PersonId> People => _people;

    /// <summary>One proof.</summary>
    /// <param name="id">The proof that the row names; <see langword="null"/> if it names none.</param>
    /// <param name="act">The act, rebuilt from the rows.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What the records have; <see langword="null"/> for the token where it does not open.</returns>
    public async Task<JsonObject?> OfAsync(StepUpProofId? id, StepUpAct act, CancellationToken cancellation)
    {
        _people.Add(act.PersonId);
        var proof = id is { } known ? await db.StepUpProofs.AsNoTracking().SingleOrDefaultAsync(p => p.Id == known, cancellation) : null;
        if (proof is null) return null;
        _keys.Add((proof.Issuer, proof.KeyId));
        return new JsonObject
        {
            ["id"] = proof.Id.ToString(),
            ["act"] = act.Canonical(),
            ["salt"] = Convert.ToBase64String(proof.Salt),
            // As text: more digits than a number of JSON keeps.
            ["challengedTicks"] = proof.ChallengedAt.UtcTicks.ToString(CultureInfo.InvariantCulture),
            ["token"] = sealer.Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken) is { } token ? Encoding.UTF8.GetString(token) : null,
        };
    }

    /// <summary>The provider's keys by which the tokens are verified, as this installation pinned them.</summary>
    public async Task<JsonArray> KeysAsync(CancellationToken cancellation)
    {
        string[] issuers = [.. _keys.Select(key => key.Issuer).Distinct()];
        var pinned = await db.ProviderKeys.AsNoTracking().Where(key => issuers.Contains(key.Issuer)).OrderBy(key => key.Issuer).ThenBy(key => key.KeyId).ToListAsync(cancellation);
        return new([.. pinned.Where(key => _keys.Contains((key.Issuer, key.KeyId))).Select(key => (JsonNode)new JsonObject
        {
            ["signed"] = ProviderKeys.SignedText(key.Issuer, key.KeyId, key.Jwk),
            ["signature"] = Convert.ToBase64String(key.Signature),
        })]);
    }
}
