using System.Globalization;

namespace Lapse.Portal.Components.Elements;

/// <summary>Points in time in words.</summary>
public static class TimeWords
{
    /// <summary>
    /// How far a time is from now: <c>just now</c>, <c>5 minutes ago</c>, <c>in 2 hours</c>, <c>yesterday</c>; further
    /// than six days away, the date itself.
    /// </summary>
    /// <param name="at">The time.</param>
    /// <param name="now">Now.</param>
    /// <param name="zone">The viewer's zone, for what counts as yesterday and for the date.</param>
    public static string Relative(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone)
    {
        var distance = at - now;
        var past = distance < TimeSpan.Zero;
        var far = distance.Duration();
        if (far < TimeSpan.FromSeconds(45))
        {
            return past || far < TimeSpan.FromSeconds(5) ? "just now" : "in a moment";
        }

        if (far < TimeSpan.FromMinutes(59.5))
        {
            return Say(past, Math.Max(1, (int)Math.Round(far.TotalMinutes)), "minute");
        }

        if (far < TimeSpan.FromHours(21.5))
        {
            return Say(past, (int)Math.Round(far.TotalHours), "hour");
        }

        var days = DayOf(at, zone).DayNumber - DayOf(now, zone).DayNumber;
        return days switch
        {
            0 => Say(past, (int)Math.Round(far.TotalHours), "hour"),
            -1 => "yesterday",
            1 => "tomorrow",
            >= -6 and <= 6 => Say(past, Math.Abs(days), "day"),
            _ => TimeZoneInfo.ConvertTime(at, zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>A time to the second with its zone: <c>Tue 24 Nov 2026, 20:46:05 (Europe/Berlin, UTC+01:00)</c>.</summary>
    public static string Exact(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var text = local.ToString("ddd d MMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture);
        return zone.Equals(TimeZoneInfo.Utc)
            ? $"{text} (UTC)"
            : $"{text} ({zone.Id}, UTC{local.ToString("zzz", CultureInfo.InvariantCulture)})";
    }

    /// <summary>The form that a <c>time</c> element wants: RFC 3339 in UTC.</summary>
    public static string Machine(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>How long to wait, rounded up: <c>1 second</c>, <c>40 seconds</c>, <c>3 minutes</c>.</summary>
    public static string Wait(TimeSpan wait)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        var (count, unit) = seconds <= 90 ? (seconds, "second") : ((int)Math.Ceiling(seconds / 60.0), "minute");
        return count == 1 ? $"1 {unit}" : string.Create(CultureInfo.InvariantCulture, $"{count} {unit}s");
    }

    private static DateOnly DayOf(DateTimeOffset at, TimeZoneInfo zone) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    private static string Say(bool past, int count, string unit)
    {
        var words = count == 1 ? $"1 {unit}" : string.Create(CultureInfo.InvariantCulture, $"{count} {unit}s");
        return past ? $"{words} ago" : $"in {words}";
    }
}
