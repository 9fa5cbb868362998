using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Lapse.EndToEnd.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>WCAG 2.1 AA by axe on every page, in both themes, at desktop and phone width; and nothing to scroll sideways.</summary>
[Collection("browser")]
public sealed class AccessibilityTests(LapseFixture lapse)
{
    private static readonly string[] Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task EveryPage_InThisThemeAndWidth_HasNoViolation(bool phone, bool dark)
    {
        List<string> problems = [];
        var developer = lapse.Person("Alice", "developers");
        var window = await lapse.WindowAsync(developer, phone, dark);
        await CheckAsync(window, "/", problems);
        await CheckAsync(window, "/catalogue", problems);
        await window.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" }).GetByText("Request access").ClickAsync();
        await window.Page.WaitForURLAsync("**/requests/new?role=*");
        await CheckAsync(window, window.Page.Url, problems);
        await window.Field("Reason").FillAsync("The payment queue is stuck");
        await window.Button("Submit request").ClickAsync();
        await Expect(window.Button("Continue").Or(window.Link("Continue"))).ToBeVisibleAsync();
        await ScanAsync(window, "/step-up", problems);
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/requests/*-*");
        await CheckAsync(window, window.Page.Url, problems);
        foreach (var address in new[] { "/requests", "/approvals", "/access", "/no-such-page" }) await CheckAsync(window, address, problems);
        await window.Page.GotoAsync("/sign-out");
        await ScanAsync(window, "/sign-out", problems);
        await window.CloseAsync();

        var admin = await lapse.WindowAsync(lapse.Person("Dana", "lapse-admins"), phone, dark);
        foreach (var address in new[] { "/ledger", "/admin/clusters", "/admin/catalogue", "/admin/people", "/admin/provider", "/access" }) await CheckAsync(admin, address, problems);
        await admin.CloseAsync();
        Assert.Empty(problems);
    }

    private static async Task CheckAsync(Window window, string address, List<string> problems)
    {
        await window.OpenAsync(address);
        await window.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await ScanAsync(window, address, problems);
    }

    private static async Task ScanAsync(Window window, string address, List<string> problems)
    {
        var result = await window.Page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. Rules] } });
        problems.AddRange(result.Violations.Select(v => $"{address}: {v.Id}: {v.Help} ({string.Join(", ", v.Nodes.Select(n => n.Html).Take(3))})"));
        if (await window.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth")) problems.Add($"{address}: scrolls sideways");
    }
}
