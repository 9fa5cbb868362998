using System.Globalization;
using Lapse.Domain.Text;

namespace Lapse.Portal.Features.Ledger;

/// <summary>The ledger's filters in an address: <c>act</c>, <c>actor</c>, <c>subject</c>, and <c>from</c> and <c>to</c> as moments in UTC (RFC 3339).</summary>
public static class LedgerAddress
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    /// <summary>Reads the filters.</summary>
    /// <param name="value">The value of a name in the address; <see langword="null"/> where there is none.</param>
    /// <param name="filter">The filters; a time that is none is left out.</param>
    /// <returns>Whether everything could be read.</returns>
    public static bool TryRead(Func<string, string?> value, out LedgerFilter filter)
    {
        var understood = TryMoment(value("from"), out var from) & TryMoment(value("to"), out var to);
        filter = new((value("act") ?? "").Trim(), (value("actor") ?? "").Trim(), (value("subject") ?? "").Trim(), from, to);
        return understood;
    }

    /// <summary>The filters as names and values; <see langword="null"/> for what is not set.</summary>
    public static IReadOnlyDictionary<string, object?> Write(LedgerFilter filter) => new Dictionary<string, object?>
    {
        ["act"] = filter.Act.Length == 0 ? null : filter.Act,
        ["actor"] = filter.Actor.Length == 0 ? null : filter.Actor,
        ["subject"] = filter.Subject.Length == 0 ? null : filter.Subject,
        ["from"] = Text(filter.From),
        ["to"] = Text(filter.To),
    };

    /// <summary>A local address with these filters.</summary>
    public static string Of(string path, LedgerFilter filter) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(path, Write(filter).Where(p => p.Value is not null).ToDictionary(p => p.Key, p => (string?)p.Value));

    private static string? Text(DateTimeOffset? moment) => moment is { } at ? CanonicalTime.Text(at).Replace(".000000Z", "Z", StringComparison.Ordinal) : null;

    private static bool TryMoment(string? text, out DateTimeOffset? moment)
    {
        moment = null;
        if (string.IsNullOrWhiteSpace(text)) return true;
        if (!DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)) return false;
        moment = read;
        return true;
    }
}
