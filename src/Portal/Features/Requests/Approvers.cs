using Lapse.Domain;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>Finds the people whom a request asks. For telling people whom to expect, never for deciding who may.</summary>
public static class Approvers
{
    /// <summary>How many names are shown for one round.</summary>
    public const int Shown = 8;

    /// <summary>The rounds with the people whom Lapse knows in their groups; one statement for each of the few rounds.</summary>
    /// <param name="db">A context.</param>
    /// <param name="stages">The rounds.</param>
    /// <param name="requester">Who is not asked.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async Task<IReadOnlyList<AskedStage>> AskedAsync(this PortalDbContext db, IReadOnlyList<ApprovalStage> stages, PersonId requester, CancellationToken cancellation)
    {
        List<AskedStage> asked = [];
        foreach (var stage in stages)
        {
            var groups = stage.ApproverGroups.ToArray();
            var names = await db.People.AsNoTracking()
                .Where(p => p.Id != requester && p.DisabledAt == null && p.Groups!.Any(g => groups.Contains(g)))
                .OrderBy(p => p.Name).ThenBy(p => p.Id)
                .Select(p => p.Name)
                .Take(Shown + 1)
                .ToListAsync(cancellation);
            asked.Add(new(stage.Name, stage.Approvals, groups, [.. names.Take(Shown)], names.Count > Shown));
        }
        return asked;
    }
}
