using Bunit;
using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Portal.Components;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Tests.Pages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Layout;

/// <summary>What stands above a page that a step-up led back to.</summary>
public sealed class StepUpNoticeTests : PageTestContext<StepUpNoticeAsk, StepUpNoticeView>
{
    private static readonly StepUpChallengeId Challenge = UuidId.New<StepUpChallengeId>(Start);

    public StepUpNoticeTests() => Services.AddSingleton<StepUpQueries>();

    [Fact]
    public void Notice_NothingToSay_IsNothing()
    {
        Query.Answer(new StepUpNoticeView(null, null));

        Assert.Equal("", Notice("/requests").Markup.Trim());
        Assert.Equal([new StepUpNoticeAsk(null)], Query.Asked);
    }

    [Fact]
    public void Notice_AddressOfARefusal_SaysWhy()
    {
        Query.Answer(new StepUpNoticeView(new("FactorMissing", "The identity provider did not confirm a second factor."), null));

        var alert = Notice($"/requests/1?notice={Challenge}").Find("[role=alert]");

        Assert.Equal("FactorMissing", alert.GetAttribute("data-code"));
        Assert.Contains("did not confirm a second factor", alert.TextContent, StringComparison.Ordinal);
        Assert.Equal([new StepUpNoticeAsk(Challenge)], Query.Asked);
    }

    [Theory]
    [InlineData("/requests/1?notice=")]
    [InlineData("/requests/1?notice=%3Cscript%3E")]
    [InlineData("/requests/1?notice=00000000")]
    public void Notice_AddressThatSomebodyMadeUp_NamesNoChallenge(string address)
    {
        Query.Answer(new StepUpNoticeView(null, null));
        Notice(address);

        Assert.Equal([new StepUpNoticeAsk(null)], Query.Asked);
    }

    [Fact]
    public void Notice_UntestedProvider_LeadsAnAdminToItsPage()
    {
        Query.Answer(new StepUpNoticeView(new("ProviderNotTested", "The identity provider has not passed its self-test.", PortalPaths.AdminProvider), null));

        var link = Notice($"/requests/1?notice={Challenge}").Find("[role=alert] a");

        Assert.Equal(("/admin/provider", "Test the identity provider"), (link.GetAttribute("href"), link.TextContent));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Notice_NeverFinished_LeadsToWhatItWasAbout(bool thisSession, bool warns)
    {
        Query.Answer(new StepUpNoticeView(null, new(Challenge, ActKind.SubmitRequest, Start.AddMinutes(-12), "/requests/1", thisSession)));

        var notice = Notice("/").Find("[role=status]");

        Assert.Contains("was never finished. Nothing was done.", notice.TextContent, StringComparison.Ordinal);
        Assert.Equal("/requests/1", notice.QuerySelector("a")!.GetAttribute("href"));
        Assert.Equal(warns, notice.TextContent.Contains("If that was not you, tell an admin.", StringComparison.Ordinal));
    }

    [Fact]
    public void Dismiss_DatabaseDown_TakesItAwayAndThePageStays()
    {
        Query.Answer(new StepUpNoticeView(null, new(Challenge, ActKind.SubmitRequest, Start.AddMinutes(-12), "/requests/1", true)));
        var notice = Notice("/");

        notice.Find("button").Click();

        notice.WaitForAssertion(() => Assert.Empty(notice.FindAll("[role=status]")));
    }

    [Fact]
    public void Notice_DatabaseDown_TakesNothingAway()
    {
        Query.Fail();

        Assert.Equal("", Notice($"/requests/1?notice={Challenge}").Markup.Trim());
    }

    private IRenderedComponent<StepUpNotice> Notice(string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<StepUpNotice>();
    }
}
