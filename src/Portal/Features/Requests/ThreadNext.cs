using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Icons;

namespace Lapse.Portal.Features.Requests;

/// <summary>The step that comes next and who must take it.</summary>
/// <param name="Sentence">In words.</param>
/// <param name="Icon">Its icon.</param>
/// <param name="At">When, where that is known.</param>
public sealed record ThreadNext(string Sentence, string Icon, DateTimeOffset? At)
{
    /// <summary>The next step of a request; <see langword="null"/> when it is over.</summary>
    public static ThreadNext? Of(RequestThreadView request) => request.Status switch
    {
        RequestStatus.Draft => new($"{(request.IsMine ? "you confirm" : $"{request.Requester.Name} confirms")} the request with the second factor.", Glyphs.Shield, null),
        RequestStatus.AwaitingApproval => Decision(request),
        RequestStatus.Approved => Access(request),
        RequestStatus.Denied or RequestStatus.Withdrawn or RequestStatus.TimedOut => null,
    };

    private static ThreadNext Decision(RequestThreadView request)
    {
        if (request.Waiting is not { } stage) return new("somebody decides.", Glyphs.Approvals, null);
        var left = stage.Approvals - request.ApprovalsSoFar;
        var sofar = request.ApprovalsSoFar == 0 ? "" : $" {Words.Count(request.ApprovalsSoFar, "approval")} of {stage.Approvals} so far.";
        return new($"{Words.Count(left, request.ApprovalsSoFar == 0 ? "approval" : "more approval")} by {stage.Whoever}.{sofar}", Glyphs.Approvals, null);
    }

    private static ThreadNext? Access(RequestThreadView request)
    {
        var away = request.Cluster.State is ClusterState.Unreachable or ClusterState.Starting ? $" once {request.Cluster.Title} answers" : "";
        return RequestState.Foremost([.. request.Grants.Where(grant => !grant.IsOver)]) is not { } grant ? null : grant.Status switch
        {
            GrantStatus.Scheduled => new($"Lapse begins {grant.What}{away}.", Glyphs.Access, grant.StartsAt),
            GrantStatus.Provisioning => new($"Lapse makes the binding{away} and asks the cluster whether it works.", Glyphs.Access, null),
            GrantStatus.Active => new($"Lapse removes {grant.What} and proves that the binding is gone.", Glyphs.Ended, grant.EndsAt),
            GrantStatus.Revoking => new($"Lapse proves{away} that the binding of {grant.What} is gone.", Glyphs.Ended, null),
            GrantStatus.Ended or GrantStatus.Failed => null,
        };
    }
}
