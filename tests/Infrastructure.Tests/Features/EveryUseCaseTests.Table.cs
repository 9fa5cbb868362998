using System.Runtime.CompilerServices;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Emergency;
using Lapse.Portal.Features.Evidence;
using Lapse.Portal.Features.Hold;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.People;
using Lapse.Portal.Features.Rbac;
using Lapse.Portal.Features.Requests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed partial class EveryUseCaseTests
{
    private sealed record Row(
        Type UseCase, string Act, Func<EveryUseCaseTests, Actor, Task<Refusal?>> Call, Func<World, IEnumerable<Actor>> WrongPeople, [CallerArgumentExpression(nameof(Call))] string Source = "");

    private static readonly Row[] Table =
    [
        new(typeof(AskForAccess), "ask", async (t, actor) => (await t.Get<AskForAccess>().AskAsync(actor, t._world.OnePeer.ElevatedRoleId, Typed, Cancellation)).Refusal,
            w => [w.Dana, w.Sam, w.Mallory]),
        new(typeof(AskForAccess), "submit another's draft", async (t, actor) => (await t.Get<AskForAccess>().SubmitAsync(actor, await t.DraftIdAsync(), Cancellation)).Refusal,
            w => [w.Bob, w.Dana, w.Sam, w.Mallory]),
        new(typeof(AskForAccess), "extend another's access", async (t, actor) => (await t.Get<AskForAccess>().ExtendAsync(actor, await t.GrantedIdAsync(), Typed, Cancellation)).Refusal,
            w => [w.Bob, w.Carol, w.Dana, w.Sam, w.Mallory]),
        new(typeof(SubmitRequest), "submit with a token without the group", (t, actor) => t.ActAsync<SubmitRequest>(ActKind.SubmitRequest, t.DraftIdAsync, actor, GroupsButDevelopers),
            w => [w.Alice, w.Bob, w.Dana, w.Sam, w.Mallory]),
        new(typeof(WithdrawRequest), "withdraw another's request", async (t, actor) => (await t.Get<WithdrawRequest>().WithdrawAsync(actor, await t.WaitingIdAsync(), Cancellation)).Refusal,
            w => [w.Bob, w.Carol, w.Dana, w.Sam, w.Mallory]),
        new(typeof(DecideRequest), "begin to approve", async (t, actor) => (await t.Get<DecideRequest>().ApproveAsync(actor, await t.WaitingIdAsync(), 1, "", Cancellation)).Refusal,
            w => [w.Alice, w.Dana, w.Sam, w.Mallory]),
        new(typeof(DecideRequest), "deny", async (t, actor) => (await t.Get<DecideRequest>().DenyAsync(actor, await t.WaitingIdAsync(), 1, "", Cancellation)).Refusal,
            w => [w.Alice, w.Dana, w.Sam, w.Mallory]),
        new(typeof(ApproveRequest), "approve own, or without the group in the token", (t, actor) => t.ActAsync<ApproveRequest>(ActKind.ApproveRequest, t.WaitingIdAsync, actor, GroupsButDevelopers),
            w => [w.Alice, w.Bob, w.Dana, w.Sam, w.Mallory]),
        new(typeof(EndAccess), "drop another's access", async (t, actor) => (await t.Get<EndAccess>().DropAsync(actor, await t.GrantIdAsync(), Cancellation)).Refusal,
            w => [w.Bob, w.Carol, w.Dana, w.Sam, w.Mallory]),
        new(typeof(EndAccess), "revoke", async (t, actor) => (await t.Get<EndAccess>().RevokeAsync(actor, await t.GrantIdAsync(), "", Cancellation)).Refusal,
            w => [w.Alice, w.Sam, w.Mallory]),
        // Carol could have decided it, and did not.
        new(typeof(ExportEvidence), "have the evidence", async (t, actor) => (await t.Get<ExportEvidence>().MakeAsync(actor, await t.GrantIdAsync(), Cancellation)).Refusal,
            w => [w.Carol, w.Mallory]),
        new(typeof(ProposeChange), "save an entry", async (t, actor) => (await t.Get<ProposeChange>().SaveEntryAsync(actor, t.EntryForm(), Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "withdraw an entry", async (t, actor) => (await t.Get<ProposeChange>().RetireEntryAsync(actor, t._world.OnePeer.ElevatedRoleId, Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "save a workflow", async (t, actor) => (await t.Get<ProposeChange>().SaveWorkflowAsync(actor, WorkflowForm, Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "save a cluster", async (t, actor) => (await t.Get<ProposeChange>().SaveClusterAsync(actor, ClusterForm, Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "retire a cluster", async (t, actor) => (await t.Get<ProposeChange>().RetireClusterAsync(actor, t._world.Cluster.Id, Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "make standing access just-in-time", async (t, actor) => (await t.Get<ProposeChange>().SaveJustInTimeAsync(actor, t.JustInTimeForm, Cancellation)).Refusal, NoAdmins),
        new(typeof(RestoreStanding), "begin to restore a standing binding", async (t, actor) => (await t.Get<RestoreStanding>().BeginAsync(actor, await t.RemovedIdAsync(), Cancellation)).Refusal, NoAdmins),
        new(typeof(RestoreStandingAct), "restore a standing binding without the group in the token", (t, actor) => t.ActAsync<RestoreStandingAct>(ActKind.RestoreBinding, t.RemovedIdAsync, actor, ["developers"]), w => [.. NoAdmins(w), w.Dana]),
        new(typeof(KeepStanding), "keep a standing binding", async (t, actor) => (await t.Get<KeepStanding>().KeepAsync(actor, await t.RemovedIdAsync(), Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "go on with another's change", async (t, actor) => (await t.Get<ProposeChange>().ContinueAsync(actor, await t.DraftChangeIdAsync(), Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dave]),
        new(typeof(TestCluster), "test a cluster", async (t, actor) => (await t.Get<TestCluster>().TestAsync(actor, t._world.Cluster.Id, Cancellation)).Refusal, NoAdmins),
        new(typeof(TestCluster), "test what is typed", async (t, actor) => (await t.Get<TestCluster>().TestAsync(actor, null, ClusterForm.Access, Cancellation)).Refusal, NoAdmins),
        new(typeof(ProposeChange), "confirm a change", async (t, actor) => (await t.Get<ProposeChange>().ConfirmAsync(actor, await t.ChangeIdAsync(), Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dana]),
        new(typeof(ProposeChangeAct), "change without the group in the token", (t, actor) => t.ActAsync<ProposeChangeAct>(ActKind.ProposeChange, t.DraftChangeIdAsync, actor, ["developers"]), NoAdmins),
        new(typeof(ProposeChangeAct), "change as another admin", (t, actor) => t.ActAsync<ProposeChangeAct>(ActKind.ProposeChange, t.DraftChangeIdAsync, actor, ["lapse-admins"]), w => [w.Dave]),
        new(typeof(ConfirmChangeAct), "confirm without the group in the token", (t, actor) => t.ActAsync<ConfirmChangeAct>(ActKind.ConfirmChange, t.ChangeIdAsync, actor, ["developers"]), w => [.. NoAdmins(w), w.Dave]),
        new(typeof(ConfirmChangeAct), "confirm one's own", (t, actor) => t.ActAsync<ConfirmChangeAct>(ActKind.ConfirmChange, t.ChangeIdAsync, actor, ["lapse-admins"]), w => [w.Dana]),
        new(typeof(DisablePerson), "disable somebody", async (t, actor) => (await t.Get<DisablePerson>().DisableAsync(actor, t._world.Carol.PersonId, "", Cancellation)).Refusal, NoAdmins),
        new(typeof(DisablePerson), "disable oneself", async (t, actor) => (await t.Get<DisablePerson>().DisableAsync(actor, t._world.Dana.PersonId, "", Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dana]),
        new(typeof(EnablePerson), "begin to enable somebody", async (t, actor) => (await t.Get<EnablePerson>().BeginAsync(actor, await t.DisabledIdAsync(), Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dana]),
        new(typeof(EnablePersonAct), "enable without the group in the token", (t, actor) => t.ActAsync<EnablePersonAct>(ActKind.EnablePerson, t.DisabledIdAsync, actor, ["developers"]), w => [.. NoAdmins(w), w.Dave]),
        new(typeof(EnablePersonAct), "enable whom one disabled oneself", (t, actor) => t.ActAsync<EnablePersonAct>(ActKind.EnablePerson, t.DisabledIdAsync, actor, ["lapse-admins"]), w => [w.Dana]),
        new(typeof(EndHold), "begin to end a hold", async (t, actor) => (await t.Get<EndHold>().BeginAsync(actor, await t.HoldIdAsync(), Cancellation)).Refusal, NoAdmins),
        new(typeof(EndHoldAct), "end a hold without the group in the token", (t, actor) => t.ActAsync<EndHoldAct>(ActKind.EndHold, t.HoldIdAsync, actor, ["developers"]), w => [.. NoAdmins(w), w.Dana]),
        new(typeof(EndInEmergency), "end everything in an emergency", async (t, actor) => (await t.Get<EndInEmergency>().EndAsync(actor, new EmergencyScope.Everything(), hold: true, "", Cancellation)).Refusal, NoAdmins),
        new(typeof(EndInEmergency), "hold in an emergency", async (t, actor) => (await t.Get<EndInEmergency>().HoldAsync(actor, "", Cancellation)).Refusal, NoAdmins),
        new(typeof(TestProvider), "test the provider", async (t, actor) => (await t.Get<TestProvider>().BeginAsync(actor, Cancellation)).Refusal, NoAdmins),
        new(typeof(TestProvider), "go on with a test of the provider", async (t, actor) => (await t.Get<TestProvider>().GoOnAsync(actor, t._test, Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dave]),
        new(typeof(TestProvider), "finish a test of the provider", async (t, actor) => (await t.Get<TestProvider>().FinishAsync(actor, t._test, Cancellation)).Refusal, w => [.. NoAdmins(w), w.Dave]),
        new(typeof(TestProviderAct), "test the provider without the group in the token", (t, actor) => t.ActAsync<TestProviderAct>(ActKind.TestProvider, t._test, actor, ["developers"]), NoAdmins),
        new(typeof(AcceptFinding), "accept a finding", async (t, actor) => (await t.Get<AcceptFinding>().AcceptAsync(actor, t._world.Cluster.Id, await t.FindingAsync(), "It is fine", "Platform", Now.AddDays(7), Cancellation)).Refusal, NoAdmins),
        new(typeof(WithdrawAcceptance), "take an acceptance back", async (t, actor) => (await t.Get<WithdrawAcceptance>().WithdrawAsync(actor, t._world.Cluster.Id, await t.FindingAsync(), "It is not fine", Cancellation)).Refusal, NoAdmins),
        new(typeof(WithdrawChange), "give a change up", async (t, actor) => (await t.Get<WithdrawChange>().WithdrawAsync(actor, await t.ChangeIdAsync(), Cancellation)).Refusal, NoAdmins),
    ];

    public static TheoryData<string> Acts => [.. Table.Select(row => row.Act)];

    private static AccessRequestContent Typed => new(TimeSpan.FromMinutes(30), null, "The queue is stuck", "OPS-1");

    private static WorkflowForm WorkflowForm => new(null, 0, "New", ["developers"], [], TimeSpan.FromHours(8), TimeSpan.FromMinutes(15));

    private static ClusterForm ClusterForm => new(null, 0, "new", "New", ClusterEnvironment.Staging, new ClusterAccess.Token("https://203.0.113.1", "", "t"), "sub", "oidc:");

    private static string[] GroupsButDevelopers => ["sre", "lapse-admins"];
}
