using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class RequestThreadQueryTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private TestPortal _portal = null!;
    private TestPortal.Entry _entry = null!;
    private Actor _alice = null!;
    private Actor _bob = null!;
    private Actor _carol = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _bob = await _portal.PersonAsync("bob", "developers", "sre");
        _carol = await _portal.PersonAsync("carol", "developers", "sre");
        _entry = await _portal.EntryAsync("Edit payments", approvers: ["sre"], approvals: 2, namespaces: ["payments-prod", "web-prod"]);
    }

    [Fact]
    public async Task AskAsync_DraftOfAnother_IsNotThereForAnybody()
    {
        var id = await _portal.DraftAsync(_alice, _entry);
        Actor[] others = [_bob, await _portal.PersonAsync("dana", "lapse-admins"), await _portal.PersonAsync("sam", "lapse-auditors"), await _portal.PersonAsync("eve")];

        foreach (var other in others) Assert.Equal("RequestUnknown", (await AskAsync(other, id)).Refusal?.Code);
        var mine = (await AskAsync(_alice, id)).Value;
        Assert.Equal((true, true, false), (mine.Rights.Submit, mine.Rights.Withdraw, mine.Rights.Decide));
        Assert.Single(mine.Events);
    }

    [Fact]
    public async Task AskAsync_RequestOfAGroupThatIsNotMine_IsNotThere()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        var erin = await _portal.PersonAsync("erin", "developers");

        Assert.Equal("RequestUnknown", (await AskAsync(erin, id)).Refusal?.Code);
        Assert.Equal("RequestUnknown", (await Query.AskAsync(erin, new("not-an-id"), Cancellation)).Refusal?.Code);
        Assert.True((await AskAsync(await _portal.PersonAsync("sam", "lapse-auditors"), id)).Succeeded);
    }

    [Fact]
    public async Task AskAsync_Waiting_GivesAnApproverEverythingToDecide()
    {
        var before = await _portal.SubmittedAsync(_alice, _entry, "the last time", TestPortal.Now.AddDays(-1));
        await _portal.DecideAsync(before, _bob, _entry, Verdict.Deny, "not now");
        var id = await _portal.SubmittedAsync(_alice, _entry);

        var view = (await AskAsync(_bob, id)).Value;

        Assert.True(view.Rights is { Decide: true, Withdraw: false, Drop: false, Revoke: false });
        Assert.Equal(("Alice", "rollback of 4711", "OPS-1"), (view.Requester.Name, view.Reason, view.Ticket));
        Assert.Equal(["Bob", "Carol"], view.Waiting!.People);
        var earlier = Assert.Single(view.Aid!.Earlier);
        Assert.Equal(("the last time", "Denied"), (earlier.Reason, earlier.State.Word));
        Assert.Empty(view.Aid.AddedSinceAsked);
        Assert.Empty(view.Aid.AddedSinceShown);
        Assert.Equal("auth can-i patch deployments.apps", view.CheckLine);
    }

    [Fact]
    public async Task AskAsync_EarlierOnesThatOthersDecided_KeepTheirReasons()
    {
        await _portal.DecideAsync(await _portal.SubmittedAsync(_alice, _entry, "for sre only", TestPortal.Now.AddDays(-1)), _bob, _entry, Verdict.Deny);
        var erin = await _portal.PersonAsync("erin", "developers");
        // From now on developers decide about the entry.
        var peers = await _portal.EntryAsync("Peers decide", approvers: ["developers"]);
        var id = await _portal.SubmittedAsync(_alice, new(_entry.Version, peers.Workflow));

        Assert.Empty((await AskAsync(erin, id)).Value.Aid!.Earlier);
        Assert.Equal("for sre only", Assert.Single((await AskAsync(_bob, id)).Value.Aid!.Earlier).Reason);
    }

    [Fact]
    public async Task AskAsync_TheRequester_CannotDecideAndMayWithdraw()
    {
        var view = (await AskAsync(_alice, await _portal.SubmittedAsync(_alice, _entry))).Value;

        Assert.Equal((false, true, null), (view.Rights.Decide, view.Rights.Withdraw, view.Rights.WhyNotDecide));
        Assert.Null(view.Aid);
    }

    [Fact]
    public async Task AskAsync_WhoApprovedAlready_WaitsForSomebodyElse()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve, "go ahead");

        var bobs = (await AskAsync(_bob, id)).Value;

        Assert.False(bobs.Rights.Decide);
        Assert.Equal(DecisionRules.DecidedBefore.Message, bobs.Rights.WhyNotDecide);
        Assert.Equal(1, bobs.ApprovalsSoFar);
        Assert.True((await AskAsync(_carol, id)).Value.Rights.Decide);
        Assert.Contains("1 more approval by Bob and Carol. 1 approval of 2 so far.", ThreadNext.Of(bobs)!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AskAsync_Active_ShowsAGrantForEachNamespaceAndTheWholeThread()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve, "go ahead");
        await _portal.DecideAsync(id, _carol, _entry, Verdict.Approve);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));

        var view = (await AskAsync(_alice, id)).Value;

        Assert.Equal(["payments-prod", "web-prod"], view.Grants.Select(g => g.Namespace));
        Assert.All(view.Grants, g => Assert.Equal(TestPortal.Now.AddMinutes(25), g.EndsAt));
        Assert.Equal("Active", view.State.Word);
        Assert.True(view.Rights is { Drop: true, Revoke: false });
        Assert.True((await AskAsync(_bob, id)).Value.Rights is { Drop: false, Revoke: true });
        Assert.False((await AskAsync(await _portal.PersonAsync("sam", "lapse-auditors"), id)).Value.Rights.Revoke);
        Assert.True((await AskAsync(await _portal.PersonAsync("dana", "lapse-admins"), id)).Value.Rights.Revoke);
        Assert.Equal(["Alice", "Bob", "Carol", null, null], view.Events.Select(e => e.Actor?.Name));
        Assert.Equal("go ahead", view.Events[1].Quote);
        Assert.Contains(view.Events[0].Details, line => line is { Label: "proof acr", Value: "urn:mfa" });
        Assert.Contains(view.Events[0].Details, line => line is { Label: "proof amr", Value: "pwd, otp" });
        Assert.Contains(view.Events[0].Details, line => line is { Label: "proof token hash (SHA-256)", Value: "ab12" });
    }

    [Fact]
    public async Task AskAsync_RoleBecameWider_NamesWhatIsNew()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        var wider = RoleRules.From([.. TestPortal.Edit.Rules, new PolicyRule { ApiGroups = [""], Resources = ["pods/exec"], Verbs = ["create"] }]);
        await using (var db = Database.CreateDbContext())
        {
            (await db.RoleSnapshots.SingleAsync(Cancellation)).Rules = wider.ToCanonicalJson();
            await db.SaveChangesAsync(Cancellation);
        }
        Assert.Equal(["create pods/exec (core)"], (await AskAsync(_bob, id)).Value.Aid!.AddedSinceShown);

        await _portal.ChangeAsync(id, (db, request) =>
        {
            request.Reopen(wider, _entry.Workflow, TestPortal.Now);
            db.Record(TestPortal.Now, LedgerActor.Lapse, LedgerActs.RequestReopened, LedgerSubject.Of(id), new JsonObject { ["added"] = new JsonArray("create pods/exec (core)") });
        });

        var reopened = (await AskAsync(_bob, id)).Value;
        Assert.Equal(["create pods/exec (core)"], reopened.Aid!.AddedSinceAsked);
        Assert.Empty(reopened.Aid.AddedSinceShown);
        Assert.Equal(2, reopened.Version);
    }

    [Fact]
    public async Task AskAsync_Extension_EachSideNamesTheOther()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve);
        await _portal.DecideAsync(id, _carol, _entry, Verdict.Approve);
        Assert.False((await AskAsync(_alice, id)).Value.Rights.Extend);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));
        Assert.True((await AskAsync(_alice, id)).Value.Rights.Extend);
        Assert.False((await AskAsync(_bob, id)).Value.Rights.Extend);

        var extension = await _portal.SubmittedAsync(_alice, _entry, extends: id);

        var (old, later) = ((await AskAsync(_alice, id)).Value, (await AskAsync(_bob, extension)).Value);
        Assert.Equal((false, extension, "Awaiting approval", true), (old.Rights.Extend, old.ExtendedBy!.Id, old.ExtendedBy.State.Word, old.ExtendedBy.MayOpen));
        Assert.Equal(new(id, true, old.State, TestPortal.Now.AddMinutes(25), false), later.Extends);
        Assert.Null(old.Extends);
        Assert.Null(later.ExtendedBy);
        Assert.StartsWith("asked to extend edit in", later.Events[0].Sentence, StringComparison.Ordinal);
        Assert.True(later.Rights.Decide);

        await _portal.EndAsync(id, EndReason.Revoked);

        Assert.True((await AskAsync(_bob, extension)).Value.Extends!.EndedOnPurpose);
    }

    [Fact]
    public async Task AskAsync_ExtensionUnderAnotherWorkflow_LeadsNowhereForWhoeverMayNotSeeIt()
    {
        var earlier = await _portal.SubmittedAsync(_alice, _entry);
        var other = await _portal.EntryAsync("Edit elsewhere", approvers: ["developers"], namespaces: ["dev"]);
        var erin = await _portal.PersonAsync("erin", "developers");
        var extension = await _portal.SubmittedAsync(_alice, other, extends: earlier);

        Assert.Equal((earlier, false), ((await AskAsync(erin, extension)).Value.Extends!.Id, (await AskAsync(erin, extension)).Value.Extends!.MayOpen));
        Assert.True((await AskAsync(_bob, extension)).Value.Extends!.MayOpen);
    }

    private RequestThreadQuery Query => new(Database, _portal.Guard, _portal.Clock);

    private Task<Outcome<RequestThreadView>> AskAsync(Actor actor, AccessRequestId id) => Query.AskAsync(actor, new(id.ToString()), Cancellation);
}
