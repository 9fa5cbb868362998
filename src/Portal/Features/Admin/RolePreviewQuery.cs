using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Which role, bound where.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">The namespaces; empty means cluster-wide.</param>
public sealed record RolePreviewAsk(ClusterId Cluster, RoleReference Role, IReadOnlyList<string> Namespaces);

/// <summary>What a role allows, before it is put into the catalogue.</summary>
/// <param name="Abilities">In plain words.</param>
/// <param name="Lasting">By what the access could outlive its binding.</param>
/// <param name="Rules">The raw rules, a line each.</param>
public sealed record RolePreview(IReadOnlyList<RoleAbility> Abilities, IReadOnlyList<LastingAccessWay> Lasting, IReadOnlyList<string> Rules);

/// <summary>Asks the cluster for a role's rules as it has them now; only for admins.</summary>
public sealed class RolePreviewQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, ClusterChecks checks) : IPageQuery<RolePreviewAsk, RolePreview>
{
    /// <inheritdoc/>
    public async Task<Outcome<RolePreview>> AskAsync(Actor actor, RolePreviewAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        if (await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == ask.Cluster && c.RetiredAt == null, cancellation) is not { } cluster) return new Refusal("ClusterUnknown", "Choose a cluster.");
        if (ElevatedRoleRules.CheckRole(ask.Role, ask.Namespaces) is { } wrong) return wrong;
        var rules = await checks.ReadRoleAsync(cluster, ask.Role, ask.Role.Kind == RoleKind.Role ? ask.Namespaces[0] : null, cancellation);
        if (!rules.Succeeded) return rules.Refusal!;
        if (RequestRules.CheckRules(rules.Value) is { } unusable) return unusable;
        var clusterWide = ask.Namespaces.Count == 0;
        return new RolePreview(RoleInWords.Describe(rules.Value, clusterWide ? null : RequestWords.Where(ask.Namespaces)), LastingAccess.Of(rules.Value, clusterWide), RoleInWords.Atoms(rules.Value.Rules));
    }
}
