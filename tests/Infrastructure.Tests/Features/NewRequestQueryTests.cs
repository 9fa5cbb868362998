using Lapse.Domain;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class NewRequestQueryTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private TestPortal _portal = null!;
    private Actor _alice = null!;
    private TestPortal.Entry _entry = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _entry = await _portal.EntryAsync("Edit payments", approvals: 2);
    }

    [Fact]
    public async Task AskAsync_ByIdOrByName_IsTheSameEntry()
    {
        Assert.Equal(_entry.Id, (await AskAsync(_alice, _entry.Id.ToString())).Value.Id);
        Assert.Equal(_entry.Id, (await AskAsync(_alice, "edit-payments")).Value.Id);
    }

    [Fact]
    public async Task AskAsync_WhoWillBeAsked_IsKnownPeopleOfTheGroupsWithoutTheRequester()
    {
        await _portal.PersonAsync("carol", "developers");
        await _portal.PersonAsync("bob", "sre", "developers");
        await _portal.PersonAsync("dana", "lapse-admins");

        var stage = Assert.Single((await AskAsync(_alice, "edit-payments")).Value.Stages);

        Assert.Equal(["Bob", "Carol"], stage.People);
        Assert.Equal((2, false, false), (stage.Approvals, stage.HasMore, stage.IsShort));
        Assert.Equal("Bob and Carol", stage.Who);
    }

    [Fact]
    public async Task AskAsync_NobodyKnownYet_SaysTheGroup()
    {
        var stage = Assert.Single((await AskAsync(_alice, "edit-payments")).Value.Stages);

        Assert.True(stage.IsShort);
        Assert.Equal("members of developers", stage.Who);
    }

    [Theory]
    [InlineData("no-such-entry")]
    [InlineData("")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("edit-payments\0")]
    [InlineData("<script>alert(1)</script>")]
    public async Task AskAsync_UnknownEntry_IsRefused(string role) =>
        Assert.Equal("RoleUnknown", (await AskAsync(_alice, role)).Refusal?.Code);

    [Fact]
    public async Task AskAsync_WhoMayNotAsk_GetsTheSameAnswerAsForNoEntry()
    {
        var sam = await _portal.PersonAsync("sam", "lapse-auditors");

        Assert.Equal(await AskAsync(sam, "no-such-entry"), await AskAsync(sam, "edit-payments"));
    }

    [Fact]
    public async Task AskAsync_SessionOfSomebodyElse_IsRefused()
    {
        var bob = await _portal.PersonAsync("bob", "developers");

        Assert.Equal("SignInAgain", (await AskAsync(new(_alice.PersonId, bob.SessionId), "edit-payments")).Refusal?.Code);
    }

    private Task<Outcome<NewRequestView>> AskAsync(Actor actor, string role) =>
        new NewRequestQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, new(role), Cancellation);
}
