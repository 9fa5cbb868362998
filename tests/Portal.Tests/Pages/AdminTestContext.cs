using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

/// <summary>The ground of the administration's pages: dana is signed in; the use cases find a database that is down.</summary>
/// <typeparam name="TAsk">What the page asks.</typeparam>
/// <typeparam name="TView">What it shows.</typeparam>
public abstract class AdminTestContext<TAsk, TView> : PageTestContext<TAsk, TView>
    where TAsk : class
    where TView : class
{
    protected AdminTestContext()
    {
        Services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        Services.AddSingleton<Sealer>();
        Services.AddSingleton(new OutboundOptions());
        Services.AddSingleton<ClusterChecks>();
        Services.AddSingleton<SecondAdmins>();
        Services.AddSingleton(_ => Binding.Value).AddSingleton<RbacSnapshots>().AddSingleton<RbacIndexes>().AddSingleton<ClusterNames>().AddSingleton<JustInTimePlans>();
        Services.AddSingleton<ProposeChange>();
        Services.AddSingleton<WithdrawChange>();
        Services.AddSingleton<TestCluster>();
        SignIn("dana", "lapse-admins");
    }

    // What reads snapshots tells Lapse's own bindings by it; one for all tests.
    private static Lazy<BindingKey> Binding { get; } = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("lapse-pages-");
        var key = BindingKey.Create(folder.FullName);
        folder.Delete(recursive: true);
        return key;
    });

    protected static ClusterId TheCluster { get; } = UuidId.New<ClusterId>(Start);

    protected static WorkflowId TheWorkflow { get; } = UuidId.New<WorkflowId>(Start);

    protected static ClusterCard Card(ClusterState? state = ClusterState.Healthy, int? percent = null, int entries = 1) => new(
        TheCluster, "sandbox", "Sandbox", ClusterEnvironment.Production, "https://api.example.org:6443", CredentialKind.Token, "preferred_username", "oidc:", "groups", "oidc:", entries,
        state is { } known ? new ClusterHealth { ClusterId = TheCluster, State = known, Message = "As it should be.", Percent = percent, ServerVersion = "v1.32.0", CheckedAt = Start, Since = Start.AddHours(-2) } : null);

    protected static WaitingChange Waiting(ChangeStatus status = ChangeStatus.AwaitingSecondAdmin, bool mine = false, bool outdated = false, ChangeKind kind = ChangeKind.Workflow, params ChangedField[] fields) => new(
        UuidId.New<ConfigurationChangeId>(Start), kind, "Change workflow Two peers", status, mine ? "Dana" : "Dave", mine ? "dana" : "dave", mine, Start.AddMinutes(-5), Start.AddDays(6), outdated,
        fields.Length > 0 ? fields : [new("Who approves", "2 of developers (Peers)", "1 of developers (Peers)")]);

    protected static WorkflowVersion Workflow() => new()
    {
        WorkflowId = TheWorkflow,
        Version = 3,
        Title = "Two peers",
        RequesterGroups = ["developers"],
        Stages = [new("Peers", ["developers"], 2)],
        TimeToLive = TimeSpan.FromHours(8),
        ProvisionWithin = TimeSpan.FromMinutes(15),
        Attestation = Attestation.ByOperator([1]),
        MadeAt = Start,
    };

    protected static ElevatedRoleVersion Entry(params string[] namespaces) => new()
    {
        ElevatedRoleId = UuidId.New<ElevatedRoleId>(Start),
        Version = 2,
        Title = "Edit payments",
        Description = "For incidents.",
        ClusterId = TheCluster,
        Environment = ClusterEnvironment.Production,
        RoleKind = RoleKind.ClusterRole,
        RoleName = "edit",
        Namespaces = namespaces,
        Maximum = TimeSpan.FromHours(1),
        Default = TimeSpan.FromMinutes(30),
        WorkflowId = TheWorkflow,
        ConfirmAfterStepUp = namespaces.Length == 0,
        Attestation = Attestation.ByOperator([1]),
        MadeAt = Start,
    };
}
