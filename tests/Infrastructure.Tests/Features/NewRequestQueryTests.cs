using Lapse.Domain;
using Lapse.Domain.Access;
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

    [Fact]
    public async Task AskAsync_Extend_StartsWithWhatTheEarlierRequestHas()
    {
        var id = await ActiveAsync();

        var view = (await ExtendAsync(_alice, id.ToString())).Value;

        Assert.Equal(new(id, "edit in payments-prod", "OPS-1", TimeSpan.FromMinutes(30), TestPortal.Now.AddMinutes(25)), view.Extension);
        Assert.Equal((_entry.Id, null, null), (view.Id, view.Hindrance, view.Open));
        Assert.Equal(["payments-prod"], view.Namespaces);
        Assert.Null((await AskAsync(_alice, "edit-payments")).Value.Extension);
    }

    [Fact]
    public async Task AskAsync_ExtendWhatIsNotMineOrNotThere_IsRefusedAlike()
    {
        var id = await ActiveAsync();
        var dana = await _portal.PersonAsync("dana", "lapse-admins", "developers");

        foreach (var ask in new[] { ExtendAsync(dana, id.ToString()), ExtendAsync(_alice, Guid.NewGuid().ToString()), ExtendAsync(_alice, "nonsense") })
            Assert.Equal("RequestUnknown", (await ask).Refusal?.Code);
    }

    [Fact]
    public async Task AskAsync_ExtendTwice_SaysWhichOneWaits()
    {
        var id = await ActiveAsync();
        var first = await _portal.SubmittedAsync(_alice, _entry, extends: id);

        var hindrance = (await ExtendAsync(_alice, id.ToString())).Value.Hindrance;

        Assert.Equal(("ExtensionOpen", $"/requests/{first}"), (hindrance?.Code, hindrance?.Link));
    }

    [Fact]
    public async Task AskAsync_ExtendWhatIsOver_LeadsToAskingAnew()
    {
        var id = await ActiveAsync();
        await _portal.EndAsync(id, EndReason.Expired);

        var hindrance = (await ExtendAsync(_alice, id.ToString())).Value.Hindrance;

        Assert.Equal(("ExtensionOfNothing", $"/requests/new?role={_entry.Id}"), (hindrance?.Code, hindrance?.Link));
    }

    private async Task<AccessRequestId> ActiveAsync()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, await _portal.PersonAsync("bob", "developers"), _entry, Verdict.Approve);
        await _portal.DecideAsync(id, await _portal.PersonAsync("carol", "developers"), _entry, Verdict.Approve);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));
        return id;
    }

    private Task<Outcome<NewRequestView>> ExtendAsync(Actor actor, string id) => new NewRequestQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, new("", id), Cancellation);

    private Task<Outcome<NewRequestView>> AskAsync(Actor actor, string role) =>
        new NewRequestQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, new(role), Cancellation);
}
