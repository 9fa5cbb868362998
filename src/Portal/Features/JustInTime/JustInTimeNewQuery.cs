using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>Proposes the catalogue entry for standing bindings, and says who would lose what; for admins.</summary>
public sealed class JustInTimeNewQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, JustInTimePlans plans, SecondAdmins seconds, TimeProvider clock) : IPageQuery<JustInTimeNewAsk, JustInTimeNewView>
{
    private const int MostRules = 60;

    /// <inheritdoc/>
    public async Task<Outcome<JustInTimeNewView>> AskAsync(Actor actor, JustInTimeNewAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == head.Value.Id, cancellation);
        var read = await plans.ReadAsync(cluster, ask.Bindings.Split('\n', StringSplitOptions.RemoveEmptyEntries), cancellation);
        if (!read.Succeeded) return read.Refusal!;
        var state = await plans.StateAsync(cluster.Id, cancellation);
        if (!state.Succeeded) return state.Refusal!;

        var bindings = read.Value;
        var people = await plans.PeopleAsync(db, cluster, cancellation);
        var workflows = await JustInTimePlans.WorkflowsAsync(db, cancellation);
        var severity = await SeverityAsync(db, cluster.Id, bindings, cancellation);
        var proposal = JustInTimeProposal.Of(bindings, cluster.Environment, severity, people, workflows, await JustInTimePlans.EntriesAsync(db, cluster.Id, cancellation));
        var workflow = proposal.Existing is null ? workflows.Find(one => one.WorkflowId.ToString() == ask.Workflow) ?? proposal.Workflow : proposal.Workflow;
        var preview = workflow is null ? new([], [], []) : plans.Preview(cluster, state.Value.Index, bindings, workflow, people, proposal.Existing is null ? admin.Value.Id : null);
        var role = state.Value.Index.RoleOf(bindings[0].ToState());
        var name = workflow is null ? "" : await db.Workflows.Where(w => w.Id == workflow.WorkflowId).Select(w => w.Name).SingleAsync(cancellation);
        return new JustInTimeNewView(
            head.Value, [.. bindings.Select(StandingLine.Of)], severity, proposal,
            role is null ? [] : RoleInWords.Describe(RoleRules.From(role.Rules), bindings[0].Binding.Namespace),
            role is null ? [] : [.. role.Rules.Take(MostRules).Select(RoleFacts.Line)],
            [.. workflows.Select(ToChoice)], workflow is null ? null : ToChoice(workflow), [.. preview.Affected.Select(AffectedLine.Of)], preview.LockedOut, preview.Warnings,
            DryRun.Of(DryRun.EntryOf(proposal, cluster.Name, name), bindings), await seconds.ExistAsync(db, admin.Value.Id, cancellation));
    }

    private static async Task<Severity?> SeverityAsync(PortalDbContext db, ClusterId cluster, IReadOnlyList<ReviewedBinding> bindings, CancellationToken cancellation)
    {
        var references = bindings.Select(one => one.Reference).ToList();
        var gravest = await db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == cluster && f.GoneAt == null && references.Contains(f.Binding)).MaxAsync(f => (int?)f.Gravity, cancellation);
        return gravest is { } gravity ? (Severity)gravity : null;
    }

    private static WorkflowChoice ToChoice(WorkflowVersion version) => new(version.WorkflowId, version.Title, string.Join(" or ", version.RequesterGroups), WorkflowWords.Approvers(version.Stages));
}
