using Lapse.Domain;
using Lapse.Domain.Access;

namespace Lapse.Portal.Features.People;

/// <summary>Which people.</summary>
public enum PeopleFilter
{
    /// <summary>All who ever signed in.</summary>
    All,

    /// <summary>Those who hold access now.</summary>
    Holding,

    /// <summary>Those who are disabled.</summary>
    Disabled,
}

/// <summary>Which part of the people.</summary>
/// <param name="Search">Part of a name or user name; empty for all.</param>
/// <param name="Filter">Which.</param>
/// <param name="After">Where the part before ended.</param>
/// <param name="Take">How many.</param>
public sealed record PeopleAsk(string Search, PeopleFilter Filter, PeopleCursor? After = null, int Take = PeopleAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 50;

    /// <summary>The longest search, in characters.</summary>
    public const int LongestSearch = 100;
}

/// <summary>A place in the list: who was seen last comes first.</summary>
public sealed record PeopleCursor(DateTimeOffset LastSeenAt, PersonId Id);

/// <summary>A part of the people.</summary>
/// <param name="People">Whoever was seen last comes first.</param>
/// <param name="Next">Where more begin; <see langword="null"/> when there are no more.</param>
public sealed record PeopleView(IReadOnlyList<PersonRow> People, PeopleCursor? Next);

/// <summary>Somebody who signed in at least once.</summary>
/// <param name="Id">The person.</param>
/// <param name="Name">As they are known.</param>
/// <param name="UserName">What they type to sign in.</param>
/// <param name="Issuer">Who vouches for them.</param>
/// <param name="IsViewer">Whether it is whoever looks.</param>
/// <param name="Groups">The groups of their newest token; <see langword="null"/> when it did not say.</param>
/// <param name="GroupsSeenAt">When that was.</param>
/// <param name="LastSeenAt">When a token of theirs last arrived.</param>
/// <param name="Held">What they hold or are about to, newest first; at most <see cref="MostHeld"/>.</param>
/// <param name="HoldsMore">Whether they hold even more.</param>
/// <param name="OpenRequests">How many requests of theirs wait.</param>
/// <param name="DisabledAt">When they were disabled; <see langword="null"/> while enabled.</param>
/// <param name="DisabledBy">Who did it; <see langword="null"/> if nobody knows.</param>
/// <param name="DisabledWhy">Why; may be empty.</param>
/// <param name="MayEnable">Whether whoever looks may let them in again.</param>
public sealed record PersonRow(
    PersonId Id, string Name, string UserName, string Issuer, bool IsViewer, IReadOnlyList<string>? Groups, DateTimeOffset GroupsSeenAt, DateTimeOffset LastSeenAt,
    IReadOnlyList<HeldAccess> Held, bool HoldsMore, int OpenRequests, DateTimeOffset? DisabledAt, string? DisabledBy, string DisabledWhy, bool MayEnable)
{
    /// <summary>How much of what somebody holds is listed.</summary>
    public const int MostHeld = 10;

    /// <summary>Whether they are shut out.</summary>
    public bool IsDisabled => DisabledAt is not null;
}

/// <summary>One access that somebody holds.</summary>
/// <param name="Request">The request that it came from.</param>
/// <param name="What">Such as “edit in payments-prod”.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="EndsAt">When it ends; <see langword="null"/> while it is not usable yet.</param>
public sealed record HeldAccess(AccessRequestId Request, string What, string Cluster, GrantStatus Status, DateTimeOffset? EndsAt);
