namespace Lapse.Domain.Access;

/// <summary>Whether a grant should have begun or ended and has not. Such a grant is shown loudly and never as done.</summary>
public static class GrantLateness
{
    /// <summary>Longer than this a start that goes well never takes.</summary>
    public static readonly TimeSpan StartsWithin = 2 * Grant.UsableWithin;

    /// <summary>Longer than this an end that goes well never takes.</summary>
    public static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    /// <summary>Whether it is late at this moment.</summary>
    public static bool IsOverdue(Grant grant, DateTimeOffset now) => grant.Status switch
    {
        GrantStatus.Scheduled or GrantStatus.Provisioning => now > grant.StartsAt + StartsWithin,
        GrantStatus.Active => now > grant.EndsAt + EndsWithin,
        GrantStatus.Revoking => now > grant.RevokingSince + EndsWithin,
        GrantStatus.Ended or GrantStatus.Failed => false,
    };
}
