using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>The main job as people do it: from request to revoked, in browsers, on real parts.</summary>
[Collection("browser")]
public sealed class StoryTests(LapseFixture lapse)
{
    private static readonly LocatorAssertionsToContainTextOptions Cluster = new() { Timeout = 20_000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_RequestApproveUseDrop_GivesAccessForThatTimeOnly(bool phone)
    {
        var (alice, bob, carol, sam) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"), lapse.Person("Carol", "developers"), lapse.Person("Sam", "lapse-auditors"));
        Assert.False(await lapse.MayDeleteAsync(alice), "Alice can delete before anything was asked for.");
        var asking = await lapse.WindowAsync(alice, phone);
        var deciding = await lapse.WindowAsync(bob, phone);
        var looking = await lapse.WindowAsync(carol, phone);
        var reading = await lapse.WindowAsync(sam, phone);
        await looking.GoAsync("Catalogue");

        var request = await asking.AskAsync("Edit payments in production");
        await Expect(asking.State).ToContainTextAsync("Awaiting approval");
        await Expect(asking.Button("Approve")).ToHaveCountAsync(0);
        // Carol looks at something else, and still sees that somebody waits; so she goes there.
        await Expect(looking.Navigation("Approvals")).ToHaveAttributeAsync("data-count", new System.Text.RegularExpressions.Regex(@"^\d+$"));
        await looking.GoAsync("Approvals");
        var row = looking.Page.Locator($"a[href*='{request}']");
        await Expect(row.First).ToBeVisibleAsync();

        await deciding.GoAsync("Approvals");
        await deciding.Page.Locator($"a[href*='{request}']").First.ClickAsync();
        await deciding.Field("Comment").FillAsync("Go ahead");
        await deciding.Button("Approve").ClickAsync();
        await deciding.Page.WaitForURLAsync("**/step-up/*");
        await Expect(deciding.Page.GetByText("OPS-42")).ToBeVisibleAsync();
        await deciding.StepUpAsync();
        await Expect(deciding.State).Not.ToContainTextAsync("Awaiting approval");

        // Nobody reloads the pages of the others.
        await Expect(row).ToHaveCountAsync(0);
        await Expect(asking.State).ToContainTextAsync("Active", Cluster);
        Assert.True(await lapse.MayDeleteAsync(alice), "Alice cannot delete although her access is active.");
        Assert.False(await lapse.MayDeleteAsync(alice, "web-prod"), "Alice can delete elsewhere, too.");
        Assert.False(await lapse.MayDeleteAsync(bob), "Bob can delete, who only approved.");

        await asking.Button("Drop access").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Dropped", Cluster);
        Assert.False(await lapse.MayDeleteAsync(alice), "Alice can still delete after her access ended.");
        await Expect(deciding.State).ToContainTextAsync("Dropped");

        // On a phone the bar has the five pages that everybody uses; the auditor's address is typed.
        if (phone) await reading.OpenAsync("/ledger");
        else await reading.GoAsync("Ledger");
        await reading.Button("Verify").ClickAsync();
        await Expect(reading.Page.GetByText("are intact")).ToBeVisibleAsync();
        await reading.OpenAsync($"/requests/{request}");
        await Expect(reading.Page.GetByText("Go ahead")).ToBeVisibleAsync();
        await Expect(reading.Button("Revoke")).ToHaveCountAsync(0);
        foreach (var window in new[] { asking, deciding, looking, reading }) await window.CloseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_WholeCluster_NeedsTwoOfSreAndEachTheLastClick(bool phone)
    {
        var (alice, bob, carol, peer) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers", "sre"), lapse.Person("Carol", "sre"), lapse.Person("Erin", "developers"));
        Assert.False(await lapse.MayAdministerAsync(alice));
        var asking = await lapse.WindowAsync(alice, phone);
        var request = await asking.AskAsync("Administer the whole cluster", lastClick: true);
        await Expect(asking.State).ToContainTextAsync("Awaiting approval");

        // Somebody who only asks for such things sees nothing of it.
        var other = await lapse.WindowAsync(peer, phone);
        await other.OpenAsync($"/requests/{request}");
        await Expect(other.Page.GetByText("There is no such request")).ToBeVisibleAsync();
        await Expect(other.Page.GetByText("The payment queue is stuck")).ToHaveCountAsync(0);
        await other.CloseAsync();

        var first = await lapse.WindowAsync(bob, phone);
        await ApproveAsync(first, request);
        await Expect(first.Heading).ToHaveTextAsync("One last click");
        await Accessibility.AssertAsync(first, "the last click");
        // The second factor alone does nothing yet.
        await Expect(asking.Page.GetByText("approved it")).ToHaveCountAsync(0);
        await first.Button("Confirm").ClickAsync();
        await Expect(first.State).ToContainTextAsync("Awaiting approval");
        await Expect(first.Button("Approve")).ToHaveCountAsync(0);
        await Expect(asking.Page.GetByText("approved it; more approvals are needed")).ToBeVisibleAsync();
        Assert.False(await lapse.MayAdministerAsync(alice), "One of sre was enough.");

        var second = await lapse.WindowAsync(carol, phone);
        await ApproveAsync(second, request);
        // She changes her mind at the last moment, then decides after all.
        await second.Button("Cancel").ClickAsync();
        await Expect(second.State).ToContainTextAsync("Awaiting approval");
        await second.Button("Approve").ClickAsync();
        await second.StepUpAsync();
        await second.Button("Confirm").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Active", Cluster);
        Assert.True(await lapse.MayAdministerAsync(alice), "Alice cannot administer although her access is active.");
        Assert.False(await lapse.MayAdministerAsync(bob));

        await second.Page.GetByRole(AriaRole.Button, new() { Name = "Revoke", Exact = true }).ClickAsync();
        await second.Page.Locator(".confirm .btn-danger").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Revoked", Cluster);
        Assert.False(await lapse.MayAdministerAsync(alice), "Alice can still administer.");
        foreach (var window in new[] { asking, first, second }) await window.CloseAsync();
    }

    [Fact]
    public async Task Story_WithoutApprovalStage_IsActiveAfterTheStepUp()
    {
        var alice = lapse.Person("Alice", "developers");
        var window = await lapse.WindowAsync(alice);
        await window.AskAsync("Edit payments in staging");
        await Expect(window.State).ToContainTextAsync("Active", Cluster);
        await window.CloseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_Extended_GoesOnUnderTheExtension(bool phone)
    {
        var alice = lapse.Person("Alice", "developers");
        var window = await lapse.WindowAsync(alice, phone);
        var first = await window.AskAsync("Edit payments in staging");
        await Expect(window.State).ToContainTextAsync("Active", Cluster);
        await window.OpenAsync("/");
        await window.Link("Extend edit in payments-staging").ClickAsync();
        await Expect(window.Field("Ticket")).ToHaveValueAsync("OPS-42");
        await window.Field("Reason").FillAsync("Not done yet");
        await window.Button("Submit request").ClickAsync();
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/requests/*-*");
        await Expect(window.State).ToContainTextAsync("Active", Cluster);
        await Expect(window.Page.GetByText("Extends your earlier access")).ToBeVisibleAsync();

        await window.OpenAsync($"/requests/{first}");

        await Expect(window.State).ToContainTextAsync("Extended", Cluster);
        await Expect(window.Link("a later request")).ToBeVisibleAsync();
        await window.CloseAsync();
    }

    [Fact]
    public async Task Story_TwoApprovals_NeedTwoPeople()
    {
        var (alice, bob, carol) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"), lapse.Person("Carol", "developers"));
        var asking = await lapse.WindowAsync(alice);
        var request = await asking.AskAsync("Administer the web shop in production");
        foreach (var (approver, last) in new[] { (bob, false), (carol, true) })
        {
            var window = await lapse.WindowAsync(approver);
            await ApproveAsync(window, request);
            if (!last) await Expect(window.State).ToContainTextAsync("Awaiting approval");
            await Expect(window.Button("Approve")).ToHaveCountAsync(0);
            await window.CloseAsync();
        }
        await Expect(asking.State).ToContainTextAsync("Active", Cluster);
        await asking.CloseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_Denied_GivesNothingAndSaysWhoAndWhy(bool phone)
    {
        var (alice, bob) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"));
        var asking = await lapse.WindowAsync(alice, phone);
        var request = await asking.AskAsync("Edit payments in production");
        var deciding = await lapse.WindowAsync(bob, phone);
        await deciding.OpenAsync($"/requests/{request}");
        await deciding.Field("Comment").FillAsync("Not during the <b>freeze</b>");
        await deciding.Button("Deny").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Denied");
        await Expect(asking.Page.GetByText("Not during the <b>freeze</b>")).ToBeVisibleAsync();
        Assert.False(await lapse.MayDeleteAsync(alice));
        await asking.CloseAsync();
        await deciding.CloseAsync();
    }

    private static async Task ApproveAsync(Window window, string request)
    {
        await window.OpenAsync($"/requests/{request}");
        await window.Button("Approve").ClickAsync();
        await window.StepUpAsync();
    }
}
