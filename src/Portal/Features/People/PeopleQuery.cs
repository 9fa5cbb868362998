using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.People;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.People;

/// <summary>Who has signed in, with which groups, and what they hold; only for admins.</summary>
public sealed class PeopleQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, SecondAdmins seconds) : IPageQuery<PeopleAsk, PeopleView>
{
    private static readonly GrantStatus[] Live = [GrantStatus.Scheduled, GrantStatus.Provisioning, GrantStatus.Active, GrantStatus.Revoking];

    /// <inheritdoc/>
    public async Task<Outcome<PeopleView>> AskAsync(Actor actor, PeopleAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var me = admin.Value.Id;

        var take = Math.Clamp(ask.Take, 1, AdminReading.Most);
        var found = await (
            from person in Asked(db, ask).OrderByDescending(p => p.LastSeenAt).ThenByDescending(p => p.Id).Take(take + 1)
            join shutter in db.People on person.DisabledBy equals shutter.Id into shutters
            from shutter in shutters.DefaultIfEmpty()
            orderby person.LastSeenAt descending, person.Id descending
            select new
            {
                Person = person,
                By = shutter == null ? null : shutter.Name,
                Open = db.AccessRequests.Count(r => r.RequesterId == person.Id && r.Status == RequestStatus.AwaitingApproval),
            }).AsNoTracking().ToListAsync(cancellation);
        var shown = found.Take(take).ToList();
        var held = await HeldAsync(db, [.. shown.Select(f => f.Person.Id)], cancellation);
        var second = shown.Any(f => f.Person.DisabledBy == me) && await seconds.ExistAsync(db, me, cancellation);
        var last = found.Count > take ? shown[^1].Person : null;
        return new PeopleView(
            [.. shown.Select(f => new PersonRow(
                f.Person.Id, f.Person.Name, f.Person.UserName, f.Person.Issuer, f.Person.Id == me, f.Person.Groups, f.Person.GroupsSeenAt, f.Person.LastSeenAt,
                [.. held[f.Person.Id].Take(PersonRow.MostHeld)], held[f.Person.Id].Count() > PersonRow.MostHeld, f.Open,
                f.Person.DisabledAt, f.By, f.Person.DisabledWhy, f.Person.IsDisabled && (f.Person.DisabledBy != me || !second)))],
            last is null ? null : new(last.LastSeenAt, last.Id));
    }

    private static IQueryable<Person> Asked(PortalDbContext db, PeopleAsk ask)
    {
        var people = db.People.AsNoTracking();
        if (PlainSearch(ask.Search) is { Length: > 0 } search)
        {
            // As many people as an installation has are read in a few milliseconds; no index would help with part of a name.
            var pattern = SearchPattern.Containing(search);
            people = people.Where(p => EF.Functions.ILike(p.Name, pattern, SearchPattern.Escape) || EF.Functions.ILike(p.UserName, pattern, SearchPattern.Escape));
        }
        people = ask.Filter switch
        {
            PeopleFilter.All => people,
            PeopleFilter.Holding => people.Where(p => db.Grants.Any(g => g.PersonId == p.Id && Live.Contains(g.Status))),
            PeopleFilter.Disabled => people.Where(p => p.DisabledAt != null),
        };
        return ask.After is { } after ? people.Where(p => EF.Functions.LessThan(ValueTuple.Create(p.LastSeenAt, p.Id), ValueTuple.Create(after.LastSeenAt, after.Id))) : people;
    }

    // PostgreSQL knows no U+0000, and nobody's name has a control character.
    private static string PlainSearch(string search) =>
        new([.. search.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(PeopleAsk.LongestSearch)]);

    private static async Task<ILookup<PersonId, HeldAccess>> HeldAsync(PortalDbContext db, IReadOnlyList<PersonId> people, CancellationToken cancellation)
    {
        var found = await (
            from grant in db.Grants.AsNoTracking()
            join cluster in db.Clusters on grant.ClusterId equals cluster.Id
            where people.Contains(grant.PersonId) && Live.Contains(grant.Status)
            orderby grant.Id descending
            select new { grant.PersonId, grant.RequestId, grant.RoleName, grant.Namespace, grant.Status, grant.EndsAt, cluster.Title }).ToListAsync(cancellation);
        return found.ToLookup(g => g.PersonId, g => new HeldAccess(g.RequestId, RequestWords.What(g.RoleName, g.Namespace is null ? [] : [g.Namespace]), g.Title, g.Status, g.EndsAt));
    }
}
