using System.Globalization;

namespace Lapse.Domain;

/// <summary>Numbers in words, the same everywhere.</summary>
public static class Words
{
    /// <summary>A duration such as “1 hour 30 minutes”; seconds are said only below a minute.</summary>
    public static string Duration(TimeSpan duration)
    {
        if (duration < TimeSpan.FromMinutes(1)) return Count((int)duration.TotalSeconds, "second");
        List<string> parts = [];
        if (duration.Days > 0) parts.Add(Count(duration.Days, "day"));
        if (duration.Hours > 0) parts.Add(Count(duration.Hours, "hour"));
        if (duration.Minutes > 0) parts.Add(Count(duration.Minutes, "minute"));
        return string.Join(' ', parts);
    }

    /// <summary>A number with its noun, such as “1 approval” or “2 approvals”.</summary>
    public static string Count(long number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");
}
