using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Xunit;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>WCAG 2.1 AA by axe, and nothing to scroll sideways.</summary>
internal static class Accessibility
{
    // What another theme can make wrong; names, roles and order are the same in each.
    private static readonly string[] Colours = ["color-contrast", "link-in-text-block"];

    private static readonly string[] Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

    /// <summary>Fails for whatever is wrong with the page as it is now.</summary>
    public static async Task AssertAsync(Window window, string what) => AssertNone(await ProblemsAsync(window, what));

    /// <summary>Fails with all of them, in full.</summary>
    public static void AssertNone(IReadOnlyCollection<string> problems) => Assert.True(problems.Count == 0, string.Join("\n", problems));

    /// <summary>Looks at the page as it is now.</summary>
    /// <param name="window">The window.</param>
    /// <param name="what">The page, in words.</param>
    /// <param name="onlyColours">It was looked at as a whole in another theme.</param>
    /// <returns>What is wrong; empty if nothing is.</returns>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(Window window, string what, bool onlyColours = false)
    {
        var rules = onlyColours ? new RunOnlyOptions { Type = "rule", Values = [.. Colours] } : new RunOnlyOptions { Type = "tag", Values = [.. Rules] };
        var result = await window.Page.RunAxe(new AxeRunOptions { RunOnly = rules });
        List<string> problems = [.. result.Violations.Select(v => $"{what}: {v.Id}: {v.Help} ({string.Join(", ", v.Nodes.Select(n => n.Html).Take(3))})")];
        if (await window.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth")) problems.Add($"{what}: scrolls sideways");
        return problems;
    }
}
