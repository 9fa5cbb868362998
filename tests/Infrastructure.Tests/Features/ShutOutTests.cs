using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Infrastructure.People;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.People;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Whoever is shut out loses everything at once, and nobody else loses anything that had begun.</summary>
public sealed class ShutOutTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private DisablePerson Disabling => new(Database, Guard, Clock);

    private ShutOutSweep Sweep => new(Database, Clock);

    [Fact]
    public async Task Disable_WhoHasAccess_EndsSessionsGrantsAndRequests()
    {
        var active = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        await ActivateAsync(active, Start);
        var scheduled = await GrantedAsync(World.ByRule, World.Alice);
        var waiting = (await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation)).Id;

        var ended = await Disabling.DisableAsync(World.Dana, World.Alice.PersonId, " Laptop stolen ", Cancellation);

        Assert.Equal(new ShutOutCounts(1, 2, 1, 0), ended.Value);
        await using var db = Database.CreateDbContext();
        var alice = await db.People.SingleAsync(p => p.Id == World.Alice.PersonId, Cancellation);
        Assert.Equal((Start, World.Dana.PersonId, "Laptop stolen"), (alice.DisabledAt, alice.DisabledBy, alice.DisabledWhy));
        Assert.Equal("SignInAgain", (await Guard.FindAsync(db, World.Alice, Cancellation)).Refusal?.Code);
        var grants = await db.Grants.ToDictionaryAsync(g => g.Id, Cancellation);
        Assert.Equal((GrantStatus.Revoking, EndReason.Revoked, World.Dana.PersonId), (grants[active].Status, grants[active].EndReason, grants[active].EndedBy));
        Assert.Equal((GrantStatus.Ended, EndReason.Revoked), (grants[scheduled].Status, grants[scheduled].EndReason));
        Assert.Equal(RequestStatus.Withdrawn, (await db.AccessRequests.SingleAsync(r => r.Id == waiting, Cancellation)).Status);
        // What was scheduled is over, so it may be asked for again; what is being removed is not over yet.
        Assert.Null((await db.AccessRequests.SingleAsync(r => r.Id == grants[scheduled].RequestId, Cancellation)).OpenKey);
        Assert.NotNull((await db.AccessRequests.SingleAsync(r => r.Id == grants[active].RequestId, Cancellation)).OpenKey);
        Assert.Equal(1, await db.LedgerEntries.CountAsync(e => e.Act == LedgerActs.PersonDisabled && e.Subject == LedgerSubject.Of(World.Alice.PersonId), Cancellation));
    }

    [Fact]
    public async Task Disable_WhoApproved_VoidsWhatHasNotBegunAndLeavesWhatHas()
    {
        var begun = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        await ActivateAsync(begun, Start);
        var undelivered = await GrantedAsync(World.OnePeer, World.Carol, World.Bob);
        var half = (await World.RequestAsync(World.TwoPeers, World.Alice, Cancellation)).Id;
        await DecideAsync(half, World.Bob, Verdict.Approve);
        var deniedByOther = (await World.RequestAsync(World.TwoPeers, World.Carol, Cancellation)).Id;
        await DecideAsync(deniedByOther, World.Bob, Verdict.Approve);
        await DecideAsync(deniedByOther, World.Alice, Verdict.Deny);

        Assert.True((await Disabling.DisableAsync(World.Dana, World.Bob.PersonId, "", Cancellation)).Succeeded);

        await using var db = Database.CreateDbContext();
        var grants = await db.Grants.ToDictionaryAsync(g => g.Id, Cancellation);
        Assert.Equal(GrantStatus.Active, grants[begun].Status);
        Assert.Equal((GrantStatus.Ended, EndReason.Revoked), (grants[undelivered].Status, grants[undelivered].EndReason));
        var reopened = await db.AccessRequests.SingleAsync(r => r.Id == half, Cancellation);
        Assert.Equal((RequestStatus.AwaitingApproval, 2, 0), (reopened.Status, reopened.Version, reopened.Stage));
        Assert.Equal(RequestStatus.Denied, (await db.AccessRequests.SingleAsync(r => r.Id == deniedByOther, Cancellation)).Status);

        // Bob's approval does not count any more: two others have to approve.
        await DecideAsync(half, World.Carol, Verdict.Approve);
        Assert.Equal(RequestStatus.AwaitingApproval, await StatusAsync(half));
    }

    [Fact]
    public async Task Disable_AdminWithAChangeThatWaits_WithdrawsIt()
    {
        await using (var db = Database.CreateDbContext())
        {
            var change = ConfigurationChange.Draft(ChangeKind.RetireElevatedRole, World.OnePeer.ElevatedRoleId.Value, "Withdraw", null, new() { ["version"] = 1 }, null, needsSecondAdmin: true, World.Dave.PersonId, Start);
            db.ConfigurationChanges.Add(change);
            await db.CommitAsync(Cancellation);
        }

        Assert.Equal(1, (await Disabling.DisableAsync(World.Dana, World.Dave.PersonId, "", Cancellation)).Value.Changes);

        await using var after = Database.CreateDbContext();
        Assert.Equal(ChangeStatus.Withdrawn, (await after.ConfigurationChanges.SingleAsync(Cancellation)).Status);
    }

    [Fact]
    public async Task Disable_SomebodyWhoIsDisabledAlready_DoesNothingMore()
    {
        await Disabling.DisableAsync(World.Dana, World.Alice.PersonId, "first", Cancellation);

        Assert.True((await Disabling.DisableAsync(World.Dave, World.Alice.PersonId, "second", Cancellation)).Value.IsNothing);

        await using var db = Database.CreateDbContext();
        Assert.Equal("first", (await db.People.SingleAsync(p => p.Id == World.Alice.PersonId, Cancellation)).DisabledWhy);
        Assert.Equal(1, await db.LedgerEntries.CountAsync(e => e.Act == LedgerActs.PersonDisabled, Cancellation));
    }

    [Theory]
    [InlineData(501, "ReasonTooLong")]
    [InlineData(500, null)]
    public async Task Disable_LongReason_IsRefusedBeyondTheLimit(int length, string? code) =>
        Assert.Equal(code, (await Disabling.DisableAsync(World.Dana, World.Alice.PersonId, new string('x', length), Cancellation)).Refusal?.Code);

    [Fact]
    public async Task Disable_UnknownPerson_IsRefused() =>
        Assert.Equal("PersonUnknown", (await Disabling.DisableAsync(World.Dana, UuidId.New<PersonId>(Start), "", Cancellation)).Refusal?.Code);

    [Fact]
    public async Task Sweep_SomebodyDisabledInTheDatabase_LosesEverythingOnce()
    {
        var active = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        await ActivateAsync(active, Start);
        Assert.Equal(0, await Sweep.RunAsync(Cancellation));
        await Database.ExecuteAsOwnerAsync($"UPDATE people SET disabled_at = now() WHERE id = '{World.Alice.PersonId}'", Cancellation);

        Assert.Equal(1, await Sweep.RunAsync(Cancellation));
        Assert.Equal(0, await Sweep.RunAsync(Cancellation));

        await using var db = Database.CreateDbContext();
        var grant = await db.Grants.SingleAsync(g => g.Id == active, Cancellation);
        Assert.Equal((GrantStatus.Revoking, EndReason.Revoked, null), (grant.Status, grant.EndReason, grant.EndedBy));
        Assert.False(await db.SignInSessions.AnyAsync(s => s.PersonId == World.Alice.PersonId && s.EndedAt == null, Cancellation));
    }

    [Fact]
    public async Task Disable_TwoAdminsAtOnce_OneWins()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);

        var both = await Task.WhenAll(
            Disabling.DisableAsync(World.Dana, World.Alice.PersonId, "dana", Cancellation),
            Disabling.DisableAsync(World.Dave, World.Alice.PersonId, "dave", Cancellation));

        Assert.Equal([false, true], both.Select(b => b.Value.IsNothing).Order());
    }

    [Fact]
    public async Task Query_ForAdmins_SaysWhoHoldsWhat()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);
        await Disabling.DisableAsync(World.Dana, World.Carol.PersonId, "left", Cancellation);

        var view = await AskAsync(World.Dana, new PeopleAsk("", PeopleFilter.All));

        Assert.Equal(7, view.People.Count);
        var alice = view.People.Single(p => p.Id == World.Alice.PersonId);
        var held = Assert.Single(alice.Held);
        Assert.Equal(("edit in payments-prod", "Test", GrantStatus.Active, Start.AddMinutes(30)), (held.What, held.Cluster, held.Status, held.EndsAt));
        Assert.Equal(["developers"], alice.Groups!);
        var carol = view.People.Single(p => p.Id == World.Carol.PersonId);
        Assert.Equal((Start, "dana", "left", false), (carol.DisabledAt, carol.DisabledBy, carol.DisabledWhy, carol.MayEnable));
        Assert.True((await AskAsync(World.Dave, new PeopleAsk("", PeopleFilter.Disabled))).People.Single().MayEnable);
        Assert.Equal([World.Alice.PersonId], (await AskAsync(World.Dana, new PeopleAsk("", PeopleFilter.Holding))).People.Select(p => p.Id));
    }

    [Theory]
    [InlineData("ALI", "alice")]
    [InlineData("a%", "")]
    [InlineData("_lice", "")]
    [InlineData("\\", "")]
    [InlineData("\0ali\u0007", "alice")]
    public async Task Query_Search_FindsPartsAndTakesNothingForAPattern(string search, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : [expected], (await AskAsync(World.Dana, new PeopleAsk(search, PeopleFilter.All))).People.Select(p => p.UserName));

    [Fact]
    public async Task Query_InParts_HasEverybodyOnce()
    {
        List<PersonId> seen = [];
        PeopleCursor? after = null;
        do
        {
            var part = await AskAsync(World.Dana, new PeopleAsk("", PeopleFilter.All, after, 2));
            seen.AddRange(part.People.Select(p => p.Id));
            after = part.Next;
        }
        while (after is not null);

        Assert.Equal((7, 7), (seen.Count, seen.Distinct().Count()));
    }

    [Fact]
    public async Task Query_ByEverybodyElse_IsRefused()
    {
        foreach (var wrong in new[] { World.Alice, World.Sam, World.Mallory, await SignInAgainAsync(World.Dana, "developers") })
            Assert.Equal("NotAnAdmin", (await Query.AskAsync(wrong, new PeopleAsk("", PeopleFilter.All), Cancellation)).Refusal?.Code);
        foreach (var nobody in await NobodyAsync())
            Assert.Contains((await Query.AskAsync(nobody, new PeopleAsk("", PeopleFilter.All), Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
    }

    private PeopleQuery Query => new(Database, Guard, new(new PortalGroups()));

    private async Task<PeopleView> AskAsync(Actor actor, PeopleAsk ask) => (await Query.AskAsync(actor, ask, Cancellation)).Value;

    private async Task<RequestStatus> StatusAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.Where(r => r.Id == id).Select(r => r.Status).SingleAsync(Cancellation);
    }
}
