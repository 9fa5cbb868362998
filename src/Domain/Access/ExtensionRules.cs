using Lapse.Domain.Catalogue;

namespace Lapse.Domain.Access;

/// <summary>
/// What must hold for a request to extend the access of an earlier one. An extension is a request like any other, with its own
/// step-up, approvals and evidence; these rules come on top.
/// </summary>
public static class ExtensionRules
{
    /// <summary>Somebody ended the earlier access on purpose, so nothing that only extends it brings it back.</summary>
    public static readonly Refusal EndedOnPurpose = new(
        "ExtendedAccessEnded", "The access that this extends was ended on purpose, so it cannot be extended. If it is still needed, it has to be asked for anew.");

    /// <summary>The first rule that stands against extending; <see langword="null"/> if none.</summary>
    /// <param name="earlier">The request whose access is extended.</param>
    /// <param name="grants">All its grants.</param>
    /// <param name="person">Who asks.</param>
    public static Refusal? CheckEarlier(AccessRequest earlier, IReadOnlyCollection<Grant> grants, PersonId person)
    {
        // The same words whether there is no such request or it is somebody else's.
        if (earlier.RequesterId != person) return new("RequestUnknown", "There is no such request, or it is not yours to see.", "/requests");
        if (CheckEnds(grants) is { } ended) return ended;
        return earlier.Status == RequestStatus.Approved && grants.Any(g => g.Status == GrantStatus.Active)
            ? null
            : new("ExtensionOfNothing", "That access is not active, so there is nothing to extend. Ask for it anew.", $"/requests/new?role={earlier.ElevatedRoleId}");
    }

    /// <summary>That an extension asks for exactly what the earlier request gave, under the same entry, and from now.</summary>
    /// <param name="earlier">The request whose access is extended.</param>
    /// <param name="entry">The entry version that the extension is made under.</param>
    /// <param name="namespaces">The namespaces that it asks for.</param>
    /// <param name="wantedStart">The start that it asks for.</param>
    public static Refusal? CheckContent(AccessRequest earlier, ElevatedRoleVersion entry, IReadOnlyCollection<string> namespaces, DateTimeOffset? wantedStart)
    {
        if (wantedStart is not null) return new("StartOfExtension", "An extension begins as soon as it is approved. Ask for a later start with a request of its own.");
        return entry.ElevatedRoleId == earlier.ElevatedRoleId && entry.ClusterId == earlier.ClusterId && entry.Role == earlier.Role
            && namespaces.ToHashSet(StringComparer.Ordinal).SetEquals(earlier.Namespaces) && earlier.Namespaces.All(entry.Namespaces.Contains) && earlier.IsClusterWide == entry.IsClusterWide
            ? null
            : new("ExtensionDiffers", "The catalogue entry is for something else now, so this access cannot be extended. Ask for what the entry gives now.", $"/requests/new?role={entry.ElevatedRoleId}");
    }

    /// <summary>That nobody ended the earlier access on purpose. That its time is over, or that an extension took over, is no reason against.</summary>
    /// <param name="grants">The grants of the earlier request; in one place, where one place is concerned.</param>
    public static Refusal? CheckEnds(IEnumerable<Grant> grants) => grants.Any(g => g.EndReason is { } reason && IsOnPurpose(reason)) ? EndedOnPurpose : null;

    /// <summary>Whether an end of this kind says that somebody did not want the access to go on.</summary>
    public static bool IsOnPurpose(EndReason reason) => reason switch
    {
        EndReason.Dropped or EndReason.Revoked or EndReason.RemovedOutsideLapse or EndReason.Altered => true,
        EndReason.Expired or EndReason.Superseded => false,
    };

    /// <summary>The ends that say so.</summary>
    public static IReadOnlyList<EndReason> OnPurpose { get; } = [.. Enum.GetValues<EndReason>().Where(IsOnPurpose)];
}
