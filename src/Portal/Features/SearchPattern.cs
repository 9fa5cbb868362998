namespace Lapse.Portal.Features;

/// <summary>What somebody searches for, as a pattern of SQL's LIKE in which nothing that was typed is a wildcard.</summary>
internal static class SearchPattern
{
    /// <summary>The escape character that the comparison has to name.</summary>
    public const string Escape = @"\";

    /// <summary>A pattern for everything that has this text in it.</summary>
    public static string Containing(string text) =>
        $"%{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";
}
