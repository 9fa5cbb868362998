using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Everything in the database that a grant leans on, read in one go. Rows, not truths: the evidence says which to believe.</summary>
/// <param name="Grant">The grant.</param>
/// <param name="Request">Its request.</param>
/// <param name="Entry">The pinned version of the catalogue entry.</param>
/// <param name="Workflow">The pinned version of the workflow.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Decisions">The decisions on the request's current version, in their order.</param>
/// <param name="People">Requester and approvers.</param>
/// <param name="SnapshotRules">The role's rules as last read; <see langword="null"/> if none are known.</param>
/// <param name="Extended">What it takes over from: the same person's grants in the same place under the request that its request extends.</param>
internal sealed record GrantFacts(
    Grant Grant,
    AccessRequest Request,
    ElevatedRoleVersion Entry,
    WorkflowVersion Workflow,
    Cluster Cluster,
    IReadOnlyList<Decision> Decisions,
    IReadOnlyDictionary<PersonId, Person> People,
    string? SnapshotRules,
    IReadOnlyList<Grant> Extended)
{
    /// <summary>The requester.</summary>
    public Person Requester => People[Request.RequesterId];

    /// <summary>The approvals by people of the request's current version, in their order.</summary>
    public IEnumerable<Decision> Approvals => Decisions.Where(d => d.Verdict == Verdict.Approve && d.PersonId is not null);

    /// <summary>What its probe can be asked by the rules that are known without the cluster: as last read, else as pinned.</summary>
    public AccessQuestion? KnownQuestion() => ProbeQuestions.Of(Grant, SnapshotRules ?? Request.PinnedRules);

    /// <summary>One question that only this grant's binding answers with yes for its probe; <see langword="null"/> if the rules allow nothing that can be asked.</summary>
    public AccessQuestion? Question(RoleRules rules) => ProbeQuestions.Of(Grant, rules);

    /// <summary>The binding.</summary>
    public BindingSpec Spec(string probe, DateTimeOffset notAfter) => new()
    {
        GrantId = Grant.Id,
        RequestId = Request.Id,
        Cluster = Cluster.Name,
        Namespace = Grant.Namespace,
        Role = Grant.Role,
        User = Grant.ClusterUserName,
        Probe = probe,
        NotAfter = notAfter,
        Approvers = [.. Approvals.Select(d => People[d.PersonId!.Value].UserName)],
        Ticket = Request.Ticket,
    };

    /// <summary>Reads them.</summary>
    public static async Task<GrantFacts> ReadAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var place = grant.RoleKind == RoleKind.Role ? grant.Namespace ?? "" : "";
        var governed = await (
            from r in db.AccessRequests
            where r.Id == grant.RequestId
            join v in db.ElevatedRoleVersions on new { r.ElevatedRoleId, Version = r.ElevatedRoleVersion } equals new { v.ElevatedRoleId, v.Version }
            join w in db.WorkflowVersions on new { r.WorkflowId, Version = r.WorkflowVersion } equals new { w.WorkflowId, w.Version }
            from c in db.Clusters
            where c.Id == grant.ClusterId
            select new
            {
                Request = r,
                Entry = v,
                Workflow = w,
                Cluster = c,
                Rules = db.RoleSnapshots
                    .Where(s => s.ClusterId == grant.ClusterId && s.RoleKind == grant.RoleKind && s.RoleName == grant.RoleName && s.Namespace == place)
                    .Select(s => s.Rules).FirstOrDefault(),
            }).AsNoTracking().SingleAsync(cancellation);
        var (request, entry, workflow, cluster) = (governed.Request, governed.Entry, governed.Workflow, governed.Cluster);
        var decisions = await db.Decisions.AsNoTracking().Where(d => d.RequestId == request.Id && d.RequestVersion == request.Version)
            .OrderBy(d => d.DecidedAt).ThenBy(d => d.Id).ToListAsync(cancellation);
        PersonId[] ids = [request.RequesterId, .. decisions.Where(d => d.PersonId is not null).Select(d => d.PersonId!.Value)];
        var people = await db.People.AsNoTracking().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellation);
        List<Grant> extended = request.ExtendsId is null ? [] : await db.Grants.AsNoTracking().ExtendedBy(grant, request.ExtendsId).ToListAsync(cancellation);
        return new(grant, request, entry, workflow, cluster, decisions, people, governed.Rules is null or "[]" ? null : governed.Rules, extended);
    }
}

/// <summary>Finds what an extension takes over from.</summary>
internal static class ExtendedGrants
{
    /// <summary>The grants in the place of <paramref name="grant"/> under the request that is extended; never somebody else's, whatever a row names.</summary>
    /// <param name="grants">All grants.</param>
    /// <param name="grant">The extension's grant.</param>
    /// <param name="extended">The request that is extended; <see langword="null"/> if none is.</param>
    public static IQueryable<Grant> ExtendedBy(this IQueryable<Grant> grants, Grant grant, AccessRequestId? extended)
    {
        var (id, person, cluster, place, kind, role) = (extended ?? default, grant.PersonId, grant.ClusterId, grant.Namespace, grant.RoleKind, grant.RoleName);
        return grants.Where(g => extended != null && g.RequestId == id && g.PersonId == person && g.ClusterId == cluster && g.Namespace == place && g.RoleKind == kind && g.RoleName == role);
    }
}
