using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>What happens to the open page of somebody who is shut out.</summary>
[Collection("browser")]
public sealed class ShutOutTests(LapseFixture lapse)
{
    [Fact]
    public async Task OpenPage_OfSomebodyWhoIsDisabled_EndsByItselfAndOthersStay()
    {
        var goes = await lapse.WindowAsync(lapse.Person("Mallory", "developers"));
        var stays = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        var admin = await lapse.WindowAsync(lapse.Person("Dana", "lapse-admins"));
        foreach (var window in new[] { goes, stays }) await WriteAsync(window);

        await admin.OpenAsync($"/admin/people?q={goes.Person.UserName}");
        await admin.Button($"Disable {goes.Person.Name}").ClickAsync();
        await admin.Page.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = $"Disable {goes.Person.Name}" }).ClickAsync();
        await Expect(admin.Button($"Disable {goes.Person.Name}")).ToHaveCountAsync(0);

        // Nobody clicks: the circuit finds out by itself, and its page leaves for the sign-in, which lets nobody in.
        await goes.Page.WaitForURLAsync("**/denied**");
        await Expect(goes.Page.GetByText("Your account is disabled in Lapse.")).ToBeVisibleAsync();
        // Somebody else's circuit was asked about as often, and still answers.
        await Expect(stays.Field("Reason")).ToHaveValueAsync("Half a sentence");
        await stays.Button("Submit request").ClickAsync();
        await stays.Page.WaitForURLAsync("**/step-up/*");
        await Expect(stays.Page.GetByText("Half a sentence")).ToBeVisibleAsync();
        foreach (var window in new[] { stays, admin }) await window.CloseAsync();
        await goes.Page.Context.CloseAsync();
    }

    private static async Task WriteAsync(Window window)
    {
        await window.OpenAsync("/catalogue");
        var article = window.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" });
        await article.GetByRole(AriaRole.Button, new() { Name = "Request access" }).Or(article.GetByRole(AriaRole.Link, new() { Name = "Request access" })).ClickAsync();
        await window.Field("Reason").FillAsync("Half a sentence");
        await window.Field("Ticket").FillAsync("OPS-42");
    }
}
