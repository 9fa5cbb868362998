using System.Text.RegularExpressions;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>
/// Finds JSON web tokens, whole or cut: each part but the signature is base64url of JSON (RFC 7515, section 3.1). The first three
/// characters alone would be found by chance in what is exported, which has the random ids of a hundred thousand spans as bytes.
/// </summary>
internal static partial class TokenText
{
    /// <summary>Whether there is one.</summary>
    public static bool IsIn(string text) => Start().IsMatch(text);

    [GeneratedRegex("eyJ[A-Za-z0-9_-]{16}")]
    private static partial Regex Start();
}
