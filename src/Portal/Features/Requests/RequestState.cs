using Lapse.Domain.Access;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.Access;

namespace Lapse.Portal.Features.Requests;

/// <summary>The one state of a request with its grants, in the words that every page uses.</summary>
public static class RequestState
{
    /// <summary>Until it is approved the request's own state; from then on that of the grant which matters most.</summary>
    public static StateLook Of(RequestStatus status, IReadOnlyCollection<GrantView> grants) =>
        status == RequestStatus.Approved && Foremost(grants) is { } grant ? Of(grant) : StateLooks.Of(status);

    /// <summary>The state of one grant.</summary>
    public static StateLook Of(GrantView grant) => grant.IsOverdue ? StateLooks.Overdue : StateLooks.Of(grant.Status, grant.EndReason);

    /// <summary>The grant that matters most: what is late, then what is live, then what is to come, then what is over.</summary>
    public static GrantView? Foremost(IReadOnlyCollection<GrantView> grants) =>
        grants.OrderByDescending(grant => grant.IsOverdue).ThenBy(grant => Rank(grant.Status)).FirstOrDefault();

    private static int Rank(GrantStatus status) => status switch
    {
        GrantStatus.Active => 0,
        GrantStatus.Revoking => 1,
        GrantStatus.Provisioning => 2,
        GrantStatus.Scheduled => 3,
        GrantStatus.Failed => 4,
        GrantStatus.Ended => 5,
    };
}
