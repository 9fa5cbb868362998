using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class RequestListQueryTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private TestPortal _portal = null!;
    private TestPortal.Entry _entry = null!;
    private Actor _alice = null!;
    private Actor _bob = null!;
    private Actor _sam = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _bob = await _portal.PersonAsync("bob", "developers");
        _sam = await _portal.PersonAsync("sam", "lapse-auditors");
        _entry = await _portal.EntryAsync("Edit payments");
    }

    [Fact]
    public async Task AskAsync_ADeveloper_GetsOnlyTheirOwnWhateverTheyAskFor()
    {
        var mine = await _portal.DraftAsync(_alice, _entry);
        await _portal.SubmittedAsync(_bob, _entry);

        Assert.Equal([mine], (await AskAsync(_alice, new(RequestFilter.All, false))).Requests.Select(r => r.Id));
        var everybody = await AskAsync(_alice, new(RequestFilter.All, true));
        Assert.Equal([mine], everybody.Requests.Select(r => r.Id));
        Assert.False(everybody.MaySeeEverybody);
    }

    [Fact]
    public async Task AskAsync_AnAuditor_GetsWhatEverybodySubmittedAndNoDrafts()
    {
        await _portal.DraftAsync(_alice, _entry);
        var submitted = await _portal.SubmittedAsync(_bob, _entry);

        var row = Assert.Single((await AskAsync(_sam, new(RequestFilter.All, true))).Requests);

        Assert.Equal((submitted, "Bob", "edit in payments-prod"), (row.Id, row.Requester.Name, row.What));
        Assert.Empty((await AskAsync(_sam, new(RequestFilter.All, false))).Requests);
    }

    [Theory]
    [InlineData(RequestFilter.All, "Denied,Draft,Expired")]
    [InlineData(RequestFilter.Open, "Draft")]
    [InlineData(RequestFilter.Approved, "Expired")]
    [InlineData(RequestFilter.Closed, "Denied")]
    public async Task AskAsync_Filter_IsByWhereTheRequestStands(RequestFilter filter, string words)
    {
        await _portal.DraftAsync(_alice, _entry);
        var denied = await _portal.SubmittedAsync(_alice, _entry, at: TestPortal.Now.AddDays(-2));
        await _portal.DecideAsync(denied, _bob, _entry, Verdict.Deny);
        var ended = await _portal.SubmittedAsync(_alice, _entry, at: TestPortal.Now.AddDays(-1));
        await _portal.DecideAsync(ended, _bob, _entry, Verdict.Approve);
        await _portal.ActivateAsync(ended, TimeSpan.FromMinutes(9));
        await _portal.EndAsync(ended, EndReason.Expired);

        Assert.Equal(words, string.Join(',', (await AskAsync(_alice, new(filter, false))).Requests.Select(r => r.State.Word).Order()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AskAsync_ManyRequests_ComeNewestFirstWithoutGapOrRepetition(bool everybody)
    {
        var dana = await _portal.PersonAsync("dana", "lapse-admins", "developers");
        List<AccessRequestId> made = [];
        foreach (var number in Enumerable.Range(0, 7))
        {
            // Two of each time, so that the id has to decide.
            var id = await _portal.SubmittedAsync(dana, await _portal.EntryAsync($"Entry {number}", namespaces: [$"ns-{number}"]), at: TestPortal.Now.AddHours(-number / 2));
            made.Add(id);
        }
        List<AccessRequestId> seen = [];
        RequestCursor? after = null;
        do
        {
            var part = await AskAsync(dana, new(RequestFilter.All, everybody, after, 2));
            seen.AddRange(part.Requests.Select(r => r.Id));
            after = part.Next;
        }
        while (after is not null);

        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(7, seen.Count);
        Assert.Equal(made.ToHashSet(), seen.ToHashSet());
    }

    private async Task<RequestListView> AskAsync(Actor actor, RequestListAsk ask) =>
        (await new RequestListQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, ask, Cancellation)).Value;
}
