using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Ledger;

/// <summary>Who may read the ledger, and which entries a filter means; the same for the page and the exports.</summary>
internal static class LedgerReading
{
    /// <summary>The longest text that a filter takes; no column that it is compared with is longer.</summary>
    public const int LongestText = 300;

    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromDays(1);
    private static readonly DateTimeOffset Earliest = DateTimeOffset.MinValue + ClocksDiffer;
    private static readonly DateTimeOffset Latest = DateTimeOffset.MaxValue - ClocksDiffer;

    private const string PersonPrefix = "person:";

    private static readonly Refusal NotForYou = new("LedgerDenied", "The ledger is for admins and auditors. Nothing was shown.", "/");

    /// <summary>Who reads it; refused to everybody who is neither admin nor auditor.</summary>
    public static async Task<Outcome<CurrentPerson>> FindReaderAsync(this ActorGuard guard, PortalDbContext db, Actor actor, CancellationToken cancellation)
    {
        var current = await guard.FindAsync(db, actor, cancellation);
        return current.Succeeded && !current.Value.SeesEverything ? NotForYou : current;
    }

    /// <summary>The entries that a filter means, without order; each condition has an index.</summary>
    public static async Task<IQueryable<LedgerEntry>> FindEntriesAsync(this PortalDbContext db, LedgerFilter filter, CancellationToken cancellation)
    {
        var entries = db.LedgerEntries.AsNoTracking();
        // No entry has what cannot be written; PostgreSQL would not even take it.
        if (!MayBeWritten(filter.Act) || !MayBeWritten(filter.Actor) || !MayBeWritten(filter.Subject)) return entries.Where(_ => false);
        if (filter.Act is { Length: > 0 } act)
        {
            var acts = LedgerWords.Acts(act);
            // With one value the index gives them in order; with several PostgreSQL would read them all, or the ledger backwards.
            entries = acts is [var only] ? entries.Where(e => e.Act == only) : entries.Where(e => acts.Contains(e.Act));
        }
        if (filter.Actor is { Length: > 0 } actor)
        {
            var actors = await ActorsAsync(db, actor, cancellation);
            entries = actors is [var only] ? entries.Where(e => e.Actor == only) : entries.Where(e => actors.Contains(e.Actor));
        }
        if (filter.Subject is { Length: > 0 } subject)
        {
            entries = entries.Where(e => e.Subject == subject);
        }
        if (filter.From is { } from) entries = (await AfterAsync(db, entries, from.ToUniversalTime(), cancellation)).Where(e => e.Time >= from.ToUniversalTime());
        if (filter.To is { } to) entries = (await BeforeAsync(db, entries, to.ToUniversalTime(), cancellation)).Where(e => e.Time < to.ToUniversalTime());
        return entries;
    }

    /// <summary>The newest entries that a filter means, with a statement that reads no more of the ledger than it shows.</summary>
    /// <param name="db">A context.</param>
    /// <param name="filter">Which entries.</param>
    /// <param name="before">Only entries before this sequence.</param>
    /// <param name="most">The most that are read.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<List<LedgerEntry>> NewestAsync(this PortalDbContext db, LedgerFilter filter, long? before, int most, CancellationToken cancellation)
    {
        IQueryable<LedgerEntry>? all = null;
        // The newest of each act, then the newest of those: each part is in the order of its index.
        foreach (var act in filter.Act.Length > 0 && MayBeWritten(filter.Act) ? LedgerWords.Acts(filter.Act) : [filter.Act])
        {
            var part = await db.FindEntriesAsync(filter with { Act = act }, cancellation);
            if (before is { } limit) part = part.Where(e => e.Sequence < limit);
            part = part.OrderByDescending(e => e.Sequence).Take(most);
            all = all is null ? part : all.Concat(part);
        }
        return await all!.OrderByDescending(e => e.Sequence).Take(most).ToListAsync(cancellation);
    }

    // Sequence and time run together but for clocks that differ, never by a day; so a time is also a place in the ledger, and what lies
    // far on its other side is not read. The condition on the time itself stays.
    private static async Task<IQueryable<LedgerEntry>> AfterAsync(PortalDbContext db, IQueryable<LedgerEntry> entries, DateTimeOffset time, CancellationToken cancellation)
    {
        if (time < Earliest) return entries;
        var surely = time - ClocksDiffer;
        var place = await db.LedgerEntries.Where(e => e.Time < surely).OrderByDescending(e => e.Time).Select(e => (long?)e.Sequence).FirstOrDefaultAsync(cancellation);
        return place is { } sequence ? entries.Where(e => e.Sequence > sequence) : entries;
    }

    private static async Task<IQueryable<LedgerEntry>> BeforeAsync(PortalDbContext db, IQueryable<LedgerEntry> entries, DateTimeOffset time, CancellationToken cancellation)
    {
        if (time > Latest) return entries;
        var surely = time + ClocksDiffer;
        var place = await db.LedgerEntries.Where(e => e.Time >= surely).OrderBy(e => e.Time).Select(e => (long?)e.Sequence).FirstOrDefaultAsync(cancellation);
        return place is { } sequence ? entries.Where(e => e.Sequence < sequence) : entries;
    }

    /// <summary>The people among these actors, by the ledger's name for them.</summary>
    public static async Task<Dictionary<string, (string Name, string UserName)>> NamesAsync(this PortalDbContext db, IEnumerable<string> actors, CancellationToken cancellation)
    {
        var ids = actors.Distinct().Select(PersonOf).OfType<PersonId>().ToList();
        if (ids.Count == 0) return [];
        var people = await db.People.AsNoTracking().Where(p => ids.Contains(p.Id)).Select(p => new { p.Id, p.Name, p.UserName }).ToListAsync(cancellation);
        return people.ToDictionary(p => LedgerActor.Of(p.Id), p => (p.Name, p.UserName), StringComparer.Ordinal);
    }

    // Lapse, the operator and persons by id are themselves; anything else is a user name, which several issuers may have given.
    private static async Task<List<string>> ActorsAsync(PortalDbContext db, string text, CancellationToken cancellation)
    {
        if (text is LedgerActor.Lapse or LedgerActor.Operator || PersonOf(text) is not null) return [text];
        var ids = await db.People.AsNoTracking().Where(p => p.UserName == text).OrderBy(p => p.Id).Select(p => p.Id).Take(100).ToListAsync(cancellation);
        return ids.ConvertAll(LedgerActor.Of);
    }

    private static PersonId? PersonOf(string actor) =>
        actor.StartsWith(PersonPrefix, StringComparison.Ordinal) && UuidId.TryParse<PersonId>(actor[PersonPrefix.Length..], out var id) ? id : null;

    private static bool MayBeWritten(string text) => text.Length <= LongestText && PlainText.IsLine(text);
}
