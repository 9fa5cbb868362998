using System.Security.Claims;
using Lapse.Domain.People;

namespace Lapse.Portal.Components.Viewer;

/// <summary>
/// Who is looking, as of their sign-in. Decides what is shown, never what is allowed: each act asks again on the server,
/// from the groups in its own step-up.
/// </summary>
/// <param name="Name">How the person is known.</param>
/// <param name="UserName">The name that the provider gives them.</param>
/// <param name="Groups">The groups at sign-in.</param>
/// <param name="IsAdmin">Whether the pages for administrators are shown.</param>
/// <param name="IsAuditor">Whether the pages for auditors are shown.</param>
public sealed record ViewerContext(
    string Name,
    string UserName,
    IReadOnlySet<string> Groups,
    bool IsAdmin,
    bool IsAuditor)
{
    /// <summary>Nobody: what is shown to somebody who has not signed in.</summary>
    public static ViewerContext Nobody { get; } = new("", "", new HashSet<string>(), false, false);

    /// <summary>Whether the ledger and the audit are shown.</summary>
    public bool SeesLedger => IsAdmin || IsAuditor;

    /// <summary>Reads the claims <c>name</c>, <c>preferred_username</c> and <c>groups</c> of the sign-in.</summary>
    /// <param name="person">The signed-in person; anybody else is <see cref="Nobody"/>.</param>
    /// <param name="groups">The groups that make somebody an administrator or auditor.</param>
    public static ViewerContext From(ClaimsPrincipal person, PortalGroups groups)
    {
        if (person.Identity is not { IsAuthenticated: true } identity)
        {
            return Nobody;
        }

        var userName = person.FindFirst("preferred_username")?.Value
            ?? person.FindFirst("email")?.Value
            ?? identity.Name
            ?? person.FindFirst("sub")?.Value
            ?? "";
        var held = person.FindAll("groups").Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal);
        return new ViewerContext(
            person.FindFirst("name")?.Value ?? userName,
            userName,
            held,
            groups.IsAdmin(held),
            groups.IsAuditor(held));
    }
}
