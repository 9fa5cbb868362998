using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Lapse.Portal.Components.Elements;

/// <summary>Reads the lengths of time that people type. <see cref="Domain.Words.Duration"/> is the way back.</summary>
public static partial class DurationInput
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>
    /// Reads <c>1h30m</c>, <c>45 min</c>, <c>1 hour 30 minutes</c>, <c>1.5h</c>, ISO 8601's <c>PT1H30M</c>, or a bare
    /// number of minutes.
    /// </summary>
    /// <param name="text">What somebody typed.</param>
    /// <param name="duration">A length above zero, at most about ten years; otherwise zero.</param>
    /// <returns>Whether it could be read.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is not { Length: <= 64 } || text.Trim() is not { Length: > 0 } trimmed)
        {
            return false;
        }

        var read = trimmed[0] is 'P' or 'p' ? ReadIso(trimmed) : ReadWords(trimmed);
        if (read is not { } found || found <= TimeSpan.Zero || found > Longest)
        {
            return false;
        }

        duration = found;
        return true;
    }

    private static TimeSpan? ReadIso(string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text.ToUpperInvariant());
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }

    private static TimeSpan? ReadWords(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes <= Longest.TotalMinutes)
        {
            return TimeSpan.FromMinutes(minutes);
        }

        var match = WordsPattern().Match(text);
        if (!match.Success)
        {
            return null;
        }

        double seconds = 0;
        foreach (var (group, length) in new[] { ("d", 86_400d), ("h", 3_600d), ("m", 60d), ("s", 1d) })
        {
            if (match.Groups[group] is { Success: true } part)
            {
                seconds += double.Parse(part.Value.Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * length;
            }
        }

        return seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(Math.Round(seconds)) : null;
    }

    [GeneratedRegex(
        @"^(?:(?<d>\d{1,6}(?:[.,]\d{1,3})?)\s*d(?:ays?)?[\s,]*)?(?:(?<h>\d{1,6}(?:[.,]\d{1,3})?)\s*h(?:ours?|rs?)?[\s,]*)?(?:(?<m>\d{1,6}(?:[.,]\d{1,3})?)\s*m(?:in(?:ute)?s?)?[\s,]*)?(?:(?<s>\d{1,6})\s*s(?:ec(?:ond)?s?)?)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex WordsPattern();
}
