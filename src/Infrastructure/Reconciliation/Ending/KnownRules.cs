using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Gathering;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>The rules of a grant's role that are known without the cluster.</summary>
internal sealed class KnownRules(IDbContextFactory<PortalDbContext> contexts)
{
    private readonly SharedReads<GrantId, string> _reads = new(async ids =>
    {
        await using var db = await contexts.CreateDbContextAsync();
        var rules =
            from grant in db.Grants
            where ids.Contains(grant.Id)
            join request in db.AccessRequests on grant.RequestId equals request.Id
            let place = grant.RoleKind == RoleKind.Role ? grant.Namespace ?? "" : ""
            let read = db.RoleSnapshots.Where(s => s.ClusterId == grant.ClusterId && s.RoleKind == grant.RoleKind && s.RoleName == grant.RoleName && s.Namespace == place).Select(s => s.Rules).FirstOrDefault()
            select new { grant.Id, Rules = read == null || read == "[]" ? request.PinnedRules : read };
        return await rules.ToDictionaryAsync(known => known.Id, known => known.Rules);
    });

    /// <summary>Canonical JSON of the rules as last read, else as pinned.</summary>
    /// <exception cref="InvalidOperationException">The records that it leans on are missing.</exception>
    public async Task<string> ReadAsync(Grant grant, CancellationToken cancellation) =>
        await _reads.ReadAsync(grant.Id, cancellation) ?? throw new InvalidOperationException("The rules of a grant's role are not known.");
}
