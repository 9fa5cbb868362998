using Lapse.Sandbox;
using Microsoft.Playwright;
using Xunit;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>One person's browser window, and what people do in it.</summary>
public sealed class Window(IPage page, SandboxPerson person)
{
    public IPage Page => page;

    public SandboxPerson Person => person;

    /// <summary>The one element that says where a request stands.</summary>
    public ILocator State => page.GetByRole(AriaRole.Status, new() { Name = "Request state" });

    public ILocator Button(string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => page.GetByLabel(label, new() { Exact = true });

    /// <summary>Opens a page and waits until its circuit answers: nothing is drawn before that.</summary>
    public async Task OpenAsync(string address)
    {
        await page.GotoAsync(address);
        await page.WaitForSelectorAsync("main h1");
    }

    /// <summary>Signs in at the provider with the password.</summary>
    public async Task SignInAsync()
    {
        await page.GotoAsync("/");
        await Field("User name").FillAsync(person.UserName);
        await Field("Password").FillAsync(person.Password);
        await Button("Sign in").ClickAsync();
        await page.WaitForSelectorAsync("main h1");
    }

    /// <summary>On the page that names the act: goes on to the provider, and proves password and one-time code.</summary>
    public async Task StepUpAsync()
    {
        await Button("Continue").Or(Link("Continue")).ClickAsync();
        await Field("Password").FillAsync(person.Password);
        await Button("Sign in").ClickAsync();
        await Field("One-time code").FillAsync(await AuthenticatorApp.NextCodeAsync(person.Totp!, TestContext.Current.CancellationToken));
        await Button("Verify").ClickAsync();
    }

    public Task CloseAsync() => page.Context.CloseAsync();
}
