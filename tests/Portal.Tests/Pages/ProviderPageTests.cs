using Bunit;
using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Features.Admin;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lapse.Portal.Tests.Pages;

public sealed class ProviderPageTests : AdminTestContext<AdminProviderAsk, AdminProviderView>
{
    private static readonly ProviderFacts Facts = new(
        "https://login.example.com", "https://login.example.com", "lapse", "EntraId", ["c1"], """{"id_token":{"acrs":{"essential":true,"value":"c1"}}}""", ["openid", "profile"], "acrs", new(["c1"], ["pwd+otp"]), "groups", "ab12");

    private static readonly ProviderTestLine Failure = new(7, "Dana", "dana", Start.AddHours(-1), false, ProviderTest.FirstRound, "FactorMissing", "acrs came as “c2”, wanted is “c1”.", true);

    public ProviderPageTests()
    {
        Services.AddSingleton(_ => new ProviderDiscovery(new ProviderOptions(), sandbox: true, Clock, NullLogger<ProviderDiscovery>.Instance));
        Services.AddSingleton<ProviderKeys>();
        Services.AddSingleton<TokenVerifier>();
        Services.AddSingleton<ProofVerifier>();
        Services.AddSingleton<TestProvider>();
    }

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<ProviderPage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_ForWhoeverIsNoAdmin_SaysSo()
    {
        Query.Answer(_ => new Refusal("NotAnAdmin", "This page is for admins.", "/"));
        var page = Render<ProviderPage>();

        Assert.Equal("NotAnAdmin", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Equal("Identity provider", page.Find("h1").TextContent);
        Assert.Empty(page.FindAll("button"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<ProviderPage>().Find("[role=alert] code").TextContent);
    }

    [Theory]
    [InlineData(ProviderStanding.Sandbox, "Needs no test in the sandbox", "You can run the test all the same.")]
    [InlineData(ProviderStanding.Tested, "Tested", "People can confirm with it. Tested by Dana")]
    [InlineData(ProviderStanding.NotTested, "Not tested", "Nobody can ask, approve or change anything yet")]
    [InlineData(ProviderStanding.Failed, "Test failed", "without second factor. Tested by Dana")]
    [InlineData(ProviderStanding.SandboxOnly, "For the sandbox only", "Lapse does not run in its sandbox")]
    public void Page_Standing_IsSaidInWords(ProviderStanding standing, string chip, string words)
    {
        Query.Answer(View(standing, standing is ProviderStanding.Tested or ProviderStanding.Failed ? new("Dana", "dana", Start.AddDays(-3)) : null));
        var page = Render<ProviderPage>();

        Assert.Equal(chip, page.Find(".chip-word").TextContent);
        Assert.Contains(words, string.Join(' ', page.Find(".stack p").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("Nobody has tested it yet.", page.Markup, StringComparison.Ordinal);
        Assert.Equal("Test provider", page.FindAll("button").Single().TextContent.Trim());
    }

    [Theory]
    [InlineData(ProviderStanding.Sandbox, "nothing hangs on the result")]
    [InlineData(ProviderStanding.Tested, "nobody can confirm anything until it passes a test")]
    public void Page_Test_SaysItsConsequenceBesideTheButton(ProviderStanding standing, string words)
    {
        Query.Answer(View(standing));
        var page = Render<ProviderPage>();

        Assert.Equal("test-consequence", page.FindAll("button").Single().GetAttribute("aria-describedby"));
        Assert.Contains(words, page.Find("#test-consequence").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Settings_SayHowItIsAskedAndWhatItMustShow()
    {
        Query.Answer(View(ProviderStanding.NotTested));
        var codes = Render<ProviderPage>().FindAll(".facts code").Select(c => c.TextContent).ToList();

        Assert.Equal(
            ["https://login.example.com", "lapse", "prompt=login", "max_age=0", "acr_values=c1", """claims={"id_token":{"acrs":{"essential":true,"value":"c1"}}}""", "scope=openid profile", "auth_time", "acrs c1", "amr pwd and otp", "groups"],
            codes);
    }

    [Fact]
    public void Page_LastTestFailed_SaysExactlyWhatCame()
    {
        Query.Answer(View(ProviderStanding.NotTested, history: [Failure]));
        var last = Render<ProviderPage>().Find("[aria-label='Last test']");

        Assert.Contains("failed in its first round", last.TextContent, StringComparison.Ordinal);
        Assert.Contains("acrs came as “c2”, wanted is “c1”.", last.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_LastTestFailedWithOtherSettings_IsHistoryOnly()
    {
        Query.Answer(View(ProviderStanding.NotTested, history: [Failure with { TheseSettings = false }]));
        var page = Render<ProviderPage>();

        Assert.Empty(page.FindAll("[aria-label='Last test']"));
        Assert.Contains("The settings were others than now.", page.Find(".timeline").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void History_TellsWhatEachRoundShowed()
    {
        Query.Answer(View(ProviderStanding.Tested, new("Dana", "dana", Start), history:
        [
            Failure with { Sequence = 9, Passed = true, Code = "ProviderDenied", Answer = null },
            Failure with { Sequence = 8, Passed = true, Code = ProviderTest.NoAnswer, Answer = null },
            Failure with { Round = ProviderTest.SecondRound },
        ]));
        var lines = Render<ProviderPage>().FindAll(".timeline li").Select(l => l.TextContent).ToList();

        Assert.Contains("refused without it (ProviderDenied)", lines[0], StringComparison.Ordinal);
        Assert.Contains("no answer without it", lines[1], StringComparison.Ordinal);
        Assert.Contains("saw it fail in the second round", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void History_More_AsksForWhatComesBeforeTheLast()
    {
        Query.Answer(ask => ask.Before is null ? View(ProviderStanding.NotTested, history: [Failure]) with { Next = 7 } : View(ProviderStanding.NotTested, history: [Failure with { Sequence = 3 }]));
        var page = Render<ProviderPage>();

        page.Find(".more-row button").Click();

        page.WaitForAssertion(() => Assert.Equal(7, Query.Asked[^1].Before));
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".timeline li").Count));
    }

    [Theory]
    [InlineData(ProviderTestStage.SecondWanted, null, "First round: confirmed", "Go on without second factor")]
    [InlineData(ProviderTestStage.Repeat, "The identity provider does not answer.", "The second round has shown nothing yet.", "Go on without second factor")]
    [InlineData(ProviderTestStage.NoAnswer, null, "no answer has come", "It did not let me through: finish the test", "Second round once more")]
    [InlineData(ProviderTestStage.Refused, "You stopped at the identity provider.", "the provider did not confirm you", "It did not let me through: finish the test", "Second round once more")]
    public void Run_SaysWhatWasSeenAndWhatToDo(ProviderTestStage stage, string? message, string words, params string[] buttons)
    {
        Query.Answer(View(ProviderStanding.NotTested, history: [Failure]) with { Run = new(Guid.NewGuid(), stage, message) });
        var page = Render<ProviderPage>();
        var run = page.Find("[aria-label='Test under way']");

        Assert.Contains(words, run.TextContent, StringComparison.Ordinal);
        if (message is not null) Assert.Contains(message, run.TextContent, StringComparison.Ordinal);
        Assert.Equal(buttons, run.QuerySelectorAll("button").Select(b => b.TextContent.Trim()));
        Assert.Empty(page.FindAll("[aria-label='Last test']"));
    }

    [Theory]
    [InlineData(ProviderTestStage.SecondWanted, "Test provider")]
    [InlineData(ProviderTestStage.SecondWanted, "Go on without second factor")]
    [InlineData(ProviderTestStage.NoAnswer, "It did not let me through: finish the test")]
    public void Act_ThatFails_SaysThatNothingWasLost(ProviderTestStage stage, string button)
    {
        Query.Answer(View(ProviderStanding.NotTested) with { Run = new(Guid.NewGuid(), stage, null) });
        var page = Render<ProviderPage>();

        page.FindAll("button").Single(b => b.TextContent.Trim() == button).Click();

        page.WaitForAssertion(() => Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.NotNull(page.Find("h1"));
    }

    private static AdminProviderView View(ProviderStanding standing, TestedBy? test = null, IReadOnlyList<ProviderTestLine>? history = null) => new(Facts, standing, test, null, history ?? [], null);
}
