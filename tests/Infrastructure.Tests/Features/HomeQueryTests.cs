using Lapse.Domain.Access;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Home;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class HomeQueryTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private TestPortal _portal = null!;
    private TestPortal.Entry _entry = null!;
    private Actor _alice = null!;
    private Actor _bob = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _bob = await _portal.PersonAsync("bob", "developers", "sre");
        _entry = await _portal.EntryAsync("Edit payments", approvers: ["sre"], approvals: 2);
    }

    [Fact]
    public async Task AskAsync_Waiting_IsShownToThoseWhoCanDecideItAndHaveNot()
    {
        var carol = await _portal.PersonAsync("carol", "sre");
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DraftAsync(carol, _entry);

        Assert.Equal([id], (await AskAsync(_bob)).Waiting.Select(r => r.Id));
        Assert.Empty((await AskAsync(_alice)).Waiting);
        Assert.Empty((await AskAsync(await _portal.PersonAsync("erin", "developers"))).Waiting);
        Assert.Empty((await AskAsync(await _portal.PersonAsync("dana", "lapse-admins"))).Waiting);

        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve);

        Assert.Empty((await AskAsync(_bob)).Waiting);
        Assert.Equal([id], (await AskAsync(carol)).Waiting.Select(r => r.Id));
    }

    [Fact]
    public async Task AskAsync_OwnRequest_NeverWaitsForItsRequester()
    {
        await _portal.SubmittedAsync(_bob, _entry);

        Assert.Empty((await AskAsync(_bob)).Waiting);
        Assert.Single((await AskAsync(_bob)).Open);
    }

    [Fact]
    public async Task AskAsync_HeldAccess_IsOwnAndNotOver()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve);
        await _portal.DecideAsync(id, await _portal.PersonAsync("carol", "sre"), _entry, Verdict.Approve);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));

        var held = Assert.Single((await AskAsync(_alice)).Held);
        Assert.Equal(("Edit payments", "edit in payments-prod", TestPortal.Now.AddMinutes(25)), (held.Title, held.Grant.What, held.Grant.EndsAt));
        Assert.Empty((await AskAsync(_bob)).Held);

        await _portal.EndAsync(id, EndReason.Dropped);

        Assert.Empty((await AskAsync(_alice)).Held);
    }

    [Fact]
    public async Task AskAsync_HeldAccess_CanBeExtendedOnceWhileActiveAndNobodyEndedAPart()
    {
        var entry = await _portal.EntryAsync("Edit two", namespaces: ["payments-prod", "web-prod"]);
        var id = await _portal.SubmittedAsync(_alice, entry);
        await _portal.DecideAsync(id, _bob, entry, Verdict.Approve);
        Assert.All((await AskAsync(_alice)).Held, held => Assert.False(held.MayExtend));
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));
        Assert.All((await AskAsync(_alice)).Held, held => Assert.True(held.MayExtend));

        var extension = await _portal.SubmittedAsync(_alice, entry, extends: id);
        Assert.All((await AskAsync(_alice)).Held, held => Assert.False(held.MayExtend));

        await _portal.DecideAsync(extension, _bob, entry, Verdict.Deny);
        Assert.All((await AskAsync(_alice)).Held, held => Assert.True(held.MayExtend));

        await using (var db = Database.CreateDbContext())
        {
            (await db.Grants.FirstAsync(g => g.RequestId == id, Cancellation)).End(EndReason.Revoked, _bob.PersonId, TestPortal.Now);
            await db.SaveChangesAsync(Cancellation);
        }
        Assert.All((await AskAsync(_alice)).Held, held => Assert.False(held.MayExtend));
    }

    [Fact]
    public async Task AskAsync_OpenRequests_AreOwnDraftsAndOwnThatWait()
    {
        var draft = await _portal.DraftAsync(_alice, _entry);
        var old = await _portal.DraftAsync(_alice, _entry, at: TestPortal.Now.AddHours(-25));
        var submitted = await _portal.SubmittedAsync(_alice, _entry, at: TestPortal.Now.AddMinutes(-1));

        var open = (await AskAsync(_alice)).Open.Select(r => r.Id).ToList();

        Assert.Equal([submitted, draft], open);
        Assert.DoesNotContain(old, open);
        Assert.Empty((await AskAsync(_bob)).Open);
    }

    [Fact]
    public async Task AskAsync_MayAsk_IsWhetherTheCatalogueHasAnything()
    {
        Assert.True((await AskAsync(_alice)).MayAsk);
        Assert.False((await AskAsync(await _portal.PersonAsync("sam", "lapse-auditors"))).MayAsk);
    }

    private async Task<HomeView> AskAsync(Actor actor) => (await new HomeQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, new(), Cancellation)).Value;
}
