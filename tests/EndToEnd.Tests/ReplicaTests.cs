using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>Three replicas behind a sticky proxy; one is killed, one is told to stop, and their database goes away.</summary>
[Collection("browser")]
public sealed class ReplicaTests(LapseFixture lapse, Replicas replicas) : IClassFixture<Replicas>
{
    private static readonly LocatorAssertionsToContainTextOptions Cluster = new() { Timeout = 30_000 };

    [Fact]
    public async Task Replica_KilledInTheMiddle_NothingIsLostOrDoneTwice()
    {
        await replicas.StartAsync();
        var asking = await WindowAsync("Alice");
        var typing = await WindowAsync("Carol");
        var deciding = await WindowAsync("Bob");
        var (first, second, third) = (await Replicas.OfAsync(asking), await Replicas.OfAsync(typing), await Replicas.OfAsync(deciding));
        Assert.Equal(3, new HashSet<int> { first, second, third }.Count);
        await deciding.GoAsync("Approvals");

        // Asked at one, seen at another without a reload, while a third has a form open.
        var request = await asking.AskAsync("Edit payments in production");
        await Expect(deciding.Page.Locator($"a[href*='{request}']").First).ToBeVisibleAsync();
        await OpenFormAsync(typing);
        await typing.Field("Reason").FillAsync("What I have been writing for ten minutes");
        await typing.Field("Ticket").FillAsync("OPS-7");
        await typing.Field("Duration").FillAsync("20m");
        await typing.Page.GetByLabel("Later", new() { Exact = true }).CheckAsync();
        await typing.Field("Start at").FillAsync("2031-05-06T07:08");

        await deciding.OpenAsync($"/requests/{request}");
        await deciding.Button("Approve").ClickAsync();
        await deciding.StepUpAsync();
        // Whichever of the three has the grant in its hand at this moment.
        await replicas.KillAsync(second);

        await Expect(asking.State).ToContainTextAsync("Active", Cluster);
        await Expect(deciding.State).ToContainTextAsync("Active", Cluster);
        Assert.Equal(["request.submitted", "request.approved", "grant.prepared", "grant.active"], await ActsAsync(request));
        // Her page comes back by itself, from another replica, with what she wrote.
        await Expect(typing.Field("Reason")).ToHaveValueAsync("What I have been writing for ten minutes", new() { Timeout = 30_000 });
        await Expect(typing.Field("Ticket")).ToHaveValueAsync("OPS-7");
        await Expect(typing.Field("Duration")).ToHaveValueAsync("20m");
        await Expect(typing.Field("Start at")).ToHaveValueAsync("2031-05-06T07:08");
        Assert.NotEqual(second, await Replicas.OfAsync(typing));
        // And the server knows it, not only the page.
        await typing.Page.GetByLabel("As soon as it is approved", new() { Exact = true }).CheckAsync();
        await typing.Button("Submit request").ClickAsync();
        await typing.Page.WaitForURLAsync("**/step-up/*");
        await Expect(typing.Page.GetByText("What I have been writing for ten minutes")).ToBeVisibleAsync();

        await asking.Button("Drop access").ClickAsync();
        await Expect(deciding.State).ToContainTextAsync("Dropped", Cluster);
        Assert.Contains("are intact", await replicas.VerifyAsync(), StringComparison.Ordinal);
        await CloseAsync(asking, typing, deciding);
    }

    [Fact]
    public async Task Replica_ToldToStop_SaysSoAndItsPagesComeBackElsewhere()
    {
        await replicas.StartAsync();
        var window = await WindowAsync("Alice");
        await OpenFormAsync(window);
        await window.Field("Reason").FillAsync("Half a sentence");
        var mine = await Replicas.OfAsync(window);
        Assert.Equal((200, "ready"), await replicas.AskAsync(mine, "/health/ready"));

        var stopped = replicas.TermAsync(mine);

        await Expect(window.Page.GetByText("Lapse is restarting; your page comes back by itself.")).ToBeVisibleAsync();
        Assert.Equal((503, "not ready"), await replicas.AskAsync(mine, "/health/ready"));
        Assert.Equal((200, "live"), await replicas.AskAsync(mine, "/health/live"));
        Assert.Equal(0, await stopped.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await Expect(window.Page.GetByText("Lapse is restarting")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await Expect(window.Field("Reason")).ToHaveValueAsync("Half a sentence", new() { Timeout = 30_000 });
        Assert.NotEqual(mine, await Replicas.OfAsync(window));
        await CloseAsync(window);
    }

    [Fact]
    public async Task Database_Killed_PagesSaySoKeepWhatWasTypedAndComeBack()
    {
        await replicas.StartAsync();
        var window = await WindowAsync("Alice");
        var loading = await WindowAsync("Bob");
        await OpenFormAsync(window);
        await window.Field("Reason").FillAsync("Written before it went away");
        var mine = await Replicas.OfAsync(window);

        await replicas.KillDatabaseAsync();
        try
        {
            await Expect(window.Page.GetByText("Lapse's database does not answer.")).ToBeVisibleAsync(new() { Timeout = 30_000 });
            Assert.Equal((503, "not ready"), await replicas.AskAsync(mine, "/health/ready"));
            await window.Button("Submit request").ClickAsync();
            await Expect(window.Page.GetByText("That did not work.")).ToBeVisibleAsync();
            await Expect(window.Field("Reason")).ToHaveValueAsync("Written before it went away");
            await loading.Page.GotoAsync("/approvals");
            await Expect(loading.Heading).ToHaveTextAsync("Lapse's database does not answer.");
            // Its files are there all the same: it looks like the portal.
            await Expect(loading.Page.Locator(".static-card")).ToHaveCSSAsync("border-radius", "8px");
        }
        finally
        {
            await replicas.StartDatabaseAsync();
        }

        await Expect(window.Page.GetByText("Lapse's database does not answer.")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await Expect(window.Page.GetByText("That did not work.")).ToHaveCountAsync(0);
        await Expect(loading.Heading).ToHaveTextAsync("Approvals", new() { Timeout = 30_000 });
        await Expect(window.Field("Reason")).ToHaveValueAsync("Written before it went away");
        await window.Button("Submit request").ClickAsync();
        await window.Page.WaitForURLAsync("**/step-up/*");
        Assert.Equal((200, "ready"), await replicas.AskAsync(mine, "/health/ready"));
        await CloseAsync(window, loading);
    }

    private Task<Window> WindowAsync(string name) => lapse.WindowAsync(lapse.Person(name, "developers"), portal: replicas.Address);

    private static async Task OpenFormAsync(Window window)
    {
        await window.OpenAsync("/catalogue");
        var article = window.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" });
        await article.GetByRole(AriaRole.Button, new() { Name = "Request access" }).Or(article.GetByRole(AriaRole.Link, new() { Name = "Request access" })).ClickAsync();
        await Expect(window.Field("Reason")).ToBeVisibleAsync();
    }

    private async Task<IReadOnlyList<string>> ActsAsync(string request) =>
        [.. (await replicas.ActsAsync(request)).Where(act => act is "request.submitted" or "request.approved" or "grant.prepared" or "grant.active")];

    // Lost connections stand in the console, as they must.
    private static async Task CloseAsync(params Window[] windows)
    {
        foreach (var window in windows) await window.Page.Context.CloseAsync();
    }
}
