using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>Removals for reading.</summary>
internal static class RemovalRows
{
    /// <summary>Reads them in their order.</summary>
    public static async Task<IReadOnlyList<RemovalRow>> ReadAsync(PortalDbContext db, IQueryable<StandingRemoval> removals, CancellationToken cancellation)
    {
        var found = await removals.ToListAsync(cancellation);
        var changes = found.Select(r => r.ChangeId).Distinct().ToList();
        var said = (await db.ConfigurationChanges.AsNoTracking().Where(c => changes.Contains(c.Id)).Select(c => new { c.Id, c.After }).ToListAsync(cancellation)).ToDictionary(c => c.Id, c => Read(c.After));
        var entries = found.Select(r => r.ElevatedRoleId).Distinct().ToList();
        var titles = await db.ElevatedRoles.AsNoTracking().Where(r => entries.Contains(r.Id))
            .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (r, v) => new { r.Id, v.Title }).ToDictionaryAsync(r => r.Id, r => r.Title, cancellation);
        var people = found.Select(r => r.DecidedBy).OfType<PersonId>().Distinct().ToList();
        var names = await db.People.AsNoTracking().Where(p => people.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        return [.. found.Select(r => new RemovalRow(
            r.Id, r.ChangeId, Of(r, said.GetValueOrDefault(r.ChangeId)), r.Reference, r.Status, r.Message, r.LacksRight, r.ElevatedRoleId, titles.GetValueOrDefault(r.ElevatedRoleId, ""),
            r.CreatedAt, r.RemovedAt, r.RemovedByHand, r.RestoredAt, r.DecidedBy is { } by ? names.GetValueOrDefault(by) : null))];
    }

    // What somebody wrote over it is not shown as what was reviewed.
    private static ReviewedBinding? Of(StandingRemoval removal, JustInTimeChange? said) =>
        said is not null && removal.Position >= 0 && removal.Position < said.Bindings.Count && removal.IsFor(said.ClusterId, said.Bindings[removal.Position]) ? said.Bindings[removal.Position] : null;

    private static JustInTimeChange? Read(string after)
    {
        try
        {
            return JustInTimeChange.FromCanonical(after);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
