using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.JustInTime;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Features;

public sealed partial class EveryUseCaseTests
{
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
}
