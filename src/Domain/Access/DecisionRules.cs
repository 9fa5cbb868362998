using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.Access;

/// <summary>What must hold for a decision to count.</summary>
public static class DecisionRules
{
    /// <summary>The longest comment.</summary>
    public const int LongestComment = 2000;

    /// <summary>Nobody decides their own request, whatever group they are in.</summary>
    public static readonly Refusal OwnRequest = new("OwnRequest", "This is your own request; somebody else has to decide it.");

    /// <summary>The person is not in a group that decides the stage that waits.</summary>
    public static readonly Refusal NotAnApprover = new("NotAnApprover", "You are not one of those who decide this request.");

    /// <summary>The same person has decided this version before.</summary>
    public static readonly Refusal DecidedBefore = new("DecidedBefore", "You have decided this request already; another approval must come from somebody else.");

    /// <summary>The role allows more than what was shown.</summary>
    public static readonly Refusal RoleWidened = new("RoleWidened", "The role allows more now than when this was asked for. Nothing was approved; the page shows what is new.");

    /// <summary>The first rule that stands against this person's decision; <see langword="null"/> if none.</summary>
    /// <param name="request">The request as it is now.</param>
    /// <param name="entry">Its pinned entry version.</param>
    /// <param name="workflow">Its pinned workflow version.</param>
    /// <param name="earlier">The decisions on the request's current version.</param>
    /// <param name="person">Who decides.</param>
    /// <param name="groups">The groups of a verified token; <see langword="null"/> when it did not say.</param>
    /// <param name="comment">What the person says.</param>
    /// <param name="now">When.</param>
    public static Refusal? Check(
        AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow, IEnumerable<Decision> earlier,
        PersonId person, IReadOnlyCollection<string>? groups, string comment, DateTimeOffset now)
    {
        if (comment.Length > LongestComment) return new("CommentTooLong", "Keep the comment within 2,000 characters.");
        if (!PlainText.IsText(comment)) return new("CommentCharacters", "The comment has characters that cannot be shown.");
        if (request.RequesterId == person) return OwnRequest;
        if (request.Status != RequestStatus.AwaitingApproval) return NotWaiting(request);
        if (request.ExpiresAt <= now) return new("TimedOut", "The request waited too long and has ended. It can be asked again.");
        if (groups is null) return new("GroupsUnknown", "The sign-in did not say which groups you are in, so nothing was decided. Tell an admin.");
        if (request.Stage >= workflow.Stages.Count || !workflow.Stages[request.Stage].MayBeDecidedBy(groups)) return NotAnApprover;
        if (earlier.Any(d => d.PersonId == person)) return DecidedBefore;
        return RequestRules.CheckAuthor(entry, workflow, person, now);
    }

    /// <summary>Whether the role still allows no more than what was pinned.</summary>
    public static Refusal? CheckRules(AccessRequest request, RoleRules now) =>
        Escalation.Covers(RoleRules.Parse(request.PinnedRules), now) ? null : RoleWidened;

    /// <summary>How to say that a request no longer waits.</summary>
    public static Refusal NotWaiting(AccessRequest request) => new(
        "NotWaiting",
        request.Status switch
        {
            RequestStatus.Draft => "The request has not been submitted yet.",
            RequestStatus.AwaitingApproval => "The request has changed; look at it again.",
            RequestStatus.Approved => "Somebody else has approved it already.",
            RequestStatus.Denied => "Somebody else has denied it already.",
            RequestStatus.Withdrawn => "The requester has withdrawn it.",
            RequestStatus.TimedOut => "The request waited too long and has ended. It can be asked again.",
        });
}
