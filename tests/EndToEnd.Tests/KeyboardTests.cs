using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>The keys that <c>?</c> lists do what it says, and nothing while somebody types.</summary>
[Collection("browser")]
public sealed class KeyboardTests(LapseFixture lapse)
{
    [Fact]
    public async Task Keys_Everywhere_GoSearchAndHelp()
    {
        var window = await lapse.WindowAsync(lapse.Person("Dana", "developers", "lapse-admins"));
        var (page, help) = (window.Page, window.Page.Locator("#keys-help"));
        var search = page.Locator("#catalogue-search");

        foreach (var (key, heading) in new[] { ("c", "Catalogue"), ("r", "Requests"), ("p", "Approvals"), ("a", "Access"), ("l", "Ledger"), ("b", "What RBAC gives away in Sandbox"), ("k", "Clusters"), ("h", "Home") })
        {
            await PressAsync(page, "g", key);
            await Expect(window.Heading).ToHaveTextAsync(heading);
        }

        // From any page / leads into the field of the search; there it does so, too.
        await PressAsync(page, "/");
        await Expect(window.Heading).ToHaveTextAsync("Catalogue");
        await Expect(search).ToBeFocusedAsync();
        await search.BlurAsync();
        await PressAsync(page, "/");
        await Expect(search).ToBeFocusedAsync();
        // In the field keys are letters.
        await PressAsync(page, "g", "h", "?");
        await Expect(search).ToHaveValueAsync("gh?");
        await Expect(window.Heading).ToHaveTextAsync("Catalogue");
        await Expect(help).ToBeHiddenAsync();

        await search.BlurAsync();
        var opener = page.Locator("[data-opens-keys]");
        await opener.FocusAsync();
        await PressAsync(page, "?");
        await Expect(help).ToBeVisibleAsync();
        await Expect(help).ToContainTextAsync("Approve, on a request");
        // Behind an open dialog nothing moves; closed, the focus is where it was.
        await PressAsync(page, "g", "h");
        await Expect(help).ToBeVisibleAsync();
        await Expect(window.Heading).ToHaveTextAsync("Catalogue");
        await PressAsync(page, "Escape");
        await Expect(help).ToBeHiddenAsync();
        await Expect(opener).ToBeFocusedAsync();
        await window.CloseAsync();
    }

    [Fact]
    public async Task Keys_OnARequest_ApproveThroughTheStepUpAndDeny()
    {
        var asking = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        var request = await asking.AskAsync("Edit payments in production");
        var deciding = await lapse.WindowAsync(lapse.Person("Bob", "developers"));
        await deciding.OpenAsync($"/requests/{request}");

        // On one's own request they do nothing.
        await PressAsync(asking.Page, "a", "d");
        await Expect(asking.State).ToContainTextAsync("Awaiting approval");

        await deciding.Field("Comment").FocusAsync();
        await deciding.Page.Keyboard.TypeAsync("add a day");
        await Expect(deciding.Field("Comment")).ToHaveValueAsync("add a day");
        await deciding.Field("Comment").BlurAsync();
        await PressAsync(deciding.Page, "a");
        await deciding.Page.WaitForURLAsync("**/step-up/*");
        await Expect(deciding.Page.GetByText("add a day")).ToBeVisibleAsync();
        await deciding.Button("Cancel").ClickAsync();
        await Expect(deciding.State).ToContainTextAsync("Awaiting approval");
        await Expect(deciding.Button("Deny")).ToBeVisibleAsync();
        await PressAsync(deciding.Page, "d");
        await Expect(deciding.State).ToContainTextAsync("Denied");
        await Expect(asking.State).ToContainTextAsync("Denied");
        await asking.CloseAsync();
        await deciding.CloseAsync();
    }

    [Fact]
    public async Task Typing_FasterThanTheServerAnswers_LosesNothing()
    {
        const string text = "The payment queue is stuck since the deployment of half past nine, see the dashboard";
        var window = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        await window.OpenAsync("/catalogue?q=payments");
        await window.Page.Locator("#catalogue-search").PressAsync("End");
        await window.Page.Locator("#catalogue-search").PressSequentiallyAsync(" in production");
        await Expect(window.Page.Locator("#catalogue-search")).ToHaveValueAsync("payments in production");
        await window.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" }).GetByText("Request access").ClickAsync();
        await window.Field("Reason").PressSequentiallyAsync(text);
        await window.Field("Duration").FillAsync("");
        await window.Field("Duration").PressSequentiallyAsync("25 minutes");
        await window.Field("Ticket").PressSequentiallyAsync("OPS-4711");
        await Expect(window.Field("Reason")).ToHaveValueAsync(text);
        await window.Button("Submit request").ClickAsync();
        await window.Page.WaitForURLAsync("**/step-up/*");
        foreach (var typed in new[] { text, "OPS-4711", "for 25 minutes" }) await Expect(window.Page.GetByText(typed)).ToBeVisibleAsync();
        await window.CloseAsync();
    }

    [Fact]
    public async Task Search_IsInTheAddress_AndShowEverythingEmptiesIt()
    {
        var window = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        await window.OpenAsync("/catalogue");
        var search = window.Page.Locator("#catalogue-search");
        await search.PressSequentiallyAsync("nowhere at all");
        await window.Page.WaitForURLAsync("**/catalogue?q=nowhere+at+all");
        await window.Page.GetByText("Show everything").ClickAsync();
        await Expect(search).ToHaveValueAsync("");
        await Expect(search).ToBeFocusedAsync();
        await Expect(window.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" })).ToBeVisibleAsync();
        await window.Page.WaitForURLAsync("**/catalogue");
        await window.CloseAsync();
    }

    private static async Task PressAsync(IPage page, params string[] keys)
    {
        foreach (var key in keys) await page.Keyboard.PressAsync(key);
    }
}
