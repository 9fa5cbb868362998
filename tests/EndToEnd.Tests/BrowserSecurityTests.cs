using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>What the browser is told, and what people type when they try it on.</summary>
[Collection("browser")]
public sealed class BrowserSecurityTests(LapseFixture lapse)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/signed-out")]
    [InlineData("/health/live")]
    [InlineData("/no-such-page")]
    [InlineData("/app.css")]
    [InlineData("/step-up/00000000-0000-0000-0000-000000000000")]
    public async Task Answer_Any_TellsTheBrowserWhatItMayDo(string address)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = lapse.Portal.Address };

        using var answer = await http.GetAsync(address, TestContext.Current.CancellationToken);

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["same-origin"], answer.Headers.GetValues("Referrer-Policy"));
        // The sandbox speaks http: a browser must not be told to ask by https for a year.
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Reason_WithAScript_IsTextForEverybodyWhoReadsIt()
    {
        const string script = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
        var asking = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        await asking.OpenAsync("/catalogue");
        await asking.Page.GetByRole(AriaRole.Article, new() { Name = "Edit payments in production" }).GetByText("Request access").ClickAsync();
        await asking.Field("Reason").FillAsync(script);
        await asking.Field("Ticket").FillAsync("<b>OPS</b>");
        await asking.Button("Submit request").ClickAsync();
        await Expect(asking.Page.GetByText(script)).ToBeVisibleAsync();
        await asking.StepUpAsync();
        await asking.Page.WaitForURLAsync("**/requests/*-*");
        var deciding = await lapse.WindowAsync(lapse.Person("Bob", "developers"));
        foreach (var address in new[] { "/approvals", new Uri(asking.Page.Url).AbsolutePath })
        {
            await deciding.OpenAsync(address);
            await Expect(deciding.Page.GetByText(script).First).ToBeVisibleAsync();
            await Expect(deciding.Page).Not.ToHaveTitleAsync("owned");
        }
        await asking.CloseAsync();
        await deciding.CloseAsync();
    }

    [Fact]
    public async Task Page_ThatStops_SaysSo()
    {
        var window = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        var stopped = window.Page.Locator("#blazor-error-ui");
        await Expect(stopped).ToBeHiddenAsync();

        // What Blazor itself does when a circuit ends by an error.
        await window.Page.EvaluateAsync("document.getElementById('blazor-error-ui').style.display = 'block'");
        await Expect(stopped).ToContainTextAsync("This page stopped working.");
        await Accessibility.AssertAsync(window, "a page that stopped");
        await window.CloseAsync();
    }

    [Fact]
    public async Task SignIn_ClickOnAPerson_FillsTheForm()
    {
        var person = lapse.Person("Alice", "developers");
        await using var context = await lapse.Browser.NewContextAsync(new() { BaseURL = lapse.Portal.Address.AbsoluteUri });
        var window = new Window(await context.NewPageAsync(), person, lapse.Portal.Address);
        await window.Page.GotoAsync("/");

        await window.Page.Locator($"button[data-user-name='{person.UserName}']").ClickAsync();

        await Expect(window.Field("User name")).ToHaveValueAsync(person.UserName);
        await Expect(window.Button("Sign in")).ToBeFocusedAsync();
        await window.Button("Sign in").ClickAsync();
        await Expect(window.Heading).ToHaveTextAsync("Home");
    }
}
