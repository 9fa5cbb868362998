using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Which part of the clusters.</summary>
/// <param name="After">Where the part before ended.</param>
/// <param name="Take">How many.</param>
public sealed record AdminClustersAsk(NameCursor? After = null, int Take = AdminClustersAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 20;
}

/// <summary>The registered clusters.</summary>
/// <param name="Clusters">Those in use, by name.</param>
/// <param name="Next">Where more begin; <see langword="null"/> when there are no more.</param>
/// <param name="Waiting">Changes that wait.</param>
public sealed record AdminClustersView(IReadOnlyList<ClusterCard> Clusters, NameCursor? Next, IReadOnlyList<WaitingChange> Waiting);

/// <summary>One registered cluster; never its credential.</summary>
/// <param name="Id">The cluster.</param>
/// <param name="Name">Its short name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Server">Its address.</param>
/// <param name="Credential">How Lapse proves itself there.</param>
/// <param name="UserNameClaim">The claim that it knows people by.</param>
/// <param name="UserNamePrefix">What it puts before that.</param>
/// <param name="GroupsClaim">The claim that it reads groups from; empty if it sees none.</param>
/// <param name="GroupsPrefix">What it puts before each group.</param>
/// <param name="Entries">How many catalogue entries it has.</param>
/// <param name="Health">What was last seen of it; <see langword="null"/> when nobody has looked yet.</param>
public sealed record ClusterCard(
    ClusterId Id, string Name, string Title, ClusterEnvironment Environment, string Server, CredentialKind Credential, string UserNameClaim, string UserNamePrefix,
    string GroupsClaim, string GroupsPrefix, int Entries, ClusterHealth? Health);

/// <summary>What the page of clusters shows; only for admins.</summary>
public sealed class AdminClustersQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard) : IPageQuery<AdminClustersAsk, AdminClustersView>
{
    /// <inheritdoc/>
    public async Task<Outcome<AdminClustersView>> AskAsync(Actor actor, AdminClustersAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;

        var take = Math.Clamp(ask.Take, 1, AdminReading.Most);
        var clusters = db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null);
        if (ask.After is { } after) clusters = clusters.Where(c => EF.Functions.GreaterThan(ValueTuple.Create(c.Name), ValueTuple.Create(after.Name)));
        var found = await (
            from cluster in clusters.OrderBy(c => c.Name).Take(take + 1)
            join health in db.ClusterHealth on cluster.Id equals health.ClusterId into healths
            from health in healths.DefaultIfEmpty()
            orderby cluster.Name
            select new
            {
                Cluster = cluster,
                Health = health,
                Entries = db.ElevatedRoles.Where(r => r.RetiredAt == null).Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).Count(v => v.ClusterId == cluster.Id),
            }).ToListAsync(cancellation);
        return new AdminClustersView(
            [.. found.Take(take).Select(f => new ClusterCard(
                f.Cluster.Id, f.Cluster.Name, f.Cluster.Title, f.Cluster.Environment, f.Cluster.Server, f.Cluster.CredentialKind, f.Cluster.UserNameClaim, f.Cluster.UserNamePrefix,
                f.Cluster.GroupsClaim, f.Cluster.GroupsPrefix, f.Entries, f.Health))],
            found.Count > take ? new(found[take - 1].Cluster.Name) : null,
            await db.WaitingAsync(WaitingChanges.OfClusters, admin.Value.Id, cancellation));
    }
}

/// <summary>Which cluster's form.</summary>
/// <param name="Id">The cluster's id; <c>new</c> for a form to register one.</param>
public sealed record ClusterFormAsk(string Id);

/// <summary>What a cluster's form starts with.</summary>
/// <param name="Id">The cluster; <see langword="null"/> for a new one.</param>
/// <param name="Version">The version it was read at.</param>
/// <param name="Name">Its short name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Server">Its address.</param>
/// <param name="Authority">Its certificate authority in words.</param>
/// <param name="CertificateAuthority">The same as PEM.</param>
/// <param name="Credential">How Lapse proves itself there; <see langword="null"/> for a new one.</param>
/// <param name="UserNameClaim">The claim that it knows people by.</param>
/// <param name="UserNamePrefix">What it puts before that.</param>
/// <param name="GroupsClaim">The claim that it reads groups from; empty if it sees none.</param>
/// <param name="GroupsPrefix">What it puts before each group.</param>
/// <param name="CanBeInCluster">Whether Lapse runs in a cluster that could be registered so.</param>
/// <param name="WantsSecondAdmin">Whether another admin will have to confirm.</param>
public sealed record ClusterFormView(
    ClusterId? Id, int Version, string Name, string Title, ClusterEnvironment Environment, string Server, string Authority, string CertificateAuthority, CredentialKind? Credential,
    string UserNameClaim, string UserNamePrefix, string GroupsClaim, string GroupsPrefix, bool CanBeInCluster, bool WantsSecondAdmin);

/// <summary>What the form of a cluster starts with; only for admins.</summary>
public sealed class ClusterFormQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, SecondAdmins seconds) : IPageQuery<ClusterFormAsk, ClusterFormView>
{
    private static readonly Refusal NotThere = new("ClusterUnknown", "There is no such cluster in use.", "/admin/clusters");

    /// <inheritdoc/>
    public async Task<Outcome<ClusterFormView>> AskAsync(Actor actor, ClusterFormAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var inCluster = InClusterAddress.Read().Succeeded;
        var second = await seconds.ExistAsync(db, admin.Value.Id, cancellation);
        if (ask.Id == "new") return new ClusterFormView(null, 0, "", "", ClusterEnvironment.Production, "", "", "", null, "sub", "oidc:", ClusterGroups.DefaultClaim, "oidc:", inCluster, second);
        if (!UuidId.TryParse<ClusterId>(ask.Id, out var id)) return NotThere;
        return await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.RetiredAt == null, cancellation) is not { } c ? NotThere
            : new ClusterFormView(
                c.Id, c.Version, c.Name, c.Title, c.Environment, c.Server, ChangeDiff.Authority(c.CertificateAuthority), c.CertificateAuthority, c.CredentialKind,
                c.UserNameClaim, c.UserNamePrefix, c.GroupsClaim, c.GroupsPrefix, inCluster, second);
    }
}
