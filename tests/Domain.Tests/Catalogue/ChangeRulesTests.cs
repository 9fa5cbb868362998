using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Catalogue;

public class ChangeRulesTests
{
    private static readonly ElevatedRoleVersion EntryBefore = Entry(namespaces: ["a", "b"], environment: ClusterEnvironment.Staging, confirm: true);

    private static readonly Dictionary<string, (ElevatedRoleVersion After, bool Loosens)> Entries = new()
    {
        ["nothing"] = (With(), false),
        ["title and description"] = (With(title: "Renamed", description: "Other words"), false),
        ["fewer namespaces"] = (With(namespaces: ["a"]), false),
        ["order of namespaces"] = (With(namespaces: ["b", "a"]), false),
        ["shorter"] = (With(maximum: TimeSpan.FromMinutes(30)), false),
        ["usual duration"] = (With(usual: TimeSpan.FromHours(1)), false),
        ["marked as production"] = (With(environment: ClusterEnvironment.Production), false),
        ["other namespace"] = (With(namespaces: ["a", "c"]), true),
        ["whole cluster"] = (With(namespaces: []), true),
        ["longer"] = (With(maximum: TimeSpan.FromHours(2)), true),
        ["other cluster"] = (With(cluster: UuidId.New<ClusterId>(Now)), true),
        ["other role"] = (With(role: "admin"), true),
        ["other kind of role"] = (With(kind: RoleKind.Role), true),
        ["other workflow"] = (With(workflow: UuidId.New<WorkflowId>(Now)), true),
        ["marked as development"] = (With(environment: ClusterEnvironment.Development), true),
        ["no last click"] = (With(confirm: false), true),
    };

    private static readonly Dictionary<string, (WorkflowVersion After, bool Loosens)> Workflows = new()
    {
        ["nothing"] = (WorkflowOf(Peers, Sre), false),
        ["title"] = (WorkflowWith(title: "Renamed", stages: [Peers, Sre]), false),
        ["more approvals"] = (WorkflowOf(Peers with { Approvals = 2 }, Sre), false),
        ["one more stage"] = (WorkflowOf(Peers, Sre, Sre), false),
        ["starts sooner"] = (WorkflowWith(stages: [Peers, Sre], provisionWithin: TimeSpan.FromMinutes(5)), false),
        ["more may ask"] = (WorkflowWith(requesters: ["developers", "sre"], stages: [Peers, Sre]), true),
        ["others may ask"] = (WorkflowWith(requesters: ["sre"], stages: [Peers, Sre]), true),
        ["fewer stages"] = (WorkflowOf(Peers), true),
        ["no stage"] = (WorkflowOf(), true),
        ["other order of stages"] = (WorkflowOf(Sre, Peers), true),
        ["more may approve"] = (WorkflowOf(Peers with { ApproverGroups = ["developers", "interns"] }, Sre), true),
        ["starts later"] = (WorkflowWith(stages: [Peers, Sre], provisionWithin: TimeSpan.FromMinutes(16)), true),
    };

    public static TheoryData<string> EntryChanges => [.. Entries.Keys];

    public static TheoryData<string> WorkflowChanges => [.. Workflows.Keys];

    [Theory]
    [MemberData(nameof(EntryChanges))]
    public void Loosens_OfAnEntry_IsWhatGivesMoreOrAsksForLess(string change) => Assert.Equal(Entries[change].Loosens, ChangeRules.Loosens(EntryBefore, Entries[change].After));

    [Theory]
    [MemberData(nameof(WorkflowChanges))]
    public void Loosens_OfAWorkflow_IsWhatAsksForLess(string change) => Assert.Equal(Workflows[change].Loosens, ChangeRules.Loosens(WorkflowOf(Peers, Sre), Workflows[change].After));

    [Fact]
    public void Loosens_NewEntry_GivesWhatWasNotGiven_NewWorkflow_GovernsNothing()
    {
        Assert.True(ChangeRules.Loosens(null, Entry()));
        Assert.False(ChangeRules.Loosens(null, WorkflowOf()));
    }

    [Fact]
    public void Loosens_FewerApprovals_IsALowering() =>
        Assert.True(ChangeRules.Loosens(WorkflowOf(Peers with { Approvals = 2 }), WorkflowOf(Peers)));

    [Fact]
    public void Loosens_FromTheWholeClusterToANamespace_NamesAPlaceThatWasNotNamed() =>
        Assert.True(ChangeRules.Loosens(Entry(namespaces: []), Entry(namespaces: ["a"])));

    private static ElevatedRoleVersion With(
        string title = "Edit payments", string description = "For incidents.", RoleKind kind = RoleKind.ClusterRole, string role = "edit", string[]? namespaces = null, TimeSpan? maximum = null,
        TimeSpan? usual = null, ClusterEnvironment environment = ClusterEnvironment.Staging, ClusterId? cluster = null, WorkflowId? workflow = null, bool confirm = true) =>
        Entry(title, description, kind, role, namespaces ?? ["a", "b"], maximum, usual, environment, cluster, workflow, confirm, version: 2);
}
