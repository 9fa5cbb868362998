using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Catalogue;

namespace Lapse.Portal.Features.Requests;

/// <summary>Which request.</summary>
/// <param name="Id">As the address has it.</param>
public sealed record RequestThreadAsk(string Id);

/// <summary>A person as pages name them.</summary>
/// <param name="Id">The person.</param>
/// <param name="Name">How they are known.</param>
/// <param name="UserName">What they type to sign in.</param>
public sealed record PersonFacts(PersonId Id, string Name, string UserName);

/// <summary>One request with everything that happened to it, as one person may see it.</summary>
public sealed record RequestThreadView
{
    /// <summary>The request.</summary>
    public required AccessRequestId Id { get; init; }

    /// <summary>The version that is shown, and that a decision would be about.</summary>
    public required int Version { get; init; }

    /// <summary>What the catalogue entry is called.</summary>
    public required string Title { get; init; }

    /// <summary>The catalogue entry, to ask again.</summary>
    public required ElevatedRoleId EntryId { get; init; }

    /// <summary>Where the request itself stands.</summary>
    public required RequestStatus Status { get; init; }

    /// <summary>Who asks.</summary>
    public required PersonFacts Requester { get; init; }

    /// <summary>Whether that is who looks.</summary>
    public required bool IsMine { get; init; }

    /// <summary>How much hangs on the place.</summary>
    public required ClusterEnvironment Environment { get; init; }

    /// <summary>Its cluster.</summary>
    public required ClusterGlance Cluster { get; init; }

    /// <summary>The role.</summary>
    public required RoleReference Role { get; init; }

    /// <summary>Where; empty means cluster-wide.</summary>
    public required IReadOnlyList<string> Namespaces { get; init; }

    /// <summary>What the role allowed when this version was asked.</summary>
    public required RoleFacts Facts { get; init; }

    /// <summary>How long.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>From when; <see langword="null"/> means as soon as it is approved.</summary>
    public DateTimeOffset? WantedStart { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>The ticket; may be empty.</summary>
    public required string Ticket { get; init; }

    /// <summary>What the requester is called in the cluster.</summary>
    public required string ClusterUserName { get; init; }

    /// <summary>Since when the request stands where it stands.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it gives up waiting.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The round of approval that waits; <see langword="null"/> when none does.</summary>
    public AskedStage? Waiting { get; init; }

    /// <summary>Approvals in that round so far.</summary>
    public int ApprovalsSoFar { get; init; }

    /// <summary>The grants, by namespace.</summary>
    public required IReadOnlyList<GrantView> Grants { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<ThreadEvent> Events { get; init; }

    /// <summary>What it extends; <see langword="null"/> for a request of its own.</summary>
    public ExtensionLink? Extends { get; init; }

    /// <summary>The request that extends it, waiting or approved; <see langword="null"/> if none does.</summary>
    public ExtensionLink? ExtendedBy { get; init; }

    /// <summary>What this person may try.</summary>
    public required ThreadRights Rights { get; init; }

    /// <summary>What helps to decide; <see langword="null"/> for whoever cannot.</summary>
    public DecisionAid? Aid { get; init; }

    /// <summary>A line that a terminal answers with “yes” while the access works, without its namespace; <see langword="null"/> if none is known.</summary>
    public string? CheckLine { get; init; }

    /// <summary>Its state in a word.</summary>
    public StateLook State => RequestState.Of(Status, Grants);
}

/// <summary>One thing that happened.</summary>
/// <param name="Key">Its place in the ledger; 0 for what the ledger does not have.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who; <see langword="null"/> for Lapse and the cluster, which the sentence names.</param>
/// <param name="Sentence">What, after the actor.</param>
/// <param name="Tone">What its colour means.</param>
/// <param name="Icon">Its icon.</param>
/// <param name="Quote">What the actor wrote.</param>
/// <param name="DetailsTitle">What unfolds.</param>
/// <param name="Details">Its lines.</param>
public sealed record ThreadEvent(
    long Key, DateTimeOffset At, PersonFacts? Actor, string Sentence, Tone Tone, string Icon, string? Quote,
    string DetailsTitle, IReadOnlyList<DetailLine> Details);

/// <summary>A label and its value.</summary>
public sealed record DetailLine(string Label, string Value);

/// <summary>What a person may try with a request; the server decides again at each act.</summary>
/// <param name="Submit">Confirm a draft.</param>
/// <param name="Withdraw">Take it back.</param>
/// <param name="Decide">Approve or deny.</param>
/// <param name="Drop">Give the access back.</param>
/// <param name="Revoke">Take the access away.</param>
/// <param name="WhyNotDecide">Why an approver cannot decide now; <see langword="null"/> where nothing is to be said.</param>
/// <param name="Extend">Ask for more time.</param>
/// <param name="Evidence">Have the evidence of what came of it.</param>
public sealed record ThreadRights(bool Submit, bool Withdraw, bool Decide, bool Drop, bool Revoke, string? WhyNotDecide, bool Extend = false, bool Evidence = false);

/// <summary>The other side of an extension.</summary>
/// <param name="Id">The request.</param>
/// <param name="MayOpen">Whether the viewer may see it: it may be governed by an older workflow.</param>
/// <param name="State">Where it stands.</param>
/// <param name="EndsAt">When its access ends; <see langword="null"/> when none of it is active.</param>
/// <param name="EndedOnPurpose">Whether somebody ended it, or a part of it, on purpose.</param>
public sealed record ExtensionLink(AccessRequestId Id, bool MayOpen, StateLook State, DateTimeOffset? EndsAt, bool EndedOnPurpose);

/// <summary>What helps to decide.</summary>
/// <param name="Earlier">The requester's last requests for the same entry, newest first.</param>
/// <param name="AddedSinceAsked">What the role gained between asking and now, already part of what is decided.</param>
/// <param name="AddedSinceShown">What the role gained since this version; approving would begin a new one first.</param>
public sealed record DecisionAid(IReadOnlyList<EarlierRequest> Earlier, IReadOnlyList<string> AddedSinceAsked, IReadOnlyList<string> AddedSinceShown);

/// <summary>An earlier request for the same entry.</summary>
/// <param name="Id">The request.</param>
/// <param name="At">When it was asked.</param>
/// <param name="State">What became of it.</param>
/// <param name="Reason">Why.</param>
public sealed record EarlierRequest(AccessRequestId Id, DateTimeOffset At, StateLook State, string Reason);
