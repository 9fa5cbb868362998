using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Evidence;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Evidence;

/// <summary>Hands out the bundle of evidence of one grant.</summary>
[UseCase]
public sealed class ExportEvidence(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, EvidenceExport export)
{
    private static readonly Refusal NotFound = new("GrantUnknown", "There is no such access, or its evidence is not yours to have.");

    /// <summary>The signed bundle, for those who may have it (<see cref="EvidenceRights"/>).</summary>
    public async Task<Outcome<EvidenceFile>> MakeAsync(Actor actor, GrantId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var request = await db.Grants.AsNoTracking().Where(g => g.Id == id).Join(db.AccessRequests, g => g.RequestId, r => r.Id, (_, r) => r).SingleOrDefaultAsync(cancellation);
        if (request is null) return NotFound;
        var decisions = await db.Decisions.AsNoTracking().Where(d => d.RequestId == request.Id).ToListAsync(cancellation);
        return EvidenceRights.MayHave(request, decisions, current.Value) ? await export.MakeAsync(id, cancellation) : NotFound;
    }
}

/// <summary>Who may have the evidence of a grant.</summary>
public static class EvidenceRights
{
    /// <summary>
    /// Admins and auditors, the requester, and whoever decided the request. Not everybody who might have decided it: the bundle has the
    /// tokens of those who took part, with all that the provider says about them.
    /// </summary>
    public static bool MayHave(AccessRequest request, IEnumerable<Decision> decisions, CurrentPerson person) =>
        person.SeesEverything || request.RequesterId == person.Id || decisions.Any(d => d.RequestId == request.Id && d.PersonId == person.Id);
}
