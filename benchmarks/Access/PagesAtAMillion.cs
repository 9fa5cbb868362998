using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Home;
using Lapse.Portal.Features.Ledger;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Benchmarks.Access;

/// <summary>The approvals, the requests and the ledger with a million requests in the database, by every filter, first and last page: how long the database works for one page.</summary>
internal sealed class PagesAtAMillion : IScenario
{
    /// <inheritdoc/>
    public string Name => "pages";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        await using var database = await bench.DatabaseAsync(cancellation);
        using var keys = new ScratchFolder();
        await using var features = TestFeatures.Create(database, TimeProvider.System, keys, Bench.Outbound);
        var world = await World.CreateAsync(database, DateTimeOffset.UtcNow, cancellation);
        await MillionRequests.WriteAsync(database, bench.Size(1_000_000, 2000), cancellation);
        // Somebody who asked and decided more than most, but did not write the catalogue.
        var busy = await SignInAsync(database, cancellation);
        using var clock = new SqlClock();

        foreach (var page in (Page[])[.. await ApprovalsAsync(database, features, busy, cancellation), .. await RequestsAsync(database, features, busy, world.Sam, cancellation), .. await LedgerAsync(database, features, world.Sam, cancellation)])
        {
            List<double> took = [];
            for (var run = 0; run < bench.Size(110, 3); run++)
            {
                var sql = await clock.MeasureAsync(() => page.AskAsync(cancellation));
                // The first plan and the first reads are everybody's.
                if (run >= bench.Size(10, 1)) took.Add(sql);
            }
            table.Add(Figure.Most($"SQL of {page.Name}, p99", Percentiles.Of(took, 99), "ms", 50));
        }
    }

    private static async Task<Actor> SignInAsync(TestDatabase database, CancellationToken cancellation)
    {
        await using var db = database.CreateDbContext();
        var person = await db.People.SingleAsync(p => p.UserName == "person3", cancellation);
        var session = Domain.People.SignInSession.Start(person.Id, ["developers"], new Dictionary<string, string>(), DateTimeOffset.UtcNow);
        db.SignInSessions.Add(session);
        await db.CommitAsync(cancellation);
        return new(person.Id, session.Id);
    }

    private static async Task<IEnumerable<Page>> ApprovalsAsync(TestDatabase database, ServiceProvider features, Actor who, CancellationToken cancellation)
    {
        var query = features.GetRequiredService<ApprovalsQuery>();
        await using var db = database.CreateDbContext();
        var newest = await db.AccessRequests.Where(r => r.Status == RequestStatus.AwaitingApproval).OrderByDescending(r => r.SubmittedAt).Skip(30).Select(r => new { r.SubmittedAt, r.Id }).FirstAsync(cancellation);
        var oldest = await db.Decisions.Where(d => d.PersonId == who.PersonId).OrderBy(d => d.DecidedAt).Skip(1).Select(d => new { d.DecidedAt, d.Id }).FirstAsync(cancellation);
        return
        [
            new("approvals that wait, first page", token => AskAsync(query.AskAsync(who, new(false), token))),
            new("approvals that wait, last page", token => AskAsync(query.AskAsync(who, new(false, new(newest.SubmittedAt!.Value, newest.Id.Value)), token))),
            new("approvals decided, first page", token => AskAsync(query.AskAsync(who, new(true), token))),
            new("approvals decided, last page", token => AskAsync(query.AskAsync(who, new(true, new(oldest.DecidedAt, oldest.Id.Value)), token))),
            new("the home page", token => AskAsync(features.GetRequiredService<HomeQuery>().AskAsync(who, new(), token))),
        ];
    }

    private static async Task<IEnumerable<Page>> RequestsAsync(TestDatabase database, ServiceProvider features, Actor who, Actor auditor, CancellationToken cancellation)
    {
        var query = features.GetRequiredService<RequestListQuery>();
        List<Page> pages = [];
        await using var db = database.CreateDbContext();
        foreach (var (everybody, person, whose) in ((bool, Actor, string)[])[(false, who, "one's own requests"), (true, auditor, "everybody's requests")])
        {
            foreach (var filter in Enum.GetValues<RequestFilter>())
            {
                // The oldest request of all: from there on nothing is left, whatever the filter.
                var all = db.AccessRequests.Where(r => everybody ? r.SubmittedAt != null : r.RequesterId == who.PersonId);
                var last = await all.OrderBy(r => r.CreatedAt).Skip(20).Select(r => new { r.CreatedAt, r.SubmittedAt, r.Id }).FirstAsync(cancellation);
                var cursor = new RequestCursor(everybody ? last.SubmittedAt!.Value : last.CreatedAt, last.Id.Value);
                // And right behind the last open one, where an index that does not know of the filter would be searched to its end.
                var open = await all.Where(r => r.Status == RequestStatus.AwaitingApproval).OrderBy(r => r.CreatedAt).Select(r => new { r.CreatedAt, r.SubmittedAt, r.Id }).FirstOrDefaultAsync(cancellation);
                pages.Add(new($"{whose}, {filter}, first page", token => AskAsync(query.AskAsync(person, new(filter, everybody), token))));
                pages.Add(new($"{whose}, {filter}, last page", token => AskAsync(query.AskAsync(person, new(filter, everybody, cursor), token))));
                if (filter == RequestFilter.Open && open is not null)
                    pages.Add(new($"{whose}, behind the last open one", token => AskAsync(query.AskAsync(person, new(filter, everybody, new(everybody ? open.SubmittedAt!.Value : open.CreatedAt, open.Id.Value)), token))));
            }
        }
        return pages;
    }

    private static async Task<IEnumerable<Page>> LedgerAsync(TestDatabase database, ServiceProvider features, Actor auditor, CancellationToken cancellation)
    {
        var query = features.GetRequiredService<LedgerQuery>();
        await using var db = database.CreateDbContext();
        var oldest = await db.LedgerEntries.MinAsync(e => e.Time, cancellation);
        var request = await db.AccessRequests.OrderBy(r => r.CreatedAt).Select(r => r.Id).FirstAsync(cancellation);
        var day = oldest.AddDays(10);
        List<Page> pages = [];
        foreach (var (words, filter) in ((string, LedgerFilter)[])
        [
            ("all", new()),
            ("one act", new(Act: LedgerActs.RequestApproved)),
            ("a rare act", new(Act: LedgerActs.Alert)),
            ("a family of acts", new(Act: LedgerWords.Families[0].Name)),
            ("one actor", new(Actor: "person3")),
            ("one subject", new(Subject: LedgerSubject.Of(request))),
            ("a day two years ago", new(From: day, To: day.AddDays(1))),
            ("until two years ago", new(To: day)),
            ("an actor on a day two years ago", new(Actor: "person3", From: day, To: day.AddDays(1))),
        ])
        {
            pages.Add(new($"the ledger, {words}, first page", token => AskAsync(query.AskAsync(auditor, new(filter), token))));
            pages.Add(new($"the ledger, {words}, last page", token => AskAsync(query.AskAsync(auditor, new(filter, Before: 60), token))));
        }
        return pages;
    }

    private static async Task AskAsync<T>(Task<Outcome<T>> asked)
    {
        if (await asked is { Succeeded: false, Refusal: { } refusal }) throw new InvalidOperationException($"Refused: {refusal.Code}.");
    }

    private sealed record Page(string Name, Func<CancellationToken, Task> AskAsync);
}
