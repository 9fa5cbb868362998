using Bunit;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Features.Hold;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lapse.Portal.Tests.Pages;

public sealed class HoldPageTests : AdminTestContext<HoldAsk, HoldView>
{
    public HoldPageTests()
    {
        Services.AddSingleton(provider => new ProviderDiscovery(provider.GetRequiredService<ProviderOptions>(), sandbox: true, Clock, NullLogger<ProviderDiscovery>.Instance));
        Services.AddSingleton<ProviderKeys>();
        Services.AddSingleton<TokenVerifier>();
        Services.AddSingleton<ProofVerifier>();
        Services.AddSingleton<HoldCheck>();
        Services.AddSingleton<EndHold>();
    }

    [Fact]
    public void Page_NoHold_SaysThatAccessStarts()
    {
        Query.Answer(new HoldView([], MayEnd: true));

        Assert.Contains("Lapse is not on hold", Render<HoldPage>().Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HoldCause.Admin, "Talk to whoever began it", "can still start in time")]
    [InlineData(HoldCause.OlderLedger, "whoever was disabled since then is enabled again", "has to be asked again")]
    [InlineData(HoldCause.BrokenLedger, "lapse verify-ledger", "has to be asked again")]
    public void Page_OnHold_SaysWhatToLookAtAndWhatFollows(HoldCause cause, string before, string then)
    {
        Query.Answer(new HoldView([Open(cause)], MayEnd: true));
        var card = Render<HoldPage>().Find(".hold-card");

        Assert.Contains(before, card.TextContent, StringComparison.Ordinal);
        Assert.Contains(then, card.TextContent, StringComparison.Ordinal);
        Assert.Contains("You will confirm with your second factor.", card.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_WhoeverIsNoAdmin_HasNoButton()
    {
        Query.Answer(new HoldView([Open(HoldCause.Admin)], MayEnd: false));
        var page = Render<HoldPage>();

        Assert.Empty(page.FindAll("button"));
        Assert.Contains("An admin can end the hold", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void End_DatabaseDown_SaysThatItFailedAndStays()
    {
        Query.Answer(new HoldView([Open(HoldCause.Admin)], MayEnd: true));
        var page = Render<HoldPage>();

        page.Find("button").Click();

        page.WaitForAssertion(() => Assert.Contains("That did not work.", page.Markup, StringComparison.Ordinal));
        Assert.NotEmpty(page.FindAll(".hold-card"));
    }

    private static OpenHold Open(HoldCause cause) => new(UuidId.New<HoldId>(Start), cause, "Because.", Start.AddMinutes(-3), "Dana", "dana", null);
}
