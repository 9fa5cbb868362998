using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features.Access;

/// <summary>Whose access is shown.</summary>
public enum AccessScope
{
    /// <summary>One's own.</summary>
    Mine,

    /// <summary>What one approved for others, while one's groups still decide it.</summary>
    Approved,

    /// <summary>Everybody's; for admins and auditors.</summary>
    All,
}

/// <summary>Which access is shown.</summary>
public enum AccessState
{
    /// <summary>Everything that is not over.</summary>
    Current,

    /// <summary>What must be taken for live: being set up, active, being removed.</summary>
    Active,

    /// <summary>What shall start later.</summary>
    Scheduled,

    /// <summary>What should have begun or ended and has not.</summary>
    Overdue,

    /// <summary>What is over.</summary>
    Ended,
}

/// <summary>What the list of access is asked for.</summary>
/// <param name="Scope">Whose.</param>
/// <param name="State">Which.</param>
/// <param name="After">Where the part before ended; <see langword="null"/> for the first part.</param>
/// <param name="Take">How many, 1 to 200.</param>
public sealed record AccessAsk(AccessScope Scope, AccessState State, AccessCursor? After = null, int Take = AccessAsk.Page)
{
    /// <summary>How many one part has.</summary>
    public const int Page = 50;
}

/// <summary>A place in the list: the last grant seen. Ids follow the time at which they were made (RFC 9562, version 7).</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record AccessCursor(GrantId Id, DateTimeOffset CreatedAt);

/// <summary>A part of the list of access.</summary>
/// <param name="Overdue">What is late, for the top of a list that would mix it with the rest; the first part has it.</param>
/// <param name="MoreOverdue">Whether even more is late.</param>
/// <param name="Rows">The access asked for, newest first.</param>
/// <param name="Next">Where the next part begins; <see langword="null"/> when there is none.</param>
/// <param name="SeesAll">Whether this person may see everybody's.</param>
public sealed record AccessView(IReadOnlyList<AccessRow> Overdue, bool MoreOverdue, IReadOnlyList<AccessRow> Rows, AccessCursor? Next, bool SeesAll);

/// <summary>One access and what the viewer can do about it.</summary>
/// <param name="Grant">The access.</param>
/// <param name="Holder">Whose.</param>
/// <param name="IsMine">Whether it is the viewer's.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="MayOpen">Whether the viewer may open the request that it came from.</param>
/// <param name="MayDrop">Whether the viewer can give it back now.</param>
/// <param name="MayRevoke">Whether the viewer can take it away now.</param>
/// <param name="MayExtend">Whether the viewer can ask for more time now.</param>
public sealed record AccessRow(GrantView Grant, PersonFacts Holder, bool IsMine, ClusterEnvironment Environment, string Cluster, bool MayOpen, bool MayDrop, bool MayRevoke, bool MayExtend = false);
