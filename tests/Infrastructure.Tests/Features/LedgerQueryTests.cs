using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Ledger;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class LedgerQueryTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private static readonly LedgerAsk Everything = new(new LedgerFilter());

    private LedgerQuery Query => new(Database, Guard);

    private VerifyLedgerQuery Verification => new(Database, Guard, new LedgerVerifier(Database), TestInstallation.Key, Clock);

    [Fact]
    public async Task Ledger_ByAdminAndAuditor_IsReadNewestFirst()
    {
        await WriteAsync();

        foreach (var reader in new[] { World.Dana, World.Sam })
            Assert.Equal([5, 4, 3, 2, 1], (await AskAsync(reader, Everything)).Rows.Select(r => r.Sequence));
    }

    [Fact]
    public async Task Ledger_ByEveryWrongPerson_IsRefused()
    {
        await WriteAsync();

        foreach (var wrong in new[] { World.Alice, World.Bob, World.Mallory, await SignInAgainAsync(World.Dana, "developers"), await SignInAgainAsync(World.Sam) })
        {
            Assert.Equal("LedgerDenied", (await Query.AskAsync(wrong, Everything, Cancellation)).Refusal?.Code);
            Assert.Equal("LedgerDenied", (await Verification.AskAsync(wrong, new(""), Cancellation)).Refusal?.Code);
        }
        foreach (var nobody in await NobodyAsync())
        {
            Assert.Contains((await Query.AskAsync(nobody, Everything, Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
            Assert.Contains((await Verification.AskAsync(nobody, new(""), Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
        }
    }

    [Fact]
    public async Task Row_OfAPersonAboutARequest_NamesBothAndLinks()
    {
        var request = (await WriteAsync()).Id;

        var row = (await AskAsync(World.Sam, Everything)).Rows.Single(r => r.Sequence == 1);

        Assert.Equal(("alice", "alice", LedgerActs.RequestSubmitted, "edit in payments-prod", $"/requests/{request}"), (row.ActorName, row.ActorUserName, row.Act, row.SubjectName, row.SubjectLink));
        Assert.Equal("""{"a":1,"reason":"<b>why</b>"}""", row.Content);
        Assert.Equal(new string('0', 64), row.PreviousHash);
        Assert.Matches("^[0-9a-f]{64}$", row.Hash);
    }

    [Fact]
    public async Task Row_OfAGrant_LinksToItsRequest()
    {
        var grant = await GrantedAsync(World.ByRule, World.Alice);
        await RecordAsync(Start, LedgerActor.Lapse, LedgerActs.GrantActive, LedgerSubject.Of(grant));
        await using var db = Database.CreateDbContext();
        var request = await db.Grants.Where(g => g.Id == grant).Select(g => g.RequestId).SingleAsync(Cancellation);

        var row = (await AskAsync(World.Sam, Everything)).Rows[0];

        Assert.Equal(("Lapse", null, "edit in payments-staging", $"/requests/{request}"), (row.ActorName, row.ActorUserName, row.SubjectName, row.SubjectLink));
    }

    [Theory]
    [InlineData("request", new long[] { 2, 1 })]
    [InlineData("request.approved", new long[] { 2 })]
    [InlineData("grant", new long[] { 3 })]
    [InlineData("alert", new long[] { 5, 4 })]
    [InlineData("nonsense%", new long[0])]
    public async Task Filter_Act_IsAFamilyOrOneAct(string act, long[] sequences)
    {
        await WriteAsync();

        Assert.Equal(sequences, await SequencesAsync(new(Act: act)));
    }

    [Fact]
    public async Task Filter_ActorSubjectAndTime_FindExactlyTheirs()
    {
        var request = await WriteAsync();

        Assert.Equal([1], await SequencesAsync(new(Actor: "alice")));
        Assert.Equal([2], await SequencesAsync(new(Actor: LedgerActor.Of(World.Bob.PersonId))));
        Assert.Equal([5, 4, 3], await SequencesAsync(new(Actor: LedgerActor.Lapse)));
        Assert.Empty(await SequencesAsync(new(Actor: "alic")));
        Assert.Equal([2, 1], await SequencesAsync(new(Subject: LedgerSubject.Of(request.Id))));
        Assert.Equal([3, 2], await SequencesAsync(new(From: Start.AddMinutes(1), To: Start.AddMinutes(3))));
        Assert.Equal([3, 2], await SequencesAsync(new(From: Start.AddMinutes(1).ToOffset(TimeSpan.FromHours(5)), To: Start.AddMinutes(3).ToOffset(TimeSpan.FromHours(-5)))));
        Assert.Equal([2], await SequencesAsync(new("request", "bob", LedgerSubject.Of(request.Id), Start, Start.AddDays(1))));
    }

    [Theory]
    [InlineData("' OR 1=1 --")]
    [InlineData("\0")]
    [InlineData("\ud800")]
    [InlineData("person:not-an-id")]
    [InlineData("%")]
    public async Task Filter_Nonsense_FindsNothingAndBreaksNothing(string text)
    {
        await WriteAsync();
        foreach (var nonsense in new[] { text, text + new string('x', 10_000) })
        {
            Assert.Empty(await SequencesAsync(new(Act: nonsense)));
            Assert.Empty(await SequencesAsync(new(Actor: nonsense)));
            Assert.Empty(await SequencesAsync(new(Subject: nonsense)));
        }
    }

    [Fact]
    public async Task Ledger_InParts_HasNoGapAndNoRepetition()
    {
        await WriteAsync();

        List<long> seen = [];
        for (LedgerView? view = null; view is null || view.Next is not null;)
        {
            view = await AskAsync(World.Sam, Everything with { Take = 2, Before = view?.Next });
            Assert.InRange(view.Rows.Count, 1, 2);
            seen.AddRange(view.Rows.Select(r => r.Sequence));
            // What is written meanwhile belongs above, not between.
            await RecordAsync(Start.AddHours(1), LedgerActor.Lapse, LedgerActs.Alert, "test:late");
        }

        Assert.Equal([5, 4, 3, 2, 1], seen);
    }

    [Fact]
    public async Task Verify_ByAnAuditor_FindsWhatWasChanged()
    {
        await WriteAsync();
        var intact = (await Verification.AskAsync(World.Sam, new(""), Cancellation)).Value.Result;
        Assert.True(intact.IsIntact);
        Assert.True((await Verification.AskAsync(World.Dana, new($" {intact.Entries}:{intact.HeadHash} "), Cancellation)).Value.Result.IsIntact);
        Assert.Equal("ExpectedFormat", (await Verification.AskAsync(World.Sam, new("5:abc"), Cancellation)).Refusal?.Code);

        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_entries DISABLE TRIGGER ALL; UPDATE ledger_entries SET act = 'request.denied' WHERE sequence = 2", Cancellation);

        Assert.Equal(2, (await Verification.AskAsync(World.Sam, new(""), Cancellation)).Value.Result.BrokenAt);
    }

    // 1 alice submits, 2 bob approves, 3 Lapse schedules, 4 and 5 alerts; a minute apart.
    private async Task<AccessRequest> WriteAsync()
    {
        var request = await World.RequestAsync(World.OnePeer, World.Alice, Cancellation);
        await RecordAsync(Start, LedgerActor.Of(World.Alice.PersonId), LedgerActs.RequestSubmitted, LedgerSubject.Of(request.Id), new JsonObject { ["reason"] = "<b>why</b>", ["a"] = 1 });
        await RecordAsync(Start.AddMinutes(1), LedgerActor.Of(World.Bob.PersonId), LedgerActs.RequestApproved, LedgerSubject.Of(request.Id));
        await RecordAsync(Start.AddMinutes(2), LedgerActor.Lapse, LedgerActs.GrantScheduled, "grant:00000000-0000-0000-0000-000000000000");
        await RecordAsync(Start.AddMinutes(3), LedgerActor.Lapse, LedgerActs.Alert, "grant:nonsense");
        await RecordAsync(Start.AddMinutes(4), LedgerActor.Lapse, LedgerActs.Alert, LedgerSubject.Of(World.Cluster.Id));
        return request;
    }

    private async Task RecordAsync(DateTimeOffset time, string actor, string act, string subject, JsonObject? content = null)
    {
        await using var db = Database.CreateDbContext();
        db.Record(time, actor, act, subject, content ?? []);
        await db.CommitAsync(Cancellation);
    }

    private async Task<IEnumerable<long>> SequencesAsync(LedgerFilter filter) => (await AskAsync(World.Sam, new(filter))).Rows.Select(r => r.Sequence);

    private async Task<LedgerView> AskAsync(Actor actor, LedgerAsk ask)
    {
        var outcome = await Query.AskAsync(actor, ask, Cancellation);
        Assert.Null(outcome.Refusal);
        return outcome.Value;
    }
}
