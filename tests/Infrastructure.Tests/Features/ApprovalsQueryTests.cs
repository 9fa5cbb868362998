using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Approvals;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class ApprovalsQueryTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private static readonly ApprovalsAsk Waiting = new(false);
    private static readonly ApprovalsAsk Settled = new(true);

    private ApprovalsQuery Query => new(Database, Guard, Clock);

    [Fact]
    public async Task Waiting_RequestOfAPeer_HasEverythingThatTheRowSays()
    {
        var request = await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation);
        await DecideAsync(request.Id, World.Carol, Verdict.Approve);

        var view = await AskAsync(World.Bob, Waiting);

        var row = Assert.Single(view.Waiting);
        Assert.Equal((request.Id, "alice", "admin in web-prod", ClusterEnvironment.Production, "Test"), (row.Id, row.Requester.Name, row.What, row.Environment, row.Cluster));
        Assert.Equal((TimeSpan.FromMinutes(30), "The queue is stuck", "OPS-1", Start, 1, 2), (row.Duration, row.Reason, row.Ticket, row.Since, row.Approvals, row.Needed));
        Assert.Equal(1, view.Count);
        Assert.Equal(1, (await Count.AskAsync(World.Bob, new(), Cancellation)).Value.Waiting);
    }

    private ApprovalsCountQuery Count => new(Database, Guard, Clock);

    [Fact]
    public async Task Waiting_ByEveryWrongPerson_IsEmpty()
    {
        var request = await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation);
        await World.RequestAsync(World.OnePeer, World.Alice, Cancellation, submitted: false);
        await DecideAsync(request.Id, World.Carol, Verdict.Approve);
        var lostTheGroup = await SignInAgainAsync(World.Bob, "sre");

        // The requester, who decided already, admins and auditors who are no approvers, somebody in no group, and who left the group.
        foreach (var wrong in new[] { World.Alice, World.Carol, World.Dana, World.Sam, World.Mallory, lostTheGroup })
        {
            var view = await AskAsync(wrong, Waiting);
            Assert.Empty(view.Waiting);
            Assert.Equal(0, view.Count);
            Assert.Equal(0, (await Count.AskAsync(wrong, new(), Cancellation)).Value.Waiting);
        }
    }

    [Fact]
    public async Task Ask_BySomebodyWhoseSignInIsNotGood_IsRefused()
    {
        await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        foreach (var nobody in await NobodyAsync())
        {
            Assert.False((await Query.AskAsync(nobody, Waiting, Cancellation)).Succeeded);
            Assert.False((await Query.AskAsync(nobody, Settled, Cancellation)).Succeeded);
            Assert.False((await Count.AskAsync(nobody, new(), Cancellation)).Succeeded);
        }
    }

    [Fact]
    public async Task Waiting_OutOfTimeButNotSweptYet_IsEmpty()
    {
        await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        Clock.Now = Start.AddHours(8);
        var later = await SignInLaterAsync(World.Bob);

        Assert.Empty((await AskAsync(later, Waiting)).Waiting);
    }

    [Fact]
    public async Task Waiting_UnderAnEntryThatThePersonChangedToday_IsNotTheirs()
    {
        await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        // As the owner, since the portal itself never changes a version.
        await Database.ExecuteAsOwnerAsync($"UPDATE elevated_role_versions SET made_by = '{World.Bob.PersonId}'", Cancellation);

        Assert.Empty((await AskAsync(World.Bob, Waiting)).Waiting);
        Assert.Single((await AskAsync(World.Carol, Waiting)).Waiting);
    }

    [Fact]
    public async Task Waiting_NewVersion_WaitsAgainForWhoDecidedTheOldOne()
    {
        var request = await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation);
        await DecideAsync(request.Id, World.Bob, Verdict.Approve);
        Assert.Empty((await AskAsync(World.Bob, Waiting)).Waiting);
        await using (var db = Database.CreateDbContext())
        {
            var workflow = await db.WorkflowVersions.SingleAsync(v => v.WorkflowId == request.WorkflowId, Cancellation);
            (await db.AccessRequests.SingleAsync(r => r.Id == request.Id, Cancellation)).Reopen(
                RoleRules.From([new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"], ResourceNames = [], NonResourceUrls = [] }]), workflow, Start.AddMinutes(1));
            await db.CommitAsync(Cancellation);
        }

        var row = Assert.Single((await AskAsync(World.Bob, Waiting)).Waiting);

        Assert.Equal(0, row.Approvals);
    }

    [Fact]
    public async Task Waiting_ManyRequests_ComeOldestFirstInPartsWithoutGapOrRepetition()
    {
        List<AccessRequestId> made = [];
        for (var i = 0; i < 5; i++)
        {
            // Two at the same instant each: the id decides between them.
            var at = Start.AddMinutes(-10 + (i / 2));
            var person = await PersonAsync($"dev-{i}");
            made.Add((await RequestAtAsync(person, at)).Id);
        }

        List<WaitingApproval> seen = [];
        var ask = Waiting with { Take = 2 };
        for (ApprovalsView? view = null; view is null || view.Next is not null;)
        {
            view = await AskAsync(World.Bob, ask with { After = view?.Next });
            Assert.InRange(view.Waiting.Count, 1, 2);
            Assert.Equal(5, view.Count);
            seen.AddRange(view.Waiting);
        }

        Assert.Equal(made.Order(Comparer<AccessRequestId>.Create((a, b) => a.Value.CompareTo(b.Value))), seen.Select(r => r.Id).Order(Comparer<AccessRequestId>.Create((a, b) => a.Value.CompareTo(b.Value))));
        Assert.Equal(seen.Select(r => r.Since).Order(), seen.Select(r => r.Since));
    }

    [Fact]
    public async Task Waiting_Statement_AsksTheIndexOfWaitingRequests()
    {
        await using var db = Database.CreateDbContext();
        var person = (await Guard.FindAsync(db, World.Bob, Cancellation)).Value;

        var sql = db.WaitingFor(person, Start).ToQueryString();

        // The overlap operator and the literal state are what the partial GIN index answers.
        Assert.Contains("approver_groups && ", sql, StringComparison.Ordinal);
        Assert.Contains("status = 'AwaitingApproval'", sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settled_Decisions_AreMineOnlyNewestFirstWithTheirOutcome()
    {
        var first = await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        var second = await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation);
        await DecideAsync(first.Id, World.Bob, Verdict.Approve, at: Start.AddMinutes(1));
        await DecideAsync(second.Id, World.Carol, Verdict.Approve, at: Start.AddMinutes(2));
        await DecideAsync(second.Id, World.Bob, Verdict.Deny, "Not tonight", Start.AddMinutes(3));

        var view = await AskAsync(World.Bob, Settled);

        Assert.Equal([(Verdict.Deny, RequestStatus.Denied, "Not tonight"), (Verdict.Approve, RequestStatus.Approved, "")], view.Settled.Select(r => (r.Verdict, r.Outcome, r.Comment)));
        Assert.All(view.Settled, row => Assert.True(row.MaySee));
        var carols = Assert.Single((await AskAsync(World.Carol, Settled)).Settled);
        Assert.Equal((Verdict.Approve, RequestStatus.Denied), (carols.Verdict, carols.Outcome));
        foreach (var other in new[] { World.Alice, World.Dana, World.Sam, World.Mallory }) Assert.Empty((await AskAsync(other, Settled)).Settled);
    }

    [Fact]
    public async Task Settled_AfterLeavingTheGroup_OpensNoRequest()
    {
        var request = await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        await DecideAsync(request.Id, World.Bob, Verdict.Approve);

        Assert.False(Assert.Single((await AskAsync(await SignInAgainAsync(World.Bob, "sre"), Settled)).Settled).MaySee);
    }

    [Fact]
    public async Task Settled_ManyDecisions_ComeInPartsWithoutGapOrRepetition()
    {
        for (var i = 0; i < 5; i++) await DecideAsync((await RequestAtAsync(await PersonAsync($"dev-{i}"), Start)).Id, World.Bob, Verdict.Deny, at: Start.AddMinutes(i / 2));

        List<SettledApproval> seen = [];
        for (ApprovalsView? view = null; view is null || view.Next is not null;)
        {
            view = await AskAsync(World.Bob, Settled with { Take = 2, After = view?.Next });
            seen.AddRange(view.Settled);
        }

        Assert.Equal(5, seen.Select(r => r.Id).Distinct().Count());
        Assert.Equal(5, seen.Count);
        Assert.Equal(seen.Select(r => r.DecidedAt).OrderDescending(), seen.Select(r => r.DecidedAt));
    }

    private async Task<ApprovalsView> AskAsync(Actor actor, ApprovalsAsk ask)
    {
        var outcome = await Query.AskAsync(actor, ask, Cancellation);
        Assert.Null(outcome.Refusal);
        return outcome.Value;
    }

    private async Task<Actor> PersonAsync(string name)
    {
        await using var db = Database.CreateDbContext();
        var person = World.SignIn(db, name, Start, "developers");
        await db.CommitAsync(Cancellation);
        return person;
    }

    private async Task<Actor> SignInLaterAsync(Actor person)
    {
        await using var db = Database.CreateDbContext();
        var session = Domain.People.SignInSession.Start(person.PersonId, ["developers"], new Dictionary<string, string>(), Clock.Now);
        db.SignInSessions.Add(session);
        await db.CommitAsync(Cancellation);
        return person with { SessionId = session.Id };
    }

    private async Task<AccessRequest> RequestAtAsync(Actor requester, DateTimeOffset at)
    {
        var request = await World.RequestAsync(World.OnePeer, requester, Cancellation);
        await using var command = Database.Serving.CreateCommand("UPDATE access_requests SET submitted_at = $1 WHERE id = $2");
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = request.Id.Value });
        await command.ExecuteNonQueryAsync(Cancellation);
        return request;
    }
}
