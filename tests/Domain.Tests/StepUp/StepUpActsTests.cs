using System.Reflection;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.StepUp;

/// <summary>The digest commits to everything that decides what access results, and to nothing else.</summary>
public class StepUpActsTests
{
    // Each with one thing other than in the request of the samples.
    private static readonly Dictionary<string, Action<AccessRequest>> RequestFields = new()
    {
        [nameof(AccessRequest.Id)] = r => Set(r, nameof(r.Id), UuidId.New<AccessRequestId>(Now)),
        [nameof(AccessRequest.RequesterId)] = r => Set(r, nameof(r.RequesterId), Bob),
        [nameof(AccessRequest.ClusterId)] = r => Set(r, nameof(r.ClusterId), UuidId.New<ClusterId>(Now)),
        [nameof(AccessRequest.RoleKind)] = r => Set(r, nameof(r.RoleKind), RoleKind.Role),
        [nameof(AccessRequest.RoleName)] = r => Set(r, nameof(r.RoleName), "admin"),
        [nameof(AccessRequest.Namespaces)] = r => Set(r, nameof(r.Namespaces), new[] { "payments-prod" }),
        [nameof(AccessRequest.ExtendsId)] = r => Set(r, nameof(r.ExtendsId), UuidId.New<AccessRequestId>(Now)),
        ["no namespace, which is cluster-wide"] = r => Set(r, nameof(r.Namespaces), Array.Empty<string>()),
        [nameof(AccessRequest.Duration)] = r => Set(r, nameof(r.Duration), r.Duration + TimeSpan.FromSeconds(1)),
        ["a part of a second"] = r => Set(r, nameof(r.Duration), r.Duration + TimeSpan.FromMicroseconds(1)),
        [nameof(AccessRequest.WantedStart)] = r => Set(r, nameof(r.WantedStart), Now),
        ["another start"] = r => Set(r, nameof(r.WantedStart), Now.AddMicroseconds(1)),
        [nameof(AccessRequest.Reason)] = r => Set(r, nameof(r.Reason), "Another reason."),
        [nameof(AccessRequest.Ticket)] = r => Set(r, nameof(r.Ticket), ""),
        [nameof(AccessRequest.ClusterUserName)] = r => Set(r, nameof(r.ClusterUserName), "oidc:mallory"),
    };

    private static readonly Dictionary<string, ElevatedRoleVersion> Entries = new()
    {
        [nameof(ElevatedRoleVersion.ElevatedRoleId)] = Entry(id: UuidId.New<ElevatedRoleId>(Now)),
        [nameof(ElevatedRoleVersion.Version)] = Entry(version: 2),
        [nameof(ElevatedRoleVersion.Title)] = Entry(title: "Other"),
        [nameof(ElevatedRoleVersion.Description)] = Entry(description: "Other"),
        [nameof(ElevatedRoleVersion.ClusterId)] = Entry(cluster: UuidId.New<ClusterId>(Now)),
        [nameof(ElevatedRoleVersion.Environment)] = Entry(environment: ClusterEnvironment.Staging),
        [nameof(ElevatedRoleVersion.RoleKind)] = Entry(kind: RoleKind.Role),
        [nameof(ElevatedRoleVersion.RoleName)] = Entry(role: "admin"),
        [nameof(ElevatedRoleVersion.Namespaces)] = Entry(namespaces: ["payments-prod"]),
        [nameof(ElevatedRoleVersion.Maximum)] = Entry(maximum: TimeSpan.FromHours(2)),
        [nameof(ElevatedRoleVersion.Default)] = Entry(usual: TimeSpan.FromMinutes(31)),
        [nameof(ElevatedRoleVersion.WorkflowId)] = Entry(workflow: UuidId.New<WorkflowId>(Now)),
        [nameof(ElevatedRoleVersion.ConfirmAfterStepUp)] = Entry(confirm: true),
    };

