using System.Text.RegularExpressions;
using Lapse.Portal.Components;

namespace Lapse.Portal.Authentication;

/// <summary>Where somebody lands whom a sign-in refused: with a word for why, and the number that the log has.</summary>
internal static partial class DeniedAddress
{
    /// <summary>The page's address.</summary>
    /// <param name="why">One of the words that the page knows.</param>
    /// <param name="number">The number in the log (<see cref="Components.Elements.CorrelationId"/>).</param>
    public static string Of(string why, string number) => $"{PortalPaths.Denied}?why={why}&number={number}";

    /// <summary>A number as <see cref="Of"/> writes it. Anybody can write the address, so anything else is no number.</summary>
    public static string? Number(string? written) => written is not null && Shape().IsMatch(written) ? written : null;

    [GeneratedRegex("^[0-9a-f]{32}\\z")]
    private static partial Regex Shape();
}
