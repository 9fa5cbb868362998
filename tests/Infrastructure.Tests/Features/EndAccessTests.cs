using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Dropping and revoking: at once, once, and never said to be over before it is proved.</summary>
public sealed class EndAccessTests(PostgresFixture postgres) : MainJobTest(postgres)
{
    private EndAccess Ending => Get<EndAccess>();

    [Fact]
    public async Task Drop_BeforeAnythingWasSent_IsOverAndMayBeAskedAgain()
    {
        var grant = await GrantAsync();

        Assert.True((await Ending.DropAsync(World.Alice, grant.Id, Cancellation)).Succeeded);

        Assert.Equal((GrantStatus.Ended, EndReason.Dropped), await StateAsync(grant));
        Assert.Equal([LedgerActs.GrantScheduled, LedgerActs.GrantEnded], (await LedgerAsync(LedgerSubject.Of(grant.Id))).Select(e => e.Act));
        await SubmittedAsync(World.OnePeer);
    }

    [Fact]
    public async Task Drop_Active_IsBeingRemovedAndNotCalledOver()
    {
        var grant = await ActiveAsync();

        Assert.True((await Ending.DropAsync(World.Alice, grant.Id, Cancellation)).Succeeded);

        Assert.Equal((GrantStatus.Revoking, EndReason.Dropped), await StateAsync(grant));
        Assert.Equal(LedgerActs.GrantRevoking, (await LedgerAsync(LedgerSubject.Of(grant.Id)))[^1].Act);
        Assert.Equal("IdenticalOpen", (await AskAsync(World.Alice, World.OnePeer)).Refusal?.Code);
    }

    [Fact]
    public async Task Revoke_ByAPeerWhoMayApproveItOrByAnAdmin_SaysWhoAndWhy()
    {
        foreach (var who in new[] { World.Carol, World.Dana })
        {
            var grant = await ActiveAsync();

            Assert.True((await Ending.RevokeAsync(who, grant.Id, " <i>incident</i> over ", Cancellation)).Succeeded);

            Assert.Equal((GrantStatus.Revoking, EndReason.Revoked), await StateAsync(grant));
            var (act, content) = (await LedgerAsync(LedgerSubject.Of(grant.Id)))[^1];
            Assert.Equal((LedgerActs.GrantRevoking, "Revoked", "<i>incident</i> over"), (act, content["reason"]!.GetValue<string>(), content["comment"]!.GetValue<string>()));
            await ProvedGoneAsync(grant);
        }
    }

    [Fact]
    public async Task Revoke_ByWhoeverLeftTheGroup_IsRefused()
    {
        var grant = await ActiveAsync();
        await Database.ExecuteAsOwnerAsync($$"""UPDATE sign_in_sessions SET groups = '{"visitors"}' WHERE person_id = '{{World.Bob.PersonId}}'""", Cancellation);

        Assert.Equal("GrantUnknown", (await Ending.RevokeAsync(World.Bob, grant.Id, "", Cancellation)).Refusal?.Code);
        Assert.Equal((GrantStatus.Active, null), await StateAsync(grant));
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(1, true)]
    public async Task Revoke_WrongReason_ChangesNothing(int length, bool control)
    {
        var grant = await ActiveAsync();

        Assert.Equal("ReasonTooLong", (await Ending.RevokeAsync(World.Dana, grant.Id, new string(control ? '\0' : 'x', length), Cancellation)).Refusal?.Code);
        Assert.Equal((GrantStatus.Active, null), await StateAsync(grant));
    }

    [Fact]
    public async Task DropAndRevoke_AtTheSameInstant_EndItOnce()
    {
        var grant = await ActiveAsync();

        var outcomes = await Task.WhenAll(
            Ending.DropAsync(World.Alice, grant.Id, Cancellation), Ending.RevokeAsync(World.Bob, grant.Id, "", Cancellation), Ending.RevokeAsync(World.Dana, grant.Id, "", Cancellation), Ending.DropAsync(World.Alice, grant.Id, Cancellation));

        Assert.All(outcomes, outcome => Assert.True(outcome.Succeeded));
        Assert.Single(await LedgerAsync(LedgerSubject.Of(grant.Id)), entry => entry.Act == LedgerActs.GrantRevoking);
    }

    [Fact]
    public async Task Drop_WhatIsOver_ChangesNothing()
    {
        var grant = await ActiveAsync();
        await Ending.DropAsync(World.Alice, grant.Id, Cancellation);
        await ProvedGoneAsync(grant);
        var before = await CountAsync();

        Assert.True((await Ending.DropAsync(World.Alice, grant.Id, Cancellation)).Succeeded);
        Assert.Equal(before, await CountAsync());
    }

    private async Task<Grant> GrantAsync()
    {
        var id = await SubmittedAsync(World.OnePeer);
        Assert.Null(await ApproveAsync(World.Bob, id));
        return Assert.Single(await GrantsAsync(id));
    }

    private async Task<Grant> ActiveAsync()
    {
        var grant = await GrantAsync();
        var now = Clock.GetUtcNow();
        return await MoveAsync(grant, row =>
        {
            row.Begin(now);
            row.Prepare($"lapse:probe:{row.Id}", now + row.Duration + Grant.UsableWithin, "signature", now);
            row.Created("uid");
            row.Answered();
            row.Activate(now);
        });
    }

    // What the reconciler does once the cluster has proved it.
    private Task<Grant> ProvedGoneAsync(Grant grant) => MoveAsync(grant, row => row.ProvedGone(Clock.GetUtcNow()), close: true);

    private async Task<Grant> MoveAsync(Grant grant, Action<Grant> move, bool close = false)
    {
        await using var db = Database.CreateDbContext();
        var row = await db.Grants.SingleAsync(g => g.Id == grant.Id, Cancellation);
        move(row);
        if (close) (await db.AccessRequests.SingleAsync(r => r.Id == row.RequestId, Cancellation)).Close();
        await db.CommitAsync(Cancellation);
        return row;
    }

    private async Task<(GrantStatus, EndReason?)> StateAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        var row = await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation);
        return (row.Status, row.EndReason);
    }
}
