using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>The entries that a person may ask for, by title.</summary>
public sealed class CatalogueQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<CatalogueAsk, CatalogueView>
{
    private const int LongestSearch = 100;

    /// <inheritdoc/>
    public async Task<Outcome<CatalogueView>> AskAsync(Actor actor, CatalogueAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;

        var take = Math.Clamp(ask.Take, 1, 200);
        var found = await Find(db.OfferedTo(person), ask).Take(take + 1).ToListAsync(cancellation);
        var shown = found.Take(take).ToList();
        var open = await OpenAsync(db, person, [.. shown.Select(o => o.Entry.ElevatedRoleId)], cancellation);
        var now = clock.GetUtcNow();
        var items = shown.Select(o => Item(o, open, person, now)).ToList();
        var last = shown.Count > 0 ? shown[^1].Entry : null;
        return new CatalogueView(items, found.Count > take ? new(last!.Title, last.ElevatedRoleId.Value) : null);
    }

    private static IQueryable<Offer> Find(IQueryable<Offer> offers, CatalogueAsk ask)
    {
        // No entry has what cannot be written; PostgreSQL would not even take it.
        if (!PlainText.IsLine(ask.Search)) return offers.Where(_ => false).OrderBy(o => o.Entry.Title);
        foreach (var word in Cut(ask.Search).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pattern = SearchPattern.Containing(word);
            offers = offers.Where(o =>
                EF.Functions.ILike(o.Entry.Title, pattern, SearchPattern.Escape) || EF.Functions.ILike(o.Entry.Description, pattern, SearchPattern.Escape)
                || EF.Functions.ILike(o.Entry.RoleName, pattern, SearchPattern.Escape) || EF.Functions.ILike(o.Cluster.Title, pattern, SearchPattern.Escape)
                || o.Entry.Namespaces.Any(n => EF.Functions.ILike(n, pattern, SearchPattern.Escape)));
        }
        if (ask.After is { } after)
        {
            var id = ElevatedRoleId.From(after.Id);
            offers = offers.Where(o => EF.Functions.GreaterThan(ValueTuple.Create(o.Entry.Title, o.Entry.ElevatedRoleId), ValueTuple.Create(after.Title, id)));
        }
        return offers.OrderBy(o => o.Entry.Title).ThenBy(o => o.Entry.ElevatedRoleId);
    }

    // Never between the two halves of a character.
    private static string Cut(string search) => search.Length <= LongestSearch ? search
        : search[..(char.IsHighSurrogate(search[LongestSearch - 1]) ? LongestSearch - 1 : LongestSearch)];

    private static async Task<Dictionary<ElevatedRoleId, OpenRequest>> OpenAsync(PortalDbContext db, CurrentPerson person, List<ElevatedRoleId> entries, CancellationToken cancellation) =>
        (await db.AccessRequests.AsNoTracking()
            .Where(r => r.RequesterId == person.Id && r.OpenKey != null && entries.Contains(r.ElevatedRoleId))
            .OrderBy(r => r.CreatedAt)
            .Select(r => new { r.ElevatedRoleId, r.Id, r.Status })
            .ToListAsync(cancellation))
        .GroupBy(r => r.ElevatedRoleId).ToDictionary(g => g.Key, g => new OpenRequest(g.Last().Id, g.Last().Status));

    private static CatalogueItem Item(Offer offer, Dictionary<ElevatedRoleId, OpenRequest> open, CurrentPerson person, DateTimeOffset now)
    {
        var (entry, workflow, cluster, health, snapshot) = (offer.Entry, offer.Workflow, offer.Cluster, offer.Health, offer.Snapshot);
        return new(
            entry.ElevatedRoleId, entry.Title, entry.Description, entry.Environment, entry.Role, entry.Namespaces, entry.Maximum,
            ApprovalWords.Of(workflow.Stages),
            RoleFacts.Of(snapshot?.Rules, entry.Namespaces, snapshot?.ReadAt),
            ClusterGlance.Of(cluster, health),
            open.GetValueOrDefault(entry.ElevatedRoleId),
            offer.Hindrance(person, now));
    }
}

/// <summary>A catalogue entry as it is now, with everything that decides whether and how it can be asked for.</summary>
internal sealed class Offer
{
    public required ElevatedRoleVersion Entry { get; init; }

    public required string Name { get; init; }

    public required WorkflowVersion Workflow { get; init; }

    public required Cluster Cluster { get; init; }

    public ClusterHealth? Health { get; init; }

    public RoleSnapshot? Snapshot { get; init; }

    /// <summary>Why this person cannot ask for it at this moment; <see langword="null"/> if nothing is known to stand in the way.</summary>
    public Refusal? Hindrance(CurrentPerson person, DateTimeOffset now) =>
        RequestRules.CheckRequester(Entry, Workflow, person.Id, person.Session.Groups, now)
        ?? RequestRules.CheckRules(Snapshot?.Rules is { } rules ? RoleRules.Parse(rules) : null);
}

internal static class Offers
{
    /// <summary>The current entries that a person's groups may ask for; nobody else learns that there are more.</summary>
    public static IQueryable<Offer> OfferedTo(this PortalDbContext db, CurrentPerson person)
    {
        var groups = person.Session.Groups;
        return
            from role in db.ElevatedRoles
            where role.RetiredAt == null
            join entry in db.ElevatedRoleVersions on new { role.Id, Version = role.CurrentVersion } equals new { Id = entry.ElevatedRoleId, entry.Version }
            join workflow in db.Workflows on entry.WorkflowId equals workflow.Id
            join version in db.WorkflowVersions on new { workflow.Id, Version = workflow.CurrentVersion } equals new { Id = version.WorkflowId, version.Version }
            where version.RequesterGroups.Any(g => groups.Contains(g))
            join cluster in db.Clusters on entry.ClusterId equals cluster.Id
            where cluster.RetiredAt == null
            join health in db.ClusterHealth on cluster.Id equals health.ClusterId into healths
            from health in healths.DefaultIfEmpty()
            from snapshot in db.RoleSnapshots.Where(s =>
                s.ClusterId == entry.ClusterId && s.RoleKind == entry.RoleKind && s.RoleName == entry.RoleName
                && s.Namespace == (entry.RoleKind == RoleKind.Role ? entry.Namespaces[0] : "")).DefaultIfEmpty()
            select new Offer { Entry = entry, Name = role.Name, Workflow = version, Cluster = cluster, Health = health, Snapshot = snapshot };
    }
}
