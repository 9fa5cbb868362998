using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Evidence;

/// <summary>What vouches for the versions that govern a request: an operator's signature, or an admin's change with its step-ups.</summary>
internal sealed class EvidenceChanges(PortalDbContext db, EvidenceProofs proofs)
{
    /// <summary>A version with what vouches for it.</summary>
    public async Task<JsonObject> VouchedAsync(JsonObject content, Attestation attestation, CancellationToken cancellation) => new()
    {
        ["content"] = content,
        ["operatorSignature"] = attestation.OperatorSignature is { } signature ? Convert.ToBase64String(signature) : null,
        ["change"] = attestation.OperatorSignature is null && attestation.ChangeId is { } id ? await ChangeAsync(ConfigurationChangeId.From(id), cancellation) : null,
    };

    private async Task<JsonObject?> ChangeAsync(ConfigurationChangeId id, CancellationToken cancellation)
    {
        var change = await db.ConfigurationChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation);
        return change is null ? null : new JsonObject
        {
            ["id"] = change.Id.ToString(),
            ["status"] = change.Status.ToString(),
            ["author"] = change.AuthorId.ToString(),
            ["authorProof"] = await proofs.OfAsync(change.AuthorProofId, StepUpActs.Propose(change), cancellation),
            ["confirmer"] = change.ConfirmerId?.ToString(),
            ["confirmerProof"] = change.ConfirmerId is { } confirmer ? await proofs.OfAsync(change.ConfirmerProofId, StepUpActs.Confirm(change, confirmer), cancellation) : null,
        };
    }
}
