using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Approvals;

/// <summary>What waits for a person's decision, said once for the queue, the home page and the count in the navigation.</summary>
public static class WaitingApprovals
{
    /// <summary>Nobody needs to know how many more wait than this.</summary>
    public const int MostCounted = 100;

    /// <summary>
    /// The requests that this person can decide and has not, without order. It follows <see cref="DecisionRules.Check"/>, which
    /// decides again at the act: not one's own, not out of time, in a group of the stage that waits, not decided before in
    /// this version, and not under an entry or workflow that the person changed within a day.
    /// </summary>
    /// <param name="db">A context.</param>
    /// <param name="person">Who would decide.</param>
    /// <param name="now">When.</param>
    public static IQueryable<AccessRequest> WaitingFor(this PortalDbContext db, CurrentPerson person, DateTimeOffset now)
    {
        var (me, groups, changedAfter) = (person.Id, person.Session.Groups, now - RequestRules.AuthorPause);
        return db.AccessRequests.AsNoTracking()
            // The overlap of two arrays, which the GIN index of waiting requests answers.
            .Where(r => r.Status == RequestStatus.AwaitingApproval && r.ApproverGroups.Any(g => groups.Contains(g)))
            .Where(r => r.RequesterId != me && r.ExpiresAt > now)
            .Where(r => !db.Decisions.Any(d => d.RequestId == r.Id && d.RequestVersion == r.Version && d.PersonId == me))
            .Where(r => !db.ElevatedRoleVersions.Any(v => v.ElevatedRoleId == r.ElevatedRoleId && v.Version == r.ElevatedRoleVersion && v.MadeBy == me && v.MadeAt > changedAfter))
            .Where(r => !db.WorkflowVersions.Any(v => v.WorkflowId == r.WorkflowId && v.Version == r.WorkflowVersion && v.MadeBy == me && v.MadeAt > changedAfter));
    }

    /// <summary>How many of them there are, at most <see cref="MostCounted"/>.</summary>
    public static Task<int> CountWaitingAsync(this PortalDbContext db, CurrentPerson person, DateTimeOffset now, CancellationToken cancellation) =>
        db.WaitingFor(person, now).OrderBy(r => r.Id).Select(r => r.Id).Take(MostCounted).CountAsync(cancellation);
}
