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
            entries = entries.Where(e => acts.Contains(e.Act));
        }
        if (filter.Actor is { Length: > 0 } actor)
        {
            var actors = await ActorsAsync(db, actor, cancellation);
            entries = entries.Where(e => actors.Contains(e.Actor));
        }
        if (filter.Subject is { Length: > 0 } subject)
        {
            entries = entries.Where(e => e.Subject == subject);
        }
        if (filter.From is { } from) entries = entries.Where(e => e.Time >= from.ToUniversalTime());
        if (filter.To is { } to) entries = entries.Where(e => e.Time < to.ToUniversalTime());
        return entries;
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
