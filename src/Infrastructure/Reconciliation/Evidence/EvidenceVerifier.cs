using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Evidence, not status, makes access: before a binding is created, everything that was asked, approved and configured is traced
/// back to signatures that nobody can make who only writes the database.
/// </summary>
internal sealed class EvidenceVerifier(IDbContextFactory<PortalDbContext> contexts, ProofVerifier proofs, AttestationVerifier attestations, HoldCheck holds)
{
    /// <summary>What the requester's own token says; a refusal if the records do not prove that this access was asked for and approved.</summary>
    public async Task<Outcome<ProvedAct>> VerifyAsync(GrantFacts facts, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (EvidenceRules.CheckRows(facts) is { } rows) return rows;
        var records = await SetBackRecords.ReadAsync(db, facts, cancellation);
        if (records.Check() is { } older) return older;
        var vouchers = await AttestationVerifier.ReadAsync(db, [facts.Entry.Attestation, facts.Workflow.Attestation], cancellation);
        if (await attestations.VerifyAsync(vouchers, facts.Entry.Attestation, ChangeKind.ElevatedRole, facts.Entry.ElevatedRoleId.Value, facts.Entry.Canonical(), "catalogue entry", cancellation) is { } entry) return entry;
        if (await attestations.VerifyAsync(vouchers, facts.Workflow.Attestation, ChangeKind.Workflow, facts.Workflow.WorkflowId.Value, facts.Workflow.Canonical(), "workflow", cancellation) is { } workflow) return workflow;

        var kept = await StepUpProofs.ReadAsync(db, [facts.Request.ProofId, .. facts.Approvals.Select(d => d.ProofId)], cancellation);
        var asked = await proofs.VerifyAsync(kept, facts.Request.ProofId, StepUpActs.Submit(facts.Request, facts.Entry, facts.Workflow), facts.Requester, cancellation);
        if (!asked.Succeeded) return asked;
        if (EvidenceRules.CheckRequester(facts, asked.Value) is { } requester) return requester;
        if (records.CheckVersions(asked.Value.AuthenticatedAt) is { } rolledBack) return rolledBack;

        List<(Decision, ProvedAct)> approvals = [];
        foreach (var decision in facts.Approvals)
        {
            var act = StepUpActs.Approve(facts.Request, facts.Entry, facts.Workflow, decision.PersonId!.Value, decision.Stage, decision.Comment);
            var proved = await proofs.VerifyAsync(kept, decision.ProofId, act, facts.People[decision.PersonId.Value], cancellation);
            if (!proved.Succeeded) return proved;
            approvals.Add((decision, proved.Value));
        }
        if (await holds.IsBeforeRestoreAsync(db, [asked.Value, .. approvals.Select(a => a.Item2)], cancellation)) return new Refusal("BeforeRestore", "It was asked or approved before the records were restored.");
        return (EvidenceRules.CheckApprovals(facts, asked.Value, approvals) ?? EvidenceRules.CheckTimes(facts, asked.Value, [.. approvals.Select(a => a.Item2)], now)) is { } mismatch ? mismatch : asked;
    }
}
