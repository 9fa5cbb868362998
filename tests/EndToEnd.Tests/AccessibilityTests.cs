using System.Text.RegularExpressions;
using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>Every page at desktop width; beside the phone's and whatever else is tested in the browser, since most of it is axe's own work.</summary>
[Collection("every page on a desktop")]
public sealed class DesktopAccessibilityTests(LapseFixture lapse) : AccessibilityTests(lapse)
{
    [Fact]
    public Task EveryPage_OnADesktopInBothThemes_HasNoViolation() => CheckEveryPageAsync(phone: false);
}

/// <summary>Every page at phone width.</summary>
[Collection("every page on a phone")]
public sealed class PhoneAccessibilityTests(LapseFixture lapse) : AccessibilityTests(lapse)
{
    [Fact]
    public Task EveryPage_OnAPhoneInBothThemes_HasNoViolation() => CheckEveryPageAsync(phone: true);
}

/// <summary>Every page, in both themes: no violation of WCAG 2.1 AA by axe, and nothing to scroll sideways.</summary>
public abstract class AccessibilityTests(LapseFixture lapse)
{
    private readonly List<string> _problems = [];

    /// <summary>Looks at all of them and fails for what is wrong with any.</summary>
    protected async Task CheckEveryPageAsync(bool phone)
    {
        var developer = await lapse.WindowAsync(lapse.Person("Alice", "developers"), phone);
        await CheckAsync(developer, "/", "/catalogue");
        await developer.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" }).GetByText("Request access").ClickAsync();
        // No document is loaded on the way, so only the address says that the page is there.
        await Expect(developer.Page).ToHaveURLAsync(new Regex(@"/requests/new\?role=.+$"));
        await CheckAsync(developer, developer.Page.Url);
        await developer.Field("Reason").FillAsync("The payment queue is stuck");
        await developer.Button("Submit request").ClickAsync();
        await Expect(developer.Button("Continue").Or(developer.Link("Continue"))).ToBeVisibleAsync();
        await ScanAsync(developer, "the page that is confirmed");
        await developer.StepUpAsync();
        await developer.Page.WaitForURLAsync("**/requests/*-*");
        var waiting = new Uri(developer.Page.Url).AbsolutePath;
        await CheckAsync(developer, waiting);
        await developer.AskAsync("Edit payments in staging");
        await Expect(developer.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await ScanAsync(developer, "a request with active access");
        // Home and Access are full now; the menus are open once.
        await CheckAsync(developer, "/", "/requests", "/approvals", "/access", "/no-such-page");
        if (!phone)
        {
            await developer.Page.Locator("[data-opens-keys]").ClickAsync();
            await ScanAsync(developer, "the keyboard's help");
            await developer.Page.Keyboard.PressAsync("Escape");
        }
        await developer.Page.Locator(".person-btn").ClickAsync();
        await ScanAsync(developer, "the person's menu");
        foreach (var address in new[] { "/sign-out", "/signed-out", "/denied?why=provider", "/error", "/status/429" })
        {
            await developer.Page.GotoAsync(address);
            await ScanAsync(developer, address);
        }
        await developer.CloseAsync();

        var approver = await lapse.WindowAsync(lapse.Person("Bob", "developers"), phone);
        await CheckAsync(approver, "/approvals", waiting);
        await approver.CloseAsync();

        var admin = await lapse.WindowAsync(lapse.Person("Dana", "lapse-admins"), phone);
        await CheckAsync(
            admin, "/ledger", "/access?whose=all", "/requests?whose=everybody", "/admin/clusters", "/admin/clusters/new",
            "/admin/catalogue", "/admin/catalogue?show=workflows", "/admin/catalogue/entries/new", "/admin/catalogue/workflows/new", "/admin/people", "/admin/provider", "/admin/emergency", "/admin/hold");
        await admin.OpenAsync("/admin/catalogue");
        await admin.Link("Edit payments in production").ClickAsync();
        await Expect(admin.Page).ToHaveURLAsync(new Regex("/admin/catalogue/entries/[^/]+-[^/]+$"));
        await CheckAsync(admin, admin.Page.Url);
        await CheckAsync(
            admin, "/rbac/sandbox/matrix", "/rbac/sandbox/paths?q=ci/deployer", "/rbac/sandbox/history", "/rbac/sandbox/report?check=LR001", "/rbac/sandbox/subjects/serviceaccount?name=ci/deployer",
            "/rbac/sandbox/just-in-time", "/rbac/sandbox/just-in-time/new?binding=RoleBinding%20monitoring/erin-edit");
        // What is folded reaches further than the rest.
        await admin.Page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(fold => fold.open = true)");
        await ScanAsync(admin, "a proposal with all that it unfolds");
        await admin.OpenAsync("/admin/people");
        await admin.Page.Locator(".people .unfold").First.ClickAsync();
        await Expect(admin.Page.Locator(".standing-access")).ToBeVisibleAsync();
        await ScanAsync(admin, "what stands in a person's name");
        // With an answer, an unfolded finding and its form.
        await admin.OpenAsync("/rbac/sandbox?check=LR001&verb=create&resource=clusterroles");
        await admin.Page.Locator(".findings .unfold").First.ClickAsync();
        await admin.Page.Locator(".accept summary").First.ClickAsync();
        await ScanAsync(admin, "the audit");
        await admin.CloseAsync();
        Accessibility.AssertNone(_problems);
    }

    private async Task CheckAsync(Window window, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            await window.OpenAsync(address);
            await Expect(window.Page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
            await ScanAsync(window, address);
        }
    }

    // The page follows the system's theme while it is open, so each is loaded once and looked at twice.
    private async Task ScanAsync(Window window, string what)
    {
        foreach (var theme in new[] { ColorScheme.Dark, ColorScheme.Light })
        {
            await window.Page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", theme == ColorScheme.Dark ? "dark" : "light");
            _problems.AddRange(await Accessibility.ProblemsAsync(window, $"{what}, {theme}", onlyColours: theme == ColorScheme.Light));
        }
    }
}
