using System.Net;
using k8s;
using k8s.Autorest;
using Lapse.EndToEnd.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>The main job as people do it: from request to revoked, in browsers, on real parts.</summary>
[Collection("browser")]
public sealed class StoryTests(LapseFixture lapse)
{
    private const string Namespace = "payments-prod";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_RequestApproveUseDrop_GivesAccessForThatTimeOnly(bool phone)
    {
        var alice = lapse.Person("Alice", "developers");
        var bob = lapse.Person("Bob", "developers");
        var sam = lapse.Person("Sam", "lapse-auditors");
        Assert.False(await MayDeleteAsync(alice), "Alice can delete before anything was asked for.");

        var asking = await lapse.WindowAsync(alice, phone);
        var deciding = await lapse.WindowAsync(bob, phone);
        var request = await AskAsync(asking, "Edit payments in production");
        await Expect(asking.State).ToContainTextAsync("Awaiting approval");
        await Expect(asking.Button("Approve")).ToHaveCountAsync(0);

        await deciding.OpenAsync("/approvals");
        await deciding.Page.Locator($"a[href*='{request}']").First.ClickAsync();
        await deciding.Field("Comment").FillAsync("Go ahead");
        await deciding.Button("Approve").ClickAsync();
        await deciding.StepUpAsync();
        await Expect(deciding.State).Not.ToContainTextAsync("Awaiting approval");

        // Nobody reloads Alice's page.
        await Expect(asking.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        Assert.True(await MayDeleteAsync(alice), "Alice cannot delete although her access is active.");
        Assert.False(await MayDeleteAsync(bob), "Bob can delete, who only approved.");

        await asking.Button("Drop access").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Dropped", new() { Timeout = 20_000 });
        Assert.False(await MayDeleteAsync(alice), "Alice can still delete after her access ended.");
        await Expect(deciding.State).ToContainTextAsync("Dropped");

        var reading = await lapse.WindowAsync(sam, phone);
        if (!phone) await reading.Link("Ledger").ClickAsync();
        else await reading.OpenAsync("/ledger");
        await reading.Button("Verify").ClickAsync();
        await Expect(reading.Page.GetByText("are intact")).ToBeVisibleAsync();
        foreach (var window in new[] { asking, deciding, reading }) await window.CloseAsync();
    }

    [Fact]
    public async Task Story_WithoutApprovalStage_IsActiveAfterTheStepUp()
    {
        var alice = lapse.Person("Alice", "developers");
        var window = await lapse.WindowAsync(alice);
        await AskAsync(window, "Edit payments in staging");
        await Expect(window.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await window.CloseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Story_Extended_GoesOnUnderTheExtension(bool phone)
    {
        var alice = lapse.Person("Alice", "developers");
        var window = await lapse.WindowAsync(alice, phone);
        var first = await AskAsync(window, "Edit payments in staging");
        await Expect(window.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await window.OpenAsync("/");
        await window.Link("Extend edit in payments-staging").ClickAsync();
        await Expect(window.Field("Ticket")).ToHaveValueAsync("OPS-42");
        await window.Field("Reason").FillAsync("Not done yet");
        await window.Button("Submit request").ClickAsync();
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/requests/*-*");
        await Expect(window.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await Expect(window.Page.GetByText("Extends your earlier access")).ToBeVisibleAsync();

        await window.OpenAsync($"/requests/{first}");

        await Expect(window.State).ToContainTextAsync("Extended", new() { Timeout = 20_000 });
        await Expect(window.Link("a later request")).ToBeVisibleAsync();
        await window.CloseAsync();
    }

    [Fact]
    public async Task Story_TwoApprovals_NeedTwoPeople()
    {
        var (alice, bob, carol) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"), lapse.Person("Carol", "developers"));
        var asking = await lapse.WindowAsync(alice);
        var request = await AskAsync(asking, "Administer the web shop in production");
        foreach (var (approver, last) in new[] { (bob, false), (carol, true) })
        {
            var window = await lapse.WindowAsync(approver);
            await window.OpenAsync($"/requests/{request}");
            await window.Button("Approve").ClickAsync();
            await window.StepUpAsync();
            if (!last) await Expect(window.State).ToContainTextAsync("Awaiting approval");
            await Expect(window.Button("Approve")).ToHaveCountAsync(0);
            await window.CloseAsync();
        }
        await Expect(asking.State).ToContainTextAsync("Active", new() { Timeout = 20_000 });
        await asking.CloseAsync();
    }

    [Fact]
    public async Task Story_Denied_GivesNothingAndSaysWhoAndWhy()
    {
        var (alice, bob) = (lapse.Person("Alice", "developers"), lapse.Person("Bob", "developers"));
        var asking = await lapse.WindowAsync(alice);
        var request = await AskAsync(asking, "Edit payments in production");
        var deciding = await lapse.WindowAsync(bob);
        await deciding.OpenAsync($"/requests/{request}");
        await deciding.Field("Comment").FillAsync("Not during the freeze");
        await deciding.Button("Deny").ClickAsync();
        await Expect(asking.State).ToContainTextAsync("Denied");
        await Expect(asking.Page.GetByText("Not during the freeze")).ToBeVisibleAsync();
        Assert.False(await MayDeleteAsync(alice));
        await asking.CloseAsync();
        await deciding.CloseAsync();
    }

    // Asks for an entry and comes back from the step-up; returns the request's id.
    private static async Task<string> AskAsync(Window window, string entry)
    {
        await window.OpenAsync("/catalogue");
        await window.Page.GetByRole(AriaRole.Article, new() { Name = entry }).GetByRole(AriaRole.Button, new() { Name = "Request access" })
            .Or(window.Page.GetByRole(AriaRole.Article, new() { Name = entry }).GetByRole(AriaRole.Link, new() { Name = "Request access" })).ClickAsync();
        await window.Field("Reason").FillAsync("The payment queue is stuck");
        await window.Field("Ticket").FillAsync("OPS-42");
        await window.Button("Submit request").ClickAsync();
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/requests/*-*");
        return new Uri(window.Page.Url).Segments[^1];
    }

    // What kubectl does with the person's own token: their groups and name, nothing of Lapse's.
    private async Task<bool> MayDeleteAsync(SandboxPerson person)
    {
        using var cluster = lapse.Cluster.CreateClient(await lapse.ClusterTokenAsync(person));
        try
        {
            await cluster.CoreV1.DeleteNamespacedConfigMapAsync("no-such-config-map", Namespace, cancellationToken: Cancellation);
            throw new InvalidOperationException("A config map that is not there was deleted.");
        }
        catch (HttpOperationException e)
        {
            // Whoever may delete is told that it is not there; whoever may not is told that.
            return e.Response.StatusCode switch
            {
                HttpStatusCode.NotFound => true,
                HttpStatusCode.Forbidden => false,
                _ => throw new InvalidOperationException($"Unexpected answer {e.Response.StatusCode}: {e.Response.Content}"),
            };
        }
    }
}
