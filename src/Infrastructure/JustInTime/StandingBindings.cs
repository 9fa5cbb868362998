using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>Reads what was reviewed about the standing bindings of a cluster.</summary>
public static class StandingBindings
{
    /// <summary>The bindings that Lapse may have to remove or to make again, each once; sorted, so that what is printed of them stays the same.</summary>
    public static async Task<IReadOnlyList<ReviewedBinding>> InHandAsync(PortalDbContext db, ClusterId cluster, CancellationToken cancellation)
    {
        var rows = await db.StandingRemovals.AsNoTracking()
            .Where(r => r.ClusterId == cluster && (r.Status == RemovalStatus.Waiting || r.Status == RemovalStatus.Removing || r.Status == RemovalStatus.Removed || r.Status == RemovalStatus.Restoring))
            .Join(db.ConfigurationChanges, r => r.ChangeId, c => c.Id, (r, c) => new { Removal = r, c.After }).ToListAsync(cancellation);
        return [.. rows
            .Select(row => (row.Removal, Bindings: Said(row.After)))
            .Where(row => row.Removal.Position < row.Bindings.Count && row.Removal.IsFor(cluster, row.Bindings[row.Removal.Position]))
            .Select(row => row.Bindings[row.Removal.Position])
            .DistinctBy(reviewed => reviewed.Reference).OrderBy(reviewed => reviewed.Reference, StringComparer.Ordinal)];
    }

    // A row that somebody broke is an alarm of the worker, and no reason for anything here to fail.
    private static IReadOnlyList<ReviewedBinding> Said(string after)
    {
        try
        {
            return JustInTimeChange.FromCanonical(after).Bindings;
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
