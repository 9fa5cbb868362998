using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.Tests;

/// <summary>One catalogue entry, its workflow, and requests and grants in any state, made only by the domain's own methods.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    public static readonly PersonId Alice = UuidId.New<PersonId>(Now);
    public static readonly PersonId Bob = UuidId.New<PersonId>(Now);
    public static readonly PersonId Carol = UuidId.New<PersonId>(Now);
    public static readonly PersonId Dana = UuidId.New<PersonId>(Now);
    public static readonly WorkflowId TheWorkflow = UuidId.New<WorkflowId>(Now);
    public static readonly ClusterId TheCluster = UuidId.New<ClusterId>(Now);
    public static readonly RoleRules Rules = RoleRules.From([new PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["get", "list"] }]);
    public static readonly RoleRules WiderRules = RoleRules.From([new PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["delete", "get", "list"] }]);
    public static readonly AccessRequestContent Content = new(TimeSpan.FromMinutes(30), null, "The queue is stuck.", "OPS-17");

    public static readonly ApprovalStage Peers = new("Peers", ["developers"], 1);
    public static readonly ApprovalStage Sre = new("SRE", ["sre"], 1);

    public static WorkflowVersion WorkflowOf(params ApprovalStage[] stages) => WorkflowWith(stages: stages);

    public static WorkflowVersion WorkflowWith(
        string title = "Peer approval", string[]? requesters = null, ApprovalStage[]? stages = null, TimeSpan? timeToLive = null,
        TimeSpan? provisionWithin = null, PersonId? madeBy = null, DateTimeOffset? madeAt = null, int version = 1, WorkflowId? id = null) => new()
        {
            WorkflowId = id ?? TheWorkflow,
            Version = version,
            Title = title,
            RequesterGroups = requesters ?? ["developers"],
            Stages = [.. stages ?? [Peers]],
            TimeToLive = timeToLive ?? TimeSpan.FromHours(8),
            ProvisionWithin = provisionWithin ?? TimeSpan.FromMinutes(15),
            Attestation = Attestation.ByOperator([1]),
            MadeBy = madeBy,
            MadeAt = madeAt ?? Now.AddDays(-30),
        };

    private static readonly ElevatedRoleId EntryId = UuidId.New<ElevatedRoleId>(Now);

    public static ElevatedRoleVersion Entry(
        string title = "Edit payments", string description = "For incidents.", RoleKind kind = RoleKind.ClusterRole, string role = "edit",
        string[]? namespaces = null, TimeSpan? maximum = null, TimeSpan? usual = null, ClusterEnvironment environment = ClusterEnvironment.Production,
        ClusterId? cluster = null, WorkflowId? workflow = null, bool confirm = false, int version = 1, ElevatedRoleId? id = null,
        PersonId? madeBy = null, DateTimeOffset? madeAt = null) => new()
        {
            ElevatedRoleId = id ?? EntryId,
            Version = version,
            Title = title,
            Description = description,
            ClusterId = cluster ?? TheCluster,
            Environment = environment,
            RoleKind = kind,
            RoleName = role,
            Namespaces = namespaces ?? ["payments-prod", "web-prod"],
            Maximum = maximum ?? TimeSpan.FromHours(1),
            Default = usual ?? TimeSpan.FromMinutes(30),
            WorkflowId = workflow ?? TheWorkflow,
            ConfirmAfterStepUp = confirm,
            Attestation = Attestation.ByOperator([2]),
            MadeBy = madeBy,
            MadeAt = madeAt ?? Now.AddDays(-30),
        };

    public static AccessRequest Draft(WorkflowVersion? workflow = null, AccessRequestContent? content = null, ElevatedRoleVersion? entry = null) =>
        AccessRequest.Draft(content ?? Content, entry ?? Entry(), workflow ?? WorkflowOf(Peers), Rules, Alice, "oidc:alice", Now);

    public static AccessRequest Awaiting(WorkflowVersion? workflow = null)
    {
        var request = Draft(workflow);
        request.Submit(workflow ?? WorkflowOf(Peers), Proof(), Now);
        return request;
    }

    /// <summary>A request in any state, under a workflow with one stage of one peer.</summary>
    public static AccessRequest RequestIn(RequestStatus status)
    {
        var workflow = WorkflowOf(Peers);
        var request = status is RequestStatus.Draft ? Draft() : Awaiting();
        if (status == RequestStatus.Approved) request.Decided(Approval(request, Bob), [], workflow, Now);
        if (status == RequestStatus.Denied) request.Decided(Denial(request, Bob), [], workflow, Now);
        if (status == RequestStatus.Withdrawn) request.Withdraw(Now);
        if (status == RequestStatus.TimedOut) request.TimeOut(Now);
        return request;
    }

    public static Decision Approval(AccessRequest request, PersonId? person, int? stage = null, int? version = null, StepUpProofId? proof = null) =>
        DecisionOf(request, person, Verdict.Approve, stage, version, proof ?? Proof());

    public static Decision Denial(AccessRequest request, PersonId person) => DecisionOf(request, person, Verdict.Deny, null, null, null);

    public static Decision DecisionOf(AccessRequest request, PersonId? person, Verdict verdict, int? stage, int? version, StepUpProofId? proof) => new()
    {
        Id = UuidId.New<DecisionId>(Now),
        RequestId = request.Id,
        RequestVersion = version ?? request.Version,
        Stage = stage ?? request.Stage,
        PersonId = person,
        Verdict = verdict,
        Comment = "",
        DecidedAt = Now,
        ProofId = proof,
    };

    /// <summary>The first grant of an approved request.</summary>
    public static Grant Scheduled() => Grant.Of(RequestIn(RequestStatus.Approved), TimeSpan.FromMinutes(15), Now)[0];

    /// <summary>A grant in any state; what is past its creation was prepared and created.</summary>
    public static Grant GrantIn(GrantStatus status)
    {
        var grant = Scheduled();
        if (status == GrantStatus.Scheduled) return grant;
        grant.Begin(Now);
        Prepare(grant, Now);
        grant.Created("uid-1");
        grant.Answered();
        if (status == GrantStatus.Provisioning) return grant;
        if (status == GrantStatus.Failed)
        {
            grant.Fail(FailureReason.Forbidden, "The cluster refused.", Now);
            grant.ProvedGone(Now);
            return grant;
        }
        grant.Activate(Now);
        if (status == GrantStatus.Active) return grant;
        grant.End(EndReason.Expired, null, Now);
        if (status == GrantStatus.Ended) grant.ProvedGone(Now);
        return grant;
    }

    public static void Prepare(Grant grant, DateTimeOffset now) => grant.Prepare("lapse:probe:1", now + grant.Duration + Grant.UsableWithin, "signature", now);

    public static StepUpProofId Proof() => UuidId.New<StepUpProofId>(Now);

    /// <summary>Every public value of something, to see that nothing changed.</summary>
    public static string Everything(object thing) => string.Join('\n', thing.GetType().GetProperties()
        .Where(property => property.GetMethod is { IsStatic: false } && property.GetIndexParameters().Length == 0)
        .Select(property => $"{property.Name}={(property.GetValue(thing) is System.Collections.IEnumerable many and not string ? string.Join(',', many.Cast<object>()) : property.GetValue(thing))}"));
}
