using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Reads the proofs that rows name, in one statement.</summary>
internal static class StepUpProofs
{
    /// <summary>Those that are there.</summary>
    /// <param name="db">A context.</param>
    /// <param name="named">What the rows name; <see langword="null"/> where one names none.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<IReadOnlyDictionary<StepUpProofId, StepUpProof>> ReadAsync(PortalDbContext db, IEnumerable<StepUpProofId?> named, CancellationToken cancellation)
    {
        StepUpProofId[] ids = [.. named.OfType<StepUpProofId>()];
        return ids.Length == 0 ? new Dictionary<StepUpProofId, StepUpProof>() : await db.StepUpProofs.AsNoTracking().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellation);
    }
}
