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
internal sealed record GrantFacts(
    Grant Grant,
    AccessRequest Request,
    ElevatedRoleVersion Entry,
    WorkflowVersion Workflow,
    Cluster Cluster,
    IReadOnlyList<Decision> Decisions,
    IReadOnlyDictionary<PersonId, Person> People,
    string? SnapshotRules)
{
    /// <summary>The requester.</summary>
    public Person Requester => People[Request.RequesterId];

    /// <summary>The approvals by people of the request's current version, in their order.</summary>
    public IEnumerable<Decision> Approvals => Decisions.Where(d => d.Verdict == Verdict.Approve && d.PersonId is not null);

    /// <summary>The rules that can be asked about without the cluster: as last read, else as pinned.</summary>
    public RoleRules KnownRules() => RoleRules.Parse(SnapshotRules ?? Request.PinnedRules);

    /// <summary>One question that only this grant's binding answers with yes for its probe; <see langword="null"/> if the rules allow nothing that can be asked.</summary>
    public AccessQuestion? Question(RoleRules rules) =>
        ProbeQuestion.For(rules, Grant.Namespace is null) is { } question ? question.IsResource ? question with { Namespace = Grant.Namespace ?? "" } : question : null;

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
        var request = await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == grant.RequestId, cancellation);
        var entry = await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == request.ElevatedRoleId && v.Version == request.ElevatedRoleVersion, cancellation);
        var workflow = await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == request.WorkflowId && v.Version == request.WorkflowVersion, cancellation);
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == grant.ClusterId, cancellation);
        var decisions = await db.Decisions.AsNoTracking().Where(d => d.RequestId == request.Id && d.RequestVersion == request.Version)
            .OrderBy(d => d.DecidedAt).ThenBy(d => d.Id).ToListAsync(cancellation);
        PersonId[] ids = [request.RequesterId, .. decisions.Where(d => d.PersonId is not null).Select(d => d.PersonId!.Value)];
        var people = await db.People.AsNoTracking().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellation);
        var place = grant.RoleKind == RoleKind.Role ? grant.Namespace ?? "" : "";
        var rules = await db.RoleSnapshots.AsNoTracking()
            .Where(s => s.ClusterId == grant.ClusterId && s.RoleKind == grant.RoleKind && s.RoleName == grant.RoleName && s.Namespace == place)
            .Select(s => s.Rules).SingleOrDefaultAsync(cancellation);
        return new(grant, request, entry, workflow, cluster, decisions, people, rules is null or "[]" ? null : rules);
    }
}