    private static readonly Dictionary<string, WorkflowVersion> Workflows = new()
    {
        [nameof(WorkflowVersion.WorkflowId)] = WorkflowWith(id: UuidId.New<WorkflowId>(Now)),
        [nameof(WorkflowVersion.Version)] = WorkflowWith(version: 2),
        [nameof(WorkflowVersion.Title)] = WorkflowWith(title: "Other"),
        [nameof(WorkflowVersion.RequesterGroups)] = WorkflowWith(requesters: ["developers", "sre"]),
        [nameof(WorkflowVersion.Stages)] = WorkflowWith(stages: []),
        ["stage name"] = WorkflowWith(stages: [Peers with { Name = "Other" }]),
        ["stage groups"] = WorkflowWith(stages: [Peers with { ApproverGroups = ["sre"] }]),
        ["stage approvals"] = WorkflowWith(stages: [Peers with { Approvals = 2 }]),
        ["one stage more"] = WorkflowWith(stages: [Peers, Sre]),
        [nameof(WorkflowVersion.TimeToLive)] = WorkflowWith(timeToLive: TimeSpan.FromHours(9)),
        [nameof(WorkflowVersion.ProvisionWithin)] = WorkflowWith(provisionWithin: TimeSpan.FromMinutes(16)),
    };

    private static readonly WorkflowVersion TheWorkflowVersion = WorkflowWith();
    private static readonly AccessRequest Asked = Awaiting();

    [Fact]
    public void SubmitAndApprove_AnyFieldOther_GiveAnotherDigest()
    {
        var changed = RequestFields.ToDictionary(f => f.Key, f => Changed(f.Value));
        foreach (var act in (Func<AccessRequest, ElevatedRoleVersion, WorkflowVersion, StepUpAct>[])[StepUpActs.Submit, Approve])
        {
            var digests = new Dictionary<string, string> { [Hex(act(Asked, Entry(), TheWorkflowVersion))] = "as it is" };
            foreach (var (name, request) in changed) AddNew(digests, name, act(request, Entry(), TheWorkflowVersion));
            foreach (var (name, entry) in Entries) AddNew(digests, name, act(Asked, entry, TheWorkflowVersion));
            foreach (var (name, workflow) in Workflows) AddNew(digests, name, act(Asked, Entry(), workflow));
        }
    }

    [Fact]
    public void Submit_OtherRulesAsked_GiveAnotherDigest()
    {
        var other = Changed(r => Set(r, nameof(r.AskedRulesDigest), WiderRules.Digest()));
        Assert.NotEqual(Hex(StepUpActs.Submit(Asked, Entry(), TheWorkflowVersion)), Hex(StepUpActs.Submit(other, Entry(), TheWorkflowVersion)));
    }

    [Fact]
    public void Submit_Reopened_KeepsWhatTheRequesterProved()
    {
        var request = Awaiting();
        var before = Hex(StepUpActs.Submit(request, Entry(), TheWorkflowVersion));

        request.Reopen(WiderRules, TheWorkflowVersion, Now);

        Assert.Equal(before, Hex(StepUpActs.Submit(request, Entry(), TheWorkflowVersion)));
    }

    [Fact]
    public void Approve_OtherRulesVersionPersonStageOrComment_GiveAnotherDigest()
    {
        var digests = new Dictionary<string, string> { [Hex(Approve(Asked, Entry(), TheWorkflowVersion))] = "as it is" };
        AddNew(digests, "rules", Approve(Changed(r => Set(r, nameof(r.PinnedRules), WiderRules.ToCanonicalJson())), Entry(), TheWorkflowVersion));
        AddNew(digests, "version", Approve(Changed(r => Set(r, nameof(r.Version), 2)), Entry(), TheWorkflowVersion));
        AddNew(digests, "approver", StepUpActs.Approve(Asked, Entry(), TheWorkflowVersion, Carol, 0, "ok"));
        AddNew(digests, "stage", StepUpActs.Approve(Asked, Entry(), TheWorkflowVersion, Bob, 1, "ok"));
        AddNew(digests, "comment", StepUpActs.Approve(Asked, Entry(), TheWorkflowVersion, Bob, 0, "OK"));
        AddNew(digests, "act", StepUpActs.Submit(Asked, Entry(), TheWorkflowVersion));
    }

    [Fact]
    public void SubmitAndApprove_SameContent_GiveTheSameDigest()
    {
        var again = Changed(_ => { });
        // What the database may order or write in another way is the same content.
        var entry = Entry(namespaces: ["web-prod", "payments-prod"]);
        var start = Changed(r => Set(r, nameof(r.WantedStart), Now));
        var startElsewhere = Changed(r => Set(r, nameof(r.WantedStart), Now.ToOffset(TimeSpan.FromHours(-5))));

        Assert.Equal(Hex(StepUpActs.Submit(Asked, Entry(), TheWorkflowVersion)), Hex(StepUpActs.Submit(again, entry, WorkflowWith())));
        Assert.Equal(Hex(Approve(Asked, Entry(), TheWorkflowVersion)), Hex(Approve(again, entry, WorkflowWith())));
        Assert.Equal(Hex(Approve(start, Entry(), TheWorkflowVersion)), Hex(Approve(startElsewhere, Entry(), TheWorkflowVersion)));
    }

