using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What must hold between rows and verified proofs. Each rule has a code of its own.</summary>
internal static class EvidenceRules
{
    // Between the provider's auth_time and the act: the time to come back, and the last click.
    private static readonly TimeSpan ActWithin = StepUpChallenge.Lifetime + StepUpChallenge.ConfirmWithin;

    /// <summary>That grant, request, entry, workflow and cluster say the same.</summary>
    public static Refusal? CheckRows(GrantFacts facts)
    {
        var (grant, request, entry, workflow) = (facts.Grant, facts.Request, facts.Entry, facts.Workflow);
        if (request.Status != RequestStatus.Approved || request.Version != grant.RequestVersion) return new("NotApproved", "The request is not approved in the version that the grant is about.");
        if (grant.PersonId != request.RequesterId || grant.ClusterId != request.ClusterId || grant.ElevatedRoleId != request.ElevatedRoleId || grant.Role != request.Role
            || grant.ClusterUserName != request.ClusterUserName || grant.Duration != request.Duration)
            return new("GrantDiffers", "The grant says something else than its request.");
        if (grant.Namespace is null ? !request.IsClusterWide : !request.Namespaces.Contains(grant.Namespace, StringComparer.Ordinal))
            return new("GrantDiffers", "The grant is for a place that was not asked for.");
        if (request.ClusterId != entry.ClusterId || request.Role != entry.Role || request.IsClusterWide != entry.IsClusterWide
            || request.Namespaces.Except(entry.Namespaces, StringComparer.Ordinal).Any() || request.Duration > entry.Maximum || request.WorkflowId != entry.WorkflowId)
            return new("OutsideEntry", "The request is for more than its catalogue entry gives.");
        return workflow.WorkflowId == request.WorkflowId && workflow.Version == request.WorkflowVersion ? null : new("OutsideEntry", "Another workflow governs the request.");
    }

    /// <summary>That the requester might ask, as who they are in the cluster.</summary>
    public static Refusal? CheckRequester(GrantFacts facts, ProvedAct asked)
    {
        if (!facts.Workflow.MayBeRequestedBy(asked.Groups)) return new("RequesterGroups", "The requester's token does not have a group that may ask.");
        var name = ClusterUserName.From(facts.Cluster.UserNameClaim, facts.Cluster.UserNamePrefix, asked.AsClaims());
        if (!name.Succeeded || name.Value != facts.Request.ClusterUserName) return new("ClusterUserName", "The user name in the cluster does not follow from the requester's token.");
        // A later version was decided about wider rules by the approvers; the first is about what was asked.
        return facts.Request.Version == 1 && RoleRules.Parse(facts.Request.PinnedRules).Digest() != facts.Request.AskedRulesDigest
            ? new("RulesChanged", "The rules on the request are not those that were asked for.")
            : RequestRules.CheckAuthor(facts.Entry, facts.Workflow, facts.Request.RequesterId, asked.AuthenticatedAt);
    }

    /// <summary>That each stage is complete with distinct people who might decide it, and that nobody said no.</summary>
    public static Refusal? CheckApprovals(GrantFacts facts, ProvedAct asked, IReadOnlyList<(Decision Decision, ProvedAct Proved)> approvals)
    {
        var stages = facts.Workflow.Stages;
        if (facts.Decisions.Any(d => d.Verdict == Verdict.Deny)) return new("Denied", "Somebody denied the request.");
        if (stages.Count == 0 && facts.Request.Version > 1) return new("NotApproved", "Nobody can decide anew about a request without approvers.");
        // By what the tokens say: rows can be made to look like other people.
        if (approvals.Any(a => (a.Proved.Issuer, a.Proved.Subject) == (asked.Issuer, asked.Subject))) return new("OwnRequest", "The requester approved their own request.");
        if (approvals.Select(a => (a.Proved.Issuer, a.Proved.Subject)).Distinct().Count() != approvals.Count) return new("ApproverTwice", "One person approved twice.");
        if (approvals.Select(a => a.Proved.TokenHash).Append(asked.TokenHash).Distinct().Count() != approvals.Count + 1) return new("ProofTwice", "One step-up proof is used twice.");
        foreach (var (decision, proved) in approvals)
        {
            if (decision.Stage < 0 || decision.Stage >= stages.Count || !stages[decision.Stage].MayBeDecidedBy(proved.Groups))
                return new("ApproverGroups", "An approver's token does not have a group that decides this stage.");
            if (RequestRules.CheckAuthor(facts.Entry, facts.Workflow, decision.PersonId!.Value, proved.AuthenticatedAt) is { } author) return author;
        }
        for (var stage = 0; stage < stages.Count; stage++)
            if (approvals.Count(a => a.Decision.Stage == stage) < Math.Max(1, stages[stage].Approvals))
                return new("ApprovalsMissing", $"Stage {stage + 1} of the workflow does not have its {Words.Count(stages[stage].Approvals, "approval")}.");
        return null;
    }

    /// <summary>That the approvals are as fresh as the workflow wants, by the provider's times, so that an old approval is good for nothing later.</summary>
    public static Refusal? CheckTimes(GrantFacts facts, ProvedAct asked, IReadOnlyList<ProvedAct> approvals, DateTimeOffset now)
    {
        var request = facts.Request;
        if (request.Version == 1 && approvals.Any(a => a.AuthenticatedAt > asked.AuthenticatedAt + ActWithin + facts.Workflow.TimeToLive)) return new("ApprovedTooLate", "The request was approved after its time to live.");
        if (request.WantedStart is { } wanted && now < wanted) return new("TooEarly", "The grant would start before its wanted start.");
        var settled = approvals.Select(a => a.AuthenticatedAt).Append(asked.AuthenticatedAt).Max() + ActWithin;
        var latest = (request.WantedStart is { } start && start > settled ? start : settled) + facts.Workflow.ProvisionWithin;
        return now > latest || facts.Grant.ProvisionUntil > latest ? new("EvidenceTooOld", "The approval is too old for an access that begins now.") : null;
    }

    /// <summary>That nobody who asked or approved was shut out or is known to have lost the group since.</summary>
    /// <returns>The refusal, and whether it is about the requester.</returns>
    public static (Refusal Refusal, bool IsRequester)? CheckPeople(GrantFacts facts)
    {
        if (facts.Requester.IsDisabled) return (new("RequesterDisabled", "An admin has shut the requester out of Lapse."), true);
        if (facts.Requester.Groups is { } groups && !facts.Workflow.MayBeRequestedBy(groups)) return (new("RequesterLostGroup", "The requester may not ask for this role any more."), true);
        foreach (var decision in facts.Approvals)
        {
            var approver = facts.People[decision.PersonId!.Value];
            if (approver.IsDisabled) return (new("ApproverDisabled", $"{approver.Name}, who approved, has been shut out of Lapse since."), false);
            if (approver.Groups is { } now && decision.Stage >= 0 && decision.Stage < facts.Workflow.Stages.Count && !facts.Workflow.Stages[decision.Stage].MayBeDecidedBy(now))
                return (new("ApproverLostGroup", $"{approver.Name}, who approved, may not approve this any more."), false);
        }
        return null;
    }
}
