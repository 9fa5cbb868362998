using Lapse.Domain.Access;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Features.Access;

/// <summary>The states of access as conditions that the database answers from its index on the status.</summary>
internal static class AccessStates
{
    private static readonly GrantStatus[] Live = [GrantStatus.Provisioning, GrantStatus.Active, GrantStatus.Revoking];
    private static readonly GrantStatus[] Open = [GrantStatus.Scheduled, .. Live];
    private static readonly GrantStatus[] Over = [GrantStatus.Ended, GrantStatus.Failed];

    /// <summary>The grants that are in this state now.</summary>
    public static IQueryable<Grant> In(this IQueryable<Grant> grants, AccessState state, DateTimeOffset now) => state switch
    {
        AccessState.Current => grants.Where(g => Open.Contains(g.Status)),
        AccessState.Active => grants.Where(g => Live.Contains(g.Status)),
        AccessState.Scheduled => grants.Where(g => g.Status == GrantStatus.Scheduled),
        AccessState.Overdue => grants.Overdue(now),
        AccessState.Ended => grants.Where(g => Over.Contains(g.Status)),
    };
}
