using Lapse.Domain.Rbac.Findings;
using Microsoft.AspNetCore.WebUtilities;

namespace Lapse.Portal.Features.Rbac;

/// <summary>The filter of findings as it stands in an address; the same for the list, the report and the exports.</summary>
internal static class FindingAddress
{
    /// <summary>The names of an address that a filter is made of.</summary>
    public static IReadOnlyList<string> Names { get; } = ["severity", "check", "subject", "namespace", "q", "show", "new"];

    /// <summary>Reads a filter. What is not understood filters nothing, but a severity that there is not finds nothing less than all.</summary>
    /// <param name="value">The value of a name; <see langword="null"/> if the address has none.</param>
    public static FindingFilter Read(Func<string, string?> value)
    {
        string Text(string name) => (value(name) ?? "").Trim();
        var asked = Text("severity").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new FindingFilter(
            [.. RbacWords.Severities.Where(severity => asked.Contains(RbacWords.Lower(severity), StringComparer.OrdinalIgnoreCase))],
            Text("check"), Text("subject"), Text("namespace"), Text("q"),
            Text("show") switch { "accepted" => FindingStanding.Accepted, "all" => FindingStanding.Standing, "gone" => FindingStanding.Gone, _ => FindingStanding.Open },
            Text("new") == "1");
    }

    /// <summary>An address with a filter.</summary>
    public static string Of(string path, FindingFilter filter)
    {
        var parts = new Dictionary<string, string?>();
        void Add(string name, string value)
        {
            if (value.Length > 0) parts[name] = value;
        }

        Add("severity", string.Join(',', filter.Severities.Select(RbacWords.Lower)));
        Add("check", filter.Check);
        Add("subject", filter.Subject);
        Add("namespace", filter.Namespace);
        Add("q", filter.Text);
        Add("show", filter.Standing switch { FindingStanding.Accepted => "accepted", FindingStanding.Standing => "all", FindingStanding.Gone => "gone", FindingStanding.Open => "" });
        Add("new", filter.OnlyNew ? "1" : "");
        return QueryHelpers.AddQueryString(path, parts);
    }

    /// <summary>Whether two filters ask for the same; records do not compare what is in a list.</summary>
    public static bool AreSame(FindingFilter one, FindingFilter other) => Of("", one) == Of("", other);

    /// <summary>Whether anything but the severity and the standing is chosen, which have chips of their own.</summary>
    public static bool IsNarrow(FindingFilter filter) =>
        filter.OnlyNew || filter.Check.Length > 0 || filter.Subject.Length > 0 || filter.Namespace.Length > 0 || filter.Text.Length > 0;
}
