using System.Reflection;
using System.Runtime.CompilerServices;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.JustInTime;
using Lapse.Domain.People;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
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
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>
/// Each use case called as every wrong person is refused and changes nothing. A method of a use case that is not in
/// the table fails <see cref="EveryUseCase_IsInTheTableWithEachOfItsMethods"/>.
/// </summary>
public sealed class EveryUseCaseTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private ServiceProvider _services = null!;
    private readonly ScratchFolder _keys = new();
    private World _world = null!;

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

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _world = await World.CreateAsync(Database, Now, Cancellation);
        _services = TestFeatures.Create(Database, new FixedClock(Now), _keys, new OutboundOptions());
    }

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _keys.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public void EveryUseCase_IsInTheTableWithEachOfItsMethods()
    {
        var marked = typeof(UseCaseAttribute).Assembly.GetTypes().Where(type => type.IsDefined(typeof(UseCaseAttribute), false)).ToList();

        Assert.NotEmpty(marked);
        Assert.Empty(marked.SelectMany(type => Methods(type).Where(method => Rows(type, method.Key) < method.Count()).Select(method => $"{type.Name}.{method.Key}")));
    }

    // Rebuilding an act only says what it is, and noting a refusal does nothing; who may do it is decided when it is done.
    private static IEnumerable<IGrouping<string, MethodInfo>> Methods(Type useCase) => useCase
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => !method.IsSpecialName && method.Name is not (nameof(IStepUpActHandler.RebuildAsync) or nameof(IStepUpActHandler.Refused)))
        .GroupBy(method => method.Name);

    private static int Rows(Type useCase, string method) => Table.Count(row =>
        row.UseCase == useCase && (row.Source.Contains($"<{useCase.Name}>().{method}(", StringComparison.Ordinal) || row.Source.Contains($"{method}<{useCase.Name}>(", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task UseCase_ByEveryWrongPerson_IsRefusedAndChangesNothing(string act)
    {
        var row = Table.Single(r => r.Act == act);
        await PrepareAsync();
        var before = await StateAsync();
        foreach (var actor in row.WrongPeople(_world))
        {
            Assert.NotNull(await row.Call(this, actor));
            Assert.Equal(before, await StateAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task UseCase_BySomebodyWhoseSignInIsNotGood_IsRefused(string act)
    {
        var row = Table.Single(r => r.Act == act);
        if (row.UseCase.IsAssignableTo(typeof(IStepUpActHandler))) return; // Called by the engine only, which has tests of its own for sessions.
        await PrepareAsync();
        foreach (var right in new[] { _world.Alice, _world.Bob, _world.Dana, _world.Dave })
        {
            foreach (var wrong in await _world.NotGoodAsync(right, Cancellation))
            {
                var before = await StateAsync();
                Assert.Contains((await row.Call(this, wrong))?.Code, new[] { "SignInAgain", "Disabled" });
                Assert.Equal(before, await StateAsync());
            }
        }
    }

    private static IEnumerable<Actor> NoAdmins(World w) => [w.Alice, w.Bob, w.Sam, w.Mallory];

    private T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    // Made once for each test, before the state is compared.
    private readonly Guid _test = Guid.NewGuid();
    private AccessRequestId? _draft, _waiting;
    private GrantId? _grant;
    private ConfigurationChangeId? _change, _draftChange;
    private PersonId? _disabled;
    private HoldId? _hold;
    private StandingRemovalId? _removed;
    private string? _finding;

    private async Task PrepareAsync()
    {
        await DraftIdAsync();
        await WaitingIdAsync();
        await GrantIdAsync();
        await ChangeIdAsync();
        await DraftChangeIdAsync();
        await DisabledIdAsync();
        await HoldIdAsync();
        await ProviderTestAsync();
        await FindingAsync();
        await RemovedIdAsync();
    }

    private JustInTimeForm JustInTimeForm => new("test", ["RoleBinding payments-prod/standing"], null, "New", "", TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), _world.OnePeer.WorkflowId, false, "");

    // Removed by a change in force; nothing here asks a cluster.
    private async Task<StandingRemovalId> RemovedIdAsync()
    {
        if (_removed is { } known) return known;
        await using var db = Database.CreateDbContext();
        var reviewed = new ReviewedBinding(new Domain.Access.BindingObject { Name = "standing", Namespace = "payments-prod", RoleRef = new(BindingKeys.RbacGroup, "ClusterRole", "edit"), Subjects = [BindingSubject.User("oidc:alice")], Uid = "uid", ResourceVersion = "1" });
        var said = new JustInTimeChange(_world.Cluster.Id, _world.OnePeer, false, [reviewed], []);
        var change = ConfigurationChange.Draft(ChangeKind.JustInTime, _world.OnePeer.ElevatedRoleId.Value, "Make it just-in-time", null, said.Canonical(), null, needsSecondAdmin: false, _world.Dana.PersonId, Now);
        change.Proved(_world.Proof(db, StepUpActs.Propose(change), _world.Dana, ["lapse-admins"]).Id, Now);
        var removal = StandingRemoval.Of(change.Id, said, Now)[0];
        removal.SeenGone(Now);
        db.AddRange(change, removal);
        await db.CommitAsync(Cancellation);
        _removed = removal.Id;
        return removal.Id;
    }

    // Accepted until tomorrow.
    private async Task<string> FindingAsync()
    {
        if (_finding is { } known) return known;
        await using var db = Database.CreateDbContext();
        var finding = KeptFinding.New(_world.Cluster.Id, new Finding { Check = new("LR001", "Title", "Attack", "Fix"), Severity = Severity.High, Evidence = "Evidence", Fix = "Fix" }, Now);
        var acceptance = new FindingAcceptance
        {
            Id = UuidId.New<FindingAcceptanceId>(Now),
            ClusterId = _world.Cluster.Id,
            Fingerprint = finding.Fingerprint,
            Reason = "Known",
            Owner = "Platform",
            Until = Now.AddDays(1),
            Gravity = finding.Gravity,
            PersonId = _world.Dana.PersonId,
            At = Now,
        };
        finding.Follow(acceptance);
        db.RbacFindings.Add(finding);
        db.RbacAcceptances.Add(acceptance);
        await db.CommitAsync(Cancellation);
        return _finding = finding.Fingerprint;
    }

    private async Task<PersonId> DisabledIdAsync()
    {
        if (_disabled is { } known) return known;
        await using var db = Database.CreateDbContext();
        var erin = World.SignIn(db, "erin", Now, "developers");
        db.People.Local.Single(p => p.Id == erin.PersonId).Disable(_world.Dana.PersonId, "", Now);
        await db.CommitAsync(Cancellation);
        return (_disabled = erin.PersonId).Value;
    }

    private async Task<HoldId> HoldIdAsync()
    {
        if (_hold is { } known) return known;
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var (hold, _) = await Infrastructure.Holds.Holds.BeginAsync(db, HoldCause.Admin, "Wait", LedgerActor.Of(_world.Dana.PersonId), Now, Cancellation);
        await db.CommitAsync(Cancellation);
        return (_hold = hold.Id).Value;
    }

    // Dana went through the first round of a test, and left for the second.
    private async Task ProviderTestAsync()
    {
        await using var db = Database.CreateDbContext();
        var settings = Get<ProviderOptions>().Settings();
        _world.Proof(db, StepUpActs.TestProvider(settings, _test, _world.Dana.PersonId, ProviderTest.FirstRound), _world.Dana, ["lapse-admins"]);
        var second = StepUpChallenge.Draft(new(ActKind.TestProvider, _test, ProviderTest.SecondRound, "", false, "/"), _world.Dana.PersonId, _world.Dana.SessionId, Now);
        second.Bind(StepUpActs.TestProvider(settings, _test, _world.Dana.PersonId, ProviderTest.SecondRound));
        db.StepUpChallenges.Add(second);
        await db.CommitAsync(Cancellation);
        await db.StepUpChallenges.Where(c => c.Id == second.Id).ExecuteUpdateAsync(set => set.SetProperty(c => c.StartedAt, Now), Cancellation);
    }

    private async Task<AccessRequestId> DraftIdAsync() => _draft ??= (await _world.RequestAsync(_world.OnePeer, _world.Alice, Cancellation, submitted: false)).Id;

    private async Task<AccessRequestId> WaitingIdAsync() => _waiting ??= (await _world.RequestAsync(_world.TwoPeers, _world.Alice, Cancellation)).Id;

    private async Task<GrantId> GrantIdAsync()
    {
        if (_grant is { } known) return known;
        // Approved with a stage, so that peers may revoke it and others may not.
        var request = await _world.RequestAsync(_world.OnePeer, _world.Alice, Cancellation);
        await using var db = Database.CreateDbContext();
        var tracked = await db.AccessRequests.SingleAsync(r => r.Id == request.Id, Cancellation);
        var workflow = await db.WorkflowVersions.SingleAsync(v => v.WorkflowId == request.WorkflowId, Cancellation);
        var proof = _world.Proof(db, StepUpActs.Approve(tracked, _world.OnePeer, workflow, _world.Bob.PersonId, 0, ""), _world.Bob, ["developers"]);
        var decision = new Decision { Id = UuidId.New<DecisionId>(Now), RequestId = request.Id, RequestVersion = 1, Stage = 0, PersonId = _world.Bob.PersonId, Verdict = Verdict.Approve, Comment = "", DecidedAt = Now, ProofId = proof.Id };
        db.Decisions.Add(decision);
        tracked.Decided(decision, [], workflow, Now);
        var grant = Grant.Of(tracked, workflow.ProvisionWithin, Now)[0];
        db.Grants.Add(grant);
        await db.CommitAsync(Cancellation);
        return (_grant = grant.Id).Value;
    }

    private async Task<AccessRequestId> GrantedIdAsync()
    {
        var grant = await GrantIdAsync();
        await using var db = Database.CreateDbContext();
        return await db.Grants.Where(g => g.Id == grant).Select(g => g.RequestId).SingleAsync(Cancellation);
    }

    private async Task<ConfigurationChangeId> ChangeIdAsync() => _change ??= await NewChangeAsync(proved: true);

    private async Task<ConfigurationChangeId> DraftChangeIdAsync() => _draftChange ??= await NewChangeAsync(proved: false);

    private async Task<ConfigurationChangeId> NewChangeAsync(bool proved)
    {
        await using var db = Database.CreateDbContext();
        var change = ConfigurationChange.Draft(ChangeKind.RetireElevatedRole, _world.OnePeer.ElevatedRoleId.Value, "Withdraw", null,
            new() { ["type"] = "retire-elevated-role", ["id"] = _world.OnePeer.ElevatedRoleId.ToString(), ["version"] = 1 }, null, needsSecondAdmin: true, _world.Dana.PersonId, Now);
        db.ConfigurationChanges.Add(change);
        if (proved) change.Proved(_world.Proof(db, StepUpActs.Propose(change), _world.Dana, ["lapse-admins"]).Id, Now);
        await db.CommitAsync(Cancellation);
        return change.Id;
    }

    private EntryForm EntryForm() => new(null, 0, "New", "", _world.Cluster.Id, ClusterEnvironment.Production, new(RoleKind.ClusterRole, "edit"), ["dev"], TimeSpan.FromHours(1), TimeSpan.FromHours(1), _world.OnePeer.WorkflowId, false);

    // Plays the engine's part: rebuilds and does the act in one transaction with a verified proof, and commits unless refused.
    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<AccessRequestId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<ConfigurationChangeId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<HoldId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<StandingRemovalId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<PersonId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Guid subject, Actor actor, string[] groups) where T : IStepUpActHandler
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var challenge = StepUpChallenge.Draft(new(kind, subject, 1, "", false, "/"), actor.PersonId, actor.SessionId, Now);
        var named = await Get<T>().RebuildAsync(db, challenge, Cancellation);
        if (!named.Succeeded) return named.Refusal;
        challenge.Bind(named.Value.Act);
        var outcome = await Get<T>().ActAsync(db, challenge, _world.NewProof(challenge, groups), Cancellation);
        if (!outcome.Succeeded) return outcome.Refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    // Everything that an act could change, in one string.
    private async Task<string> StateAsync()
    {
        await using var db = Database.CreateDbContext();
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(Cancellation);
        var requests = await db.AccessRequests.AsNoTracking().OrderBy(r => r.Id).Select(r => $"{r.Id} {r.Status} {r.Version}").ToListAsync(Cancellation);
        var grants = await db.Grants.AsNoTracking().OrderBy(g => g.Id).Select(g => $"{g.Id} {g.Status}").ToListAsync(Cancellation);
        var changes = await db.ConfigurationChanges.AsNoTracking().OrderBy(c => c.Id).Select(c => $"{c.Id} {c.Status}").ToListAsync(Cancellation);
        var removals = await db.StandingRemovals.AsNoTracking().OrderBy(r => r.Id).Select(r => $"{r.Id} {r.Status}").ToListAsync(Cancellation);
        var people = await db.People.AsNoTracking().OrderBy(p => p.Id).Select(p => $"{p.Id} {p.DisabledAt}").ToListAsync(Cancellation);
        return string.Join('\n', [head.Sequence, .. requests, .. grants, .. changes, .. removals, .. people, await db.HoldEnds.CountAsync(Cancellation), await db.RbacAcceptances.CountAsync(Cancellation), await db.RbacFindings.Select(f => f.AcceptedUntil).SingleOrDefaultAsync(Cancellation), await db.Decisions.CountAsync(Cancellation), await db.StepUpChallenges.CountAsync(Cancellation)]);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
