using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Catalogue;

namespace Lapse.Portal.Features.Requests;

/// <summary>For which entry somebody wants to ask, or which access to extend.</summary>
/// <param name="Role">The entry's id or its short name, as the address has it.</param>
/// <param name="Extend">The id of the request whose access is to be extended, as the address has it; empty for a request of its own.</param>
public sealed record NewRequestAsk(string Role, string Extend = "");

/// <summary>What somebody needs to ask for one entry.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">Where; empty means cluster-wide.</param>
/// <param name="Maximum">The longest that may be asked for.</param>
/// <param name="Default">What the form starts with.</param>
/// <param name="ConfirmAfterStepUp">Whether one last click follows the second factor.</param>
/// <param name="Facts">What the role allows.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Stages">Who will be asked, round by round; none when nobody has to approve.</param>
/// <param name="Open">This person's open request for it, if any.</param>
/// <param name="Hindrance">Why it cannot be asked for now.</param>
/// <param name="Extension">The access that is to be extended; <see langword="null"/> for a request of its own.</param>
public sealed record NewRequestView(
    ElevatedRoleId Id, string Title, ClusterEnvironment Environment, RoleReference Role, IReadOnlyList<string> Namespaces,
    TimeSpan Maximum, TimeSpan Default, bool ConfirmAfterStepUp, RoleFacts Facts, ClusterGlance Cluster,
    IReadOnlyList<AskedStage> Stages, OpenRequest? Open, Refusal? Hindrance, ExtensionFacts? Extension = null);

/// <summary>An access that somebody wants to extend, as the form starts with it.</summary>
/// <param name="Id">The request that it came from.</param>
/// <param name="What">Such as “edit in payments-prod”.</param>
/// <param name="Ticket">Its ticket; may be empty.</param>
/// <param name="Duration">How long it was asked for.</param>
/// <param name="EndsAt">When it ends, the first part of it if there are several; <see langword="null"/> when none is active.</param>
public sealed record ExtensionFacts(AccessRequestId Id, string What, string Ticket, TimeSpan Duration, DateTimeOffset? EndsAt);

/// <summary>One round of approval and whom it asks.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Approvals">How many distinct people must approve.</param>
/// <param name="Groups">Out of these groups.</param>
/// <param name="People">Those whom Lapse knows by their last sign-in, without the requester; at most <see cref="Approvers.Shown"/>.</param>
/// <param name="HasMore">Whether there are more of them.</param>
public sealed record AskedStage(string Name, int Approvals, IReadOnlyList<string> Groups, IReadOnlyList<string> People, bool HasMore)
{
    /// <summary>Whether Lapse knows too few people to complete it; others of the groups may still sign in.</summary>
    public bool IsShort => !HasMore && People.Count < Approvals;

    /// <summary>Such as “Bob or Carol” where one of them is enough.</summary>
    public string Whoever => !HasMore && People.Count > Approvals && People.Count > 1 ? string.Join(", ", People.Take(People.Count - 1)) + " or " + People[^1] : Who;

    /// <summary>Such as “Bob and Carol”, or “members of sre” when nobody of them has signed in yet.</summary>
    public string Who => People.Count == 0 ? $"members of {string.Join(" or ", Groups)}"
        : HasMore ? string.Join(", ", People) + " and others"
        : People.Count == 1 ? People[0]
        : string.Join(", ", People.Take(People.Count - 1)) + " and " + People[^1];
}
