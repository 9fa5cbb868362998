using System.Collections.Concurrent;
using Lapse.Sandbox;
using Microsoft.Playwright;
using Xunit;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>One person's browser window, and what people do in it.</summary>
public sealed class Window
{
    private readonly ConcurrentQueue<string> _errors = [];

    public Window(IPage page, SandboxPerson person, Uri portal)
    {
        (Page, Person) = (page, person);
        // What the security policy stops, a script that fails, a file that is not there: nobody sees it, but it is an error. The
        // sandbox's provider has tests of its own.
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && message.Location.StartsWith(portal.AbsoluteUri, StringComparison.Ordinal) && !IsExpected(message)) _errors.Enqueue($"{message.Location}: {message.Text}");
        };
        page.PageError += (_, error) =>
        {
            if (page.Url.StartsWith(portal.AbsoluteUri, StringComparison.Ordinal)) _errors.Enqueue($"{page.Url}: {error}");
        };
    }

    public IPage Page { get; }

    public SandboxPerson Person { get; }

    /// <summary>The one element that says where a request stands.</summary>
    public ILocator State => Page.GetByRole(AriaRole.Status, new() { Name = "Request state" });

    public ILocator Heading => Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Page.GetByLabel(label, new() { Exact = true });

    /// <summary>The link of the navigation, which is a column on a desktop and a bar on a phone.</summary>
    public ILocator Navigation(string name) => Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    /// <summary>Opens a page and waits until its circuit answers: nothing is drawn before that.</summary>
    public async Task OpenAsync(string address)
    {
        await Page.GotoAsync(address);
        await Page.WaitForSelectorAsync("main h1");
    }

    /// <summary>Goes to a page by the navigation, as people do.</summary>
    public async Task GoAsync(string name)
    {
        await Navigation(name).ClickAsync();
        await Assertions.Expect(Heading).ToHaveTextAsync(name);
    }

    /// <summary>Signs in at the provider with the password.</summary>
    public async Task SignInAsync()
    {
        await Page.GotoAsync("/");
        await Field("User name").FillAsync(Person.UserName);
        await Field("Password").FillAsync(Person.Password);
        await Button("Sign in").ClickAsync();
        await Page.WaitForSelectorAsync("main h1");
    }

    /// <summary>On the page that names the act: goes on to the provider, and proves password and one-time code.</summary>
    public async Task StepUpAsync()
    {
        await Button("Continue").Or(Link("Continue")).ClickAsync();
        await Field("Password").FillAsync(Person.Password);
        await Button("Sign in").ClickAsync();
        await Field("One-time code").FillAsync(await AuthenticatorApp.NextCodeAsync(Person.Totp!, TestContext.Current.CancellationToken));
        await Button("Verify").ClickAsync();
    }

    /// <summary>Asks for an entry and comes back from the step-up; where one is wanted, with the last click.</summary>
    /// <returns>The request's id.</returns>
    public async Task<string> AskAsync(string entry, bool lastClick = false)
    {
        await OpenAsync("/catalogue");
        var article = Page.GetByRole(AriaRole.Article, new() { Name = entry });
        await article.GetByRole(AriaRole.Button, new() { Name = "Request access" }).Or(article.GetByRole(AriaRole.Link, new() { Name = "Request access" })).ClickAsync();
        await Field("Reason").FillAsync("The payment queue is stuck");
        await Field("Ticket").FillAsync("OPS-42");
        await Button("Submit request").ClickAsync();
        await StepUpAsync();
        if (lastClick) await Button("Confirm").ClickAsync();
        await Page.WaitForURLAsync("**/requests/*-*");
        return new Uri(Page.Url).Segments[^1];
    }

    /// <summary>Closes the window; the test fails for what its console said.</summary>
    public async Task CloseAsync()
    {
        await Page.Context.CloseAsync();
        Assert.True(_errors.IsEmpty, string.Join("\n", _errors));
    }

    // The browser notes that an address has nothing; the page that is not there is asked for on purpose.
    private static bool IsExpected(IConsoleMessage message) => message.Text.Contains("status of 404", StringComparison.Ordinal) && message.Location.Contains("no-such-page", StringComparison.Ordinal);
}
