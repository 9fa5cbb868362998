using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class AccessQueryTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private static readonly AccessAsk Mine = new(AccessScope.Mine, AccessState.Current);
    private static readonly AccessAsk All = new(AccessScope.All, AccessState.Current);
    private static readonly AccessAsk Approved = new(AccessScope.Approved, AccessState.Current);

    private AccessQuery Query => new(Database, Guard, Clock);

    [Fact]
    public async Task Mine_ActiveGrant_IsMineToDropAndNotToRevoke()
    {
        var id = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        await ActivateAsync(id, Start);

        var row = Assert.Single((await AskAsync(World.Alice, Mine)).Rows);

        Assert.Equal((id, GrantStatus.Active, Start.AddMinutes(30), "alice", true), (row.Grant.Id, row.Grant.Status, row.Grant.EndsAt, row.Holder.Name, row.IsMine));
        Assert.True(row is { MayDrop: true, MayRevoke: false, MayOpen: true, MayExtend: true });
    }

    [Fact]
    public async Task Mine_ByEverybodyElse_IsEmpty()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);

        foreach (var other in new[] { World.Bob, World.Carol, World.Dana, World.Sam, World.Mallory })
        {
            var view = await AskAsync(other, Mine);
            Assert.Empty(view.Rows);
            Assert.Empty(view.Overdue);
        }
    }

    [Fact]
    public async Task All_ByAdminAndAuditor_HasEverybodysAndOnlyTheAdminMayRevoke()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);

        var admins = Assert.Single((await AskAsync(World.Dana, All)).Rows);
        var auditors = Assert.Single((await AskAsync(World.Sam, All)).Rows);

        Assert.True(admins is { MayDrop: false, MayRevoke: true, MayOpen: true, MayExtend: false });
        Assert.True(auditors is { MayDrop: false, MayRevoke: false, MayOpen: true });
    }

    [Fact]
    public async Task All_ByEveryWrongPerson_IsRefused()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);

        foreach (var wrong in new[] { World.Alice, World.Bob, World.Mallory, await SignInAgainAsync(World.Dana, "developers") })
            Assert.Equal("AccessOfOthers", (await Query.AskAsync(wrong, All, Cancellation)).Refusal?.Code);
        foreach (var nobody in await NobodyAsync())
        {
            foreach (var ask in new[] { All, Mine, Approved }) Assert.Contains((await Query.AskAsync(nobody, ask, Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
        }
    }

    [Fact]
    public async Task Approved_WhoApprovedIt_MayRevokeWhileInTheGroup()
    {
        await ActivateAsync(await GrantedAsync(World.OnePeer, World.Alice, World.Bob), Start);

        var row = Assert.Single((await AskAsync(World.Bob, Approved)).Rows);

        Assert.True(row is { MayDrop: false, MayRevoke: true, MayOpen: true, MayExtend: false });
        foreach (var other in new[] { World.Alice, World.Carol, World.Dana, World.Mallory, await SignInAgainAsync(World.Bob, "sre") })
            Assert.Empty((await AskAsync(other, Approved)).Rows);
    }

    [Fact]
    public async Task States_EachGrant_IsInExactlyTheRightLists()
    {
        var scheduled = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        var active = await GrantedAsync(World.TwoPeers, World.Alice, World.Bob, World.Carol);
        await ActivateAsync(active, Start);
        var ended = await GrantedAsync(World.ByRule, World.Alice);
        await MoveAsync(ended, grant => grant.End(EndReason.Dropped, World.Alice.PersonId, Start));

        async Task<GrantId[]> In(AccessState state) => [.. (await AskAsync(World.Alice, Mine with { State = state })).Rows.Select(r => r.Grant.Id)];

        Assert.Equivalent(new[] { scheduled, active }, await In(AccessState.Current), strict: true);
        Assert.Equal([active], await In(AccessState.Active));
        Assert.Equal([scheduled], await In(AccessState.Scheduled));
        Assert.Equal([ended], await In(AccessState.Ended));
        Assert.Empty(await In(AccessState.Overdue));
        var row = Assert.Single((await AskAsync(World.Alice, Mine with { State = AccessState.Ended })).Rows);
        Assert.True(row is { MayDrop: false, MayRevoke: false, Grant.EndReason: EndReason.Dropped });
    }

    [Theory]
    [InlineData(GrantStatus.Active, 30 * 60 + 30, false)]
    [InlineData(GrantStatus.Active, 30 * 60 + 31, true)]
    [InlineData(GrantStatus.Revoking, 30, false)]
    [InlineData(GrantStatus.Revoking, 31, true)]
    [InlineData(GrantStatus.Provisioning, 120, false)]
    [InlineData(GrantStatus.Provisioning, 121, true)]
    [InlineData(GrantStatus.Scheduled, 120, false)]
    [InlineData(GrantStatus.Scheduled, 121, true)]
    public async Task Overdue_EachState_FromItsSecondOn(GrantStatus status, int seconds, bool overdue)
    {
        var id = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        if (status == GrantStatus.Provisioning) await MoveAsync(id, g => g.Begin(Start));
        if (status is GrantStatus.Active or GrantStatus.Revoking) await ActivateAsync(id, Start);
        if (status == GrantStatus.Revoking) await MoveAsync(id, g => g.End(EndReason.Dropped, World.Alice.PersonId, Start));
        Clock.Now = Start.AddSeconds(seconds);

        var view = await AskAsync(World.Alice, Mine);

        Assert.Equal(overdue ? [id] : [], view.Overdue.Select(r => r.Grant.Id));
        Assert.Equal(overdue ? [] : [id], view.Rows.Select(r => r.Grant.Id));
        Assert.Equal(overdue, view.Overdue.Concat(view.Rows).Single().Grant.IsOverdue);
        Assert.Equal(overdue ? [id] : [], (await AskAsync(World.Alice, Mine with { State = AccessState.Overdue })).Rows.Select(r => r.Grant.Id));
    }

    [Fact]
    public async Task All_ManyGrants_ComeNewestFirstInPartsWithoutGapOrRepetition()
    {
        for (var i = 0; i < 5; i++)
        {
            await using var db = Database.CreateDbContext();
            var person = World.SignIn(db, $"dev-{i}", Start, "developers");
            await db.CommitAsync(Cancellation);
            await GrantedAsync(World.ByRule, person);
        }

        List<AccessRow> seen = [];
        for (AccessView? view = null; view is null || view.Next is not null;)
        {
            view = await AskAsync(World.Dana, All with { Take = 2, After = view?.Next });
            Assert.InRange(view.Rows.Count, 1, 2);
            seen.AddRange(view.Rows);
        }

        await using var read = Database.CreateDbContext();
        var ids = await read.Grants.OrderByDescending(g => g.Id).Select(g => g.Id).ToListAsync(Cancellation);
        Assert.Equal(ids, seen.Select(r => r.Grant.Id));
    }

    private async Task<AccessView> AskAsync(Actor actor, AccessAsk ask)
    {
        var outcome = await Query.AskAsync(actor, ask, Cancellation);
        Assert.Null(outcome.Refusal);
        return outcome.Value;
    }
}
