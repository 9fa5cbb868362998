using System.Net;
using System.Text.RegularExpressions;

namespace Lapse.Sandbox;

/// <summary>What the provider answered: a page, or the address that it sends the browser to.</summary>
/// <param name="Address">The address of the page, or the one outside of the provider that the browser is sent to.</param>
/// <param name="Status">The status code.</param>
/// <param name="Html">The page's markup; empty when the browser was sent away.</param>
public sealed partial record ProviderPage(Uri Address, HttpStatusCode Status, string Html)
{
    /// <summary>The browser was sent away from the provider.</summary>
    public bool IsAway => Status is HttpStatusCode.Found;

    /// <summary>It asks for user name and password.</summary>
    public bool AsksPassword => Html.Contains("name=\"Password\"", StringComparison.Ordinal);

    /// <summary>It asks for a one-time code.</summary>
    public bool AsksCode => Html.Contains("name=\"Code\"", StringComparison.Ordinal);

    /// <summary>Why the last answer did not do; <see langword="null"/> when nothing was wrong.</summary>
    public string? Error => ErrorPattern().Match(Html) is { Success: true } m ? WebUtility.HtmlDecode(m.Groups["text"].Value) : null;

    /// <summary>The hidden fields of the page's form.</summary>
    public IReadOnlyDictionary<string, string> HiddenFields => HiddenPattern().Matches(Html)
        .ToDictionary(m => WebUtility.HtmlDecode(m.Groups["name"].Value), m => WebUtility.HtmlDecode(m.Groups["value"].Value));

    [GeneratedRegex("<p class=\"error\"[^>]*>(?<text>[^<]*)</p>")]
    private static partial Regex ErrorPattern();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex HiddenPattern();
}
