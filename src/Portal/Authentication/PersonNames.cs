using System.Globalization;
using System.Text.Json;
using Lapse.Infrastructure.Oidc;

namespace Lapse.Portal.Authentication;

/// <summary>What a token calls a person.</summary>
internal static class PersonNames
{
    private const int LongestName = 300;

    /// <summary>The name among people, and what the person types to sign in.</summary>
    public static (string Name, string UserName) Of(VerifiedToken token)
    {
        var userName = Text(token, "preferred_username") ?? Text(token, "email") ?? token.Claims.Subject;
        return (Cut(Text(token, "name") ?? userName), Cut(userName));
    }

    private static string? Text(VerifiedToken token, string name) =>
        token.All.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    // Invisible and control characters would let two people look alike in a list.
    private static string Cut(string text)
    {
        var plain = new string([.. text.Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format)]).Trim();
        return plain.Length <= LongestName ? plain : plain[..LongestName];
    }
}
