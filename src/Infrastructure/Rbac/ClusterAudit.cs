using System.Collections.Immutable;
using System.Text.Json;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Rbac;

/// <summary>What Lapse knows of a cluster beside what is read there, for its audit: the same in the portal and on the command line.</summary>
public sealed class ClusterAudit(IDbContextFactory<PortalDbContext> contexts, BindingKey key, RbacOptions options, TimeProvider clock)
{
    private const string PortalReason = "It is the account by which Lapse gives and ends access, and it has no more rights here than the catalogue makes necessary.";
    private const string ReaperReason = "It is the account of Lapse's reaper, and it has no more rights here than it needs to end access without the portal.";

    // The reaper's manifests in deploy/ say so.
    private static readonly PortalAccount Reaper = new(ReaperSign.Namespace, "lapse-reaper");

    private readonly BindingJudge _judge = new(key);

    /// <summary>What appeared during temporary access, and who Lapse itself is.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="account">The ServiceAccount that Lapse is there; <see langword="null"/> if it is none.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The records, and a text that is another one when they are others.</returns>
    public async Task<(AuditRecords Records, string Version)> RecordsAsync(Cluster cluster, ServiceAccountToken? account, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var (left, newest) = await TemporaryAccess.ReadAsync(db, cluster.Id, clock.GetUtcNow() - options.KeepSnapshots, cancellation);
        var own = new List<OwnAccount>();
        if (account is not null)
        {
            var versions = await db.ElevatedRoles.AsNoTracking().Where(r => r.RetiredAt == null)
                .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
                .Where(v => v.ClusterId == cluster.Id).ToListAsync(cancellation);
            var portal = new PortalAccount(account.Namespace, account.Name);
            var standing = await StandingBindings.InHandAsync(db, cluster.Id, cancellation);
            own.Add(Of(portal, [.. ClusterRights.Manifests(versions.Select(v => new ClusterRightsEntry(v.Namespaces, v.Role)), portal, standing: standing), .. ClusterRights.ReaperSignManifests(Reaper, portal)], PortalReason));
        }

        // Where none ever left a sign, an account of that name is anybody's.
        if (await db.ClusterHealth.AnyAsync(h => h.ClusterId == cluster.Id && h.Reaper != ReaperState.None, cancellation)) own.Add(Of(Reaper, [.. ClusterRights.ReaperManifests(Reaper), .. ClusterRights.ReaperSignManifests(Reaper, PortalAccount.Default)], ReaperReason));
        return (new() { LeftBehind = left, Own = [.. own] }, $"{newest}\n{JsonSerializer.Serialize(own.Select(one => new { Account = one.Account.ToString(), one.Needed }))}");
    }

    /// <summary>
    /// The state without what Lapse gives for a while, on request and approved: that is what it exists for, and no standing access. Told by
    /// signature: whoever only names a binding so gains nothing.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="cluster">The cluster's name in Lapse.</param>
    public RbacState WithoutLapses(RbacState state, string cluster)
    {
        ArgumentNullException.ThrowIfNull(state);
        var now = clock.GetUtcNow();
        return state with
        {
            Bindings = [.. state.Bindings.Where(binding => !(BindingKeys.IsBindingName(binding.Name) && _judge.SignedFor(RbacMapping.ToFound(binding), cluster) is { } spec && spec.NotAfter > now))],
        };
    }

    // The roles of manifests are what their account needs where it is bound to them, and none is bound elsewhere than it is.
    private static OwnAccount Of(PortalAccount account, IEnumerable<IKubernetesObject<V1ObjectMeta>> manifests, string reason)
    {
        var all = manifests.ToList();
        bool IsBound(string kind, V1ObjectMeta role, IList<Rbacv1Subject>? subjects, V1RoleRef reference, string? place) =>
            reference.Kind == kind && reference.Name == role.Name && place == role.NamespaceProperty && subjects?.Any(subject => subject.Name == account.Name && subject.NamespaceProperty == account.Namespace) == true;
        ImmutableArray<RoleObject> needed =
        [
            .. all.OfType<V1ClusterRole>().Where(role => all.OfType<V1ClusterRoleBinding>().Any(binding => IsBound("ClusterRole", role.Metadata, binding.Subjects, binding.RoleRef, null))).Select(RbacMapping.From),
            .. all.OfType<V1Role>().Where(role => all.OfType<V1RoleBinding>().Any(binding => IsBound("Role", role.Metadata, binding.Subjects, binding.RoleRef, binding.Metadata.NamespaceProperty))).Select(RbacMapping.From),
        ];
        return new(Subject.OfAccount(account.Namespace, account.Name), needed, reason);
    }
}
