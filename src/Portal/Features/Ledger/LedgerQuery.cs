using System.Text;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Ledger;

/// <summary>The ledger for admins and auditors, newest first.</summary>
public sealed class LedgerQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard) : IPageQuery<LedgerAsk, LedgerView>
{
    /// <inheritdoc/>
    public async Task<Outcome<LedgerView>> AskAsync(Actor actor, LedgerAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;

        var take = Math.Clamp(ask.Take, 1, 200);
        var found = await db.NewestAsync(ask.Filter, ask.Before, take + 1, cancellation);
        var shown = found.Take(take).ToList();
        var names = await db.NamesAsync(shown.Select(e => e.Actor).Concat(shown.Select(e => e.Subject)), cancellation);
        var subjects = await SubjectsAsync(db, shown, cancellation);
        return new LedgerView([.. shown.Select(e => Row(e, names, subjects))], found.Count > take ? shown[^1].Sequence : null);
    }

    private static LedgerRow Row(LedgerEntry entry, Dictionary<string, (string Name, string UserName)> names, Dictionary<string, Subject> subjects)
    {
        var person = names.TryGetValue(entry.Actor, out var known) ? known : default((string Name, string UserName)?);
        var subject = subjects.GetValueOrDefault(entry.Subject)
            ?? (names.TryGetValue(entry.Subject, out var named) ? new(named.Name, null) : new Subject(entry.Subject.Split(':')[0], null));
        return new(
            entry.Sequence, entry.Time, entry.Actor, person?.Name ?? Say(entry.Actor), person?.UserName, entry.Act,
            entry.Subject, subject.Name, subject.Link,
            Encoding.UTF8.GetString(entry.Content), Convert.ToHexStringLower(entry.PreviousHash), Convert.ToHexStringLower(entry.Hash));
    }

    private static string Say(string actor) => actor switch
    {
        LedgerActor.Lapse => "Lapse",
        LedgerActor.Operator => "An operator",
        _ => actor,
    };

    // Requests, grants and clusters by what they are about; two statements for a whole part of the list, and one for clusters.
    private static async Task<Dictionary<string, Subject>> SubjectsAsync(PortalDbContext db, List<LedgerEntry> entries, CancellationToken cancellation)
    {
        var requests = Ids<AccessRequestId>(entries, "request:");
        var grants = Ids<GrantId>(entries, "grant:");
        var clusters = Ids<ClusterId>(entries, "cluster:");
        Dictionary<string, Subject> subjects = new(StringComparer.Ordinal);
        if (requests.Count > 0)
        {
            foreach (var r in await db.AccessRequests.AsNoTracking().Where(r => requests.Contains(r.Id)).Select(r => new { r.Id, r.RoleName, r.Namespaces }).ToListAsync(cancellation))
                subjects[LedgerSubject.Of(r.Id)] = new(RequestWords.What(r.RoleName, r.Namespaces), RequestWords.Address(r.Id));
        }
        if (grants.Count > 0)
        {
            foreach (var g in await db.Grants.AsNoTracking().Where(g => grants.Contains(g.Id)).Select(g => new { g.Id, g.RequestId, g.RoleName, g.Namespace }).ToListAsync(cancellation))
                subjects[LedgerSubject.Of(g.Id)] = new(RequestWords.What(g.RoleName, g.Namespace is { } ns ? [ns] : []), RequestWords.Address(g.RequestId));
        }
        if (clusters.Count > 0)
        {
            foreach (var c in await db.Clusters.AsNoTracking().Where(c => clusters.Contains(c.Id)).Select(c => new { c.Id, c.Title }).ToListAsync(cancellation))
                subjects[LedgerSubject.Of(c.Id)] = new(c.Title, null);
        }
        return subjects;
    }

    private static List<T> Ids<T>(List<LedgerEntry> entries, string prefix) where T : struct, IUuidId<T> =>
        [.. entries.Where(e => e.Subject.StartsWith(prefix, StringComparison.Ordinal))
            .Select(e => UuidId.TryParse<T>(e.Subject[prefix.Length..], out var id) ? id : default(T?))
            .OfType<T>().Distinct()];

    private sealed record Subject(string Name, string? Link);
}
