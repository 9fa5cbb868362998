using System.Globalization;

namespace Lapse.Domain.Text;

/// <summary>One way to write a moment into what is hashed or signed: UTC, cut to the microsecond that PostgreSQL keeps.</summary>
public static class CanonicalTime
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>Such as <c>2026-11-24T19:41:13.000000Z</c>.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>Reads exactly what <see cref="Text"/> writes; <see langword="null"/> for anything else.</summary>
    public static DateTimeOffset? Read(string text) =>
        DateTimeOffset.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>The same moment without what the database would not keep.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return new(utc.Ticks - utc.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    }
}