    [Fact]
    public void Digest_FieldsThatTheDesignNames_AreAllEnumeratedHere()
    {
        // A new property of an entry or workflow has to be thought about here: in the digest, or named as outside it.
        string[] outside = [nameof(ElevatedRoleVersion.Attestation), nameof(ElevatedRoleVersion.MadeBy), nameof(ElevatedRoleVersion.MadeAt)];
        Assert.Equal(Stored<ElevatedRoleVersion>().Except(outside).Order(), Entries.Keys.Order());
        Assert.Empty(Stored<WorkflowVersion>().Except(outside).Except(Workflows.Keys));
        string[] course =
        [
            nameof(AccessRequest.Status), nameof(AccessRequest.Version), nameof(AccessRequest.CreatedAt), nameof(AccessRequest.SubmittedAt), nameof(AccessRequest.ProofId),
            nameof(AccessRequest.ExpiresAt), nameof(AccessRequest.SettledAt), nameof(AccessRequest.Stage), nameof(AccessRequest.ApproverGroups), nameof(AccessRequest.OpenKey),
            // By the digests of the versions that they name, and by tests of their own above.
            nameof(AccessRequest.ElevatedRoleId), nameof(AccessRequest.ElevatedRoleVersion), nameof(AccessRequest.WorkflowId), nameof(AccessRequest.WorkflowVersion),
            nameof(AccessRequest.PinnedRules), nameof(AccessRequest.AskedRulesDigest),
        ];
        Assert.Empty(Stored<AccessRequest>().Except(course).Except(RequestFields.Keys));
    }

    [Fact]
    public void ProposeAndConfirm_AnyFieldOther_GiveAnotherDigest()
    {
        var subject = Guid.NewGuid();
        var change = Change(ChangeKind.Workflow, subject, 1, 2);
        var digests = new Dictionary<string, string> { [Hex(StepUpActs.Propose(change))] = "as it is" };
        AddNew(digests, "confirm", StepUpActs.Confirm(change, Bob));
        AddNew(digests, "confirmer", StepUpActs.Confirm(change, Carol));
        AddNew(digests, "the author as confirmer", StepUpActs.Confirm(change, Alice));
        foreach (var (name, other) in new Dictionary<string, ConfigurationChange>
        {
            ["kind"] = Change(ChangeKind.ElevatedRole, subject, 1, 2),
            ["subject"] = Change(ChangeKind.Workflow, Guid.NewGuid(), 1, 2),
            ["before"] = Change(ChangeKind.Workflow, subject, 0, 2),
            ["nothing before"] = Change(ChangeKind.Workflow, subject, null, 2),
            ["after"] = Change(ChangeKind.Workflow, subject, 1, 3),
        })
        {
            // The same change but for this one field.
            typeof(ConfigurationChange).GetProperty(nameof(change.Id))!.SetValue(other, change.Id);
            AddNew(digests, name, StepUpActs.Propose(other));
        }
        Assert.Equal(Hex(StepUpActs.Propose(change)), Hex(StepUpActs.Propose(change)));
    }

    private static ConfigurationChange Change(ChangeKind kind, Guid subject, int? before, int after) =>
        ConfigurationChange.Draft(kind, subject, "t", before is { } b ? new() { ["a"] = b } : null, new() { ["a"] = after }, null, false, Alice, Now);

    private static StepUpAct Approve(AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow) => StepUpActs.Approve(request, entry, workflow, Bob, 0, "ok");

    private static void AddNew(Dictionary<string, string> digests, string name, StepUpAct act)
    {
        var digest = Hex(act);
        Assert.False(digests.TryGetValue(digest, out var same), $"“{name}” gives the digest of “{same}”.");
        digests[digest] = name;
    }

    // The rows behind Lapse's back: the same request, but for what the change sets.
    private static AccessRequest Changed(Action<AccessRequest> change)
    {
        var copy = (AccessRequest)typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(Asked, null)!;
        change(copy);
        return copy;
    }

    private static void Set(AccessRequest request, string property, object? value) => typeof(AccessRequest).GetProperty(property)!.SetValue(request, value);

    private static IEnumerable<string> Stored<T>() => typeof(T).GetProperties().Where(p => p.SetMethod is { IsStatic: false }).Select(p => p.Name);

    private static string Hex(StepUpAct act) => Convert.ToHexString(act.Digest());
}
