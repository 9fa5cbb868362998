using System.Runtime.CompilerServices;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Ledger;

/// <summary>One entry with the user name of the person who acted.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="ActorUserName">The user name; <see langword="null"/> where no person acted.</param>
public sealed record ExportedEntry(LedgerEntry Entry, string? ActorUserName);

/// <summary>What may be handed out.</summary>
/// <param name="Parts">The entries, oldest first, a part at a time; read while they are enumerated.</param>
public sealed record LedgerExport(IAsyncEnumerable<IReadOnlyList<ExportedEntry>> Parts);

/// <summary>Hands the ledger out, oldest first, in parts of a bounded size: nothing grows with the length of the ledger.</summary>
public sealed class LedgerExportQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard)
{
    /// <summary>How many entries are held at once.</summary>
    public const int Part = 500;

    /// <summary>Decides whether this person may, and prepares the reading.</summary>
    /// <returns>The entries; refused to everybody who is neither admin nor auditor.</returns>
    public async Task<Outcome<LedgerExport>> AskAsync(Actor actor, LedgerFilter filter, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        // What is written while this runs is left for the next export, so that it ends.
        var last = (await db.LedgerHead.AsNoTracking().SingleAsync(cancellation)).Sequence;
        return new LedgerExport(ReadAsync(filter, last, cancellation));
    }

    private async IAsyncEnumerable<IReadOnlyList<ExportedEntry>> ReadAsync(LedgerFilter filter, long last, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var after = 0L; ;)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            var place = after;
            var entries = await (await db.FindEntriesAsync(filter, cancellation))
                .Where(e => e.Sequence > place && e.Sequence <= last).OrderBy(e => e.Sequence).Take(Part).ToListAsync(cancellation);
            if (entries.Count > 0)
            {
                var names = await db.NamesAsync(entries.Select(e => e.Actor), cancellation);
                yield return entries.ConvertAll(e => new ExportedEntry(e, names.TryGetValue(e.Actor, out var name) ? name.UserName : null));
                after = entries[^1].Sequence;
            }
            if (entries.Count < Part) yield break;
        }
    }
}
