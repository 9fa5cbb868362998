using System.Linq.Expressions;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Persistence;

/// <summary>What <see cref="GrantLateness.IsOverdue"/> calls late, as conditions that the database answers from its index on the status.</summary>
public static class LateGrants
{
    private static readonly GrantStatus[] Open = [GrantStatus.Scheduled, GrantStatus.Provisioning, GrantStatus.Active, GrantStatus.Revoking];

    /// <summary>The grants that are late.</summary>
    public static IQueryable<Grant> Overdue(this IQueryable<Grant> grants, DateTimeOffset now) => grants.Where(g => Open.Contains(g.Status)).Where(IsLate(now));

    /// <summary>The others.</summary>
    public static IQueryable<Grant> NotOverdue(this IQueryable<Grant> grants, DateTimeOffset now)
    {
        var late = IsLate(now);
        return grants.Where(Expression.Lambda<Func<Grant, bool>>(Expression.Not(late.Body), late.Parameters));
    }

    private static Expression<Func<Grant, bool>> IsLate(DateTimeOffset now)
    {
        var (started, ended) = (now - GrantLateness.StartsWithin, now - GrantLateness.EndsWithin);
        return g => ((g.Status == GrantStatus.Scheduled || g.Status == GrantStatus.Provisioning) && g.StartsAt < started)
            || (g.Status == GrantStatus.Active && g.EndsAt < ended)
            || (g.Status == GrantStatus.Revoking && g.RevokingSince < ended);
    }
}
