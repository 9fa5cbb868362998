using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Elements;

namespace Lapse.Portal.Features.Requests;

/// <summary>Which requests by where they stand.</summary>
public enum RequestFilter
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>Drafts and those that wait for their decision.</summary>
    Open,

    /// <summary>Approved.</summary>
    Approved,

    /// <summary>Denied, withdrawn or timed out.</summary>
    Closed,
}

/// <summary>Which part of the list of requests.</summary>
/// <param name="Filter">By where they stand.</param>
/// <param name="Everybody">Of everybody; only for those who may read everything, others get their own.</param>
/// <param name="After">Where the last part ended; <see langword="null"/> for the first.</param>
/// <param name="Take">How many.</param>
public sealed record RequestListAsk(RequestFilter Filter, bool Everybody, RequestCursor? After = null, int Take = RequestListAsk.Page)
{
    /// <summary>How many requests one part has.</summary>
    public const int Page = 50;
}

/// <summary>A place in the list, newest first.</summary>
public sealed record RequestCursor(DateTimeOffset At, Guid Id);

/// <summary>A part of the list.</summary>
/// <param name="Requests">The requests, newest first.</param>
/// <param name="Next">Where the next part begins; <see langword="null"/> when there is none.</param>
/// <param name="MaySeeEverybody">Whether this person may read those of everybody.</param>
public sealed record RequestListView(IReadOnlyList<RequestRow> Requests, RequestCursor? Next, bool MaySeeEverybody);

/// <summary>One request in a list.</summary>
/// <param name="Id">The request.</param>
/// <param name="Title">What its catalogue entry is called.</param>
/// <param name="What">Such as “edit in payments-prod”.</param>
/// <param name="Environment">How much hangs on the place.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="State">Where it stands, with its grants.</param>
/// <param name="At">When it was asked, or written down.</param>
/// <param name="Duration">For how long.</param>
public sealed record RequestRow(
    AccessRequestId Id, string Title, string What, ClusterEnvironment Environment, string Cluster, PersonFacts Requester, StateLook State, DateTimeOffset At, TimeSpan Duration);
