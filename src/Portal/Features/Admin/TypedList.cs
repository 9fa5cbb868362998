namespace Lapse.Portal.Features.Admin;

/// <summary>Reads names that are typed into one field.</summary>
internal static class TypedList
{
    private static readonly char[] Between = [',', ';', ' ', '\t', '\r', '\n'];

    /// <summary>The names between commas and spaces, in the order in which they were typed.</summary>
    public static IReadOnlyList<string> Split(string typed) => typed.Split(Between, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The names between commas; groups of some providers have spaces in them.</summary>
    public static IReadOnlyList<string> SplitGroups(string typed) => typed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
