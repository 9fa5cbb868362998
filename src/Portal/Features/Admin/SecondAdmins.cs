using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Whether there is somebody to ask.</summary>
public sealed class SecondAdmins(PortalGroups groups)
{
    /// <summary>Whether Lapse knows another enabled person whose newest token says admin.</summary>
    public Task<bool> ExistAsync(PortalDbContext db, PersonId first, CancellationToken cancellation) =>
        db.People.AnyAsync(p => p.Id != first && p.DisabledAt == null && p.Groups!.Contains(groups.Admins), cancellation);
}
