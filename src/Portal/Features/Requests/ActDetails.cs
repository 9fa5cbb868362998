using System.Globalization;
using Lapse.Domain.Access;

namespace Lapse.Portal.Features.Requests;

/// <summary>Everything that an act about a request commits to, for the page that is confirmed. That page has no circuit to ask for the viewer's zone, so its times are in UTC.</summary>
internal static class ActDetails
{
    public static IReadOnlyList<(string Label, string Value)> Of(AccessRequest request, (string Label, string Value)? first = null, string comment = "") =>
    [
        .. first is { } before ? [before] : Array.Empty<(string, string)>(),
        ("Role", request.Role.ToString()),
        ("Where", RequestWords.Where(request.Namespaces)),
        ("As", request.ClusterUserName),
        ("From", request.WantedStart is { } start ? start.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) : "as soon as it is approved"),
        ("Reason", request.Reason),
        .. request.Ticket.Length > 0 ? [("Ticket", request.Ticket)] : Array.Empty<(string, string)>(),
        .. comment.Length > 0 ? [("Your comment", comment)] : Array.Empty<(string, string)>(),
    ];
}
