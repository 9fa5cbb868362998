using System.Globalization;

namespace Lapse.Domain.Text;

/// <summary>One way to write a moment into what is hashed or signed: UTC, cut to the microsecond that PostgreSQL keeps.</summary>
public static class CanonicalTime
{
    /// <summary>Such as <c>2026-11-24T19:41:13.000000Z</c>.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The same moment without what the database would not keep.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return new(utc.Ticks - utc.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    }
}
