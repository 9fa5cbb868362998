using System.Text.Json.Nodes;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;

namespace Lapse.Portal.Features.StepUp;

/// <summary>What the ledger keeps of a proof: its hash and claims, never the token.</summary>
internal static class ProofFacts
{
    public static JsonObject Of(StepUpProof proof) => new()
    {
        ["id"] = proof.Id.ToString(),
        ["issuer"] = proof.Issuer,
        ["subject"] = proof.Subject,
        ["authenticatedAt"] = CanonicalTime.Text(proof.AuthenticatedAt),
        ["acr"] = proof.Acr,
        ["amr"] = new JsonArray([.. proof.Amr.Select(value => (JsonNode)value)]),
        ["groups"] = new JsonArray([.. proof.Groups.Select(value => (JsonNode)value)]),
        ["nonce"] = proof.Nonce,
        ["tokenSha256"] = Convert.ToHexStringLower(proof.TokenHash),
        ["key"] = proof.KeyId,
    };
}
