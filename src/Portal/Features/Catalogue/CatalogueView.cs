using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>What of the catalogue is asked for.</summary>
/// <param name="Search">Words that the title, description, role, place or cluster contains; empty for all.</param>
/// <param name="After">Where the last part ended; <see langword="null"/> for the first.</param>
/// <param name="Take">How many entries.</param>
public sealed record CatalogueAsk(string Search, CatalogueCursor? After = null, int Take = CatalogueAsk.Page)
{
    /// <summary>How many entries one part has.</summary>
    public const int Page = 30;
}

/// <summary>A place in the catalogue, which is sorted by title.</summary>
public sealed record CatalogueCursor(string Title, Guid Id);

/// <summary>A part of the catalogue as one person may see it.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Next">Where the next part begins; <see langword="null"/> when there is none.</param>
public sealed record CatalogueView(IReadOnlyList<CatalogueItem> Entries, CatalogueCursor? Next);

/// <summary>An entry that this person may ask for.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">Where; empty means cluster-wide.</param>
/// <param name="Maximum">The longest that may be asked for.</param>
/// <param name="Approval">Who approves, in words.</param>
/// <param name="Facts">What the role allows.</param>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Open">This person's open request for it, if any.</param>
/// <param name="Hindrance">Why it cannot be asked for now; <see langword="null"/> when it can.</param>
public sealed record CatalogueItem(
    ElevatedRoleId Id, string Title, string Description, ClusterEnvironment Environment, RoleReference Role, IReadOnlyList<string> Namespaces,
    TimeSpan Maximum, string Approval, RoleFacts Facts, ClusterGlance Cluster, OpenRequest? Open, Refusal? Hindrance);

/// <summary>A request that is open for the same entry.</summary>
/// <param name="Id">The request.</param>
/// <param name="Status">Where it stands.</param>
public sealed record OpenRequest(AccessRequestId Id, RequestStatus Status);
