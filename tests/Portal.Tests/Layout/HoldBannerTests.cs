using Bunit;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Portal.Features.Hold;
using Lapse.Portal.Tests.Pages;

namespace Lapse.Portal.Tests.Layout;

/// <summary>What everybody is told above each page while no access starts.</summary>
public sealed class HoldBannerTests : PageTestContext<HoldAsk, HoldView>
{
    private static OpenHold Open(HoldCause cause, string why, string by, string? userName) => new(UuidId.New<HoldId>(Start), cause, why, Start.AddMinutes(-3), by, userName, null);

    [Fact]
    public void Banner_NoHold_IsNothing()
    {
        Query.Answer(new HoldView([], MayEnd: true));

        Assert.Equal("", Render<HoldBanner>().Markup.Trim());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Banner_OnHold_SaysWhatItMeansWhySinceWhenByWhomAndWhoEndsIt(bool mayEnd)
    {
        Query.Answer(new HoldView([Open(HoldCause.Admin, "A laptop was stolen.", "Dana", "dana")], mayEnd));
        var alert = Render<HoldBanner>().Find("[role=alert]");

        foreach (var words in (string[])["access ends as always, but none starts", "A laptop was stolen.", "3 min", "Dana", "You can ask and approve meanwhile"])
            Assert.Contains(words, alert.TextContent, StringComparison.Ordinal);
        Assert.Equal(mayEnd, alert.QuerySelector("a[href='/admin/hold']") is not null);
        Assert.Equal(!mayEnd, alert.TextContent.Contains("An admin can end the hold.", StringComparison.Ordinal));
    }

    [Fact]
    public void Banner_RecordsInDoubt_DoesNotInviteToAsk()
    {
        Query.Answer(new HoldView([Open(HoldCause.OlderLedger, "The database is an older one.", "Lapse", null)], MayEnd: false));
        var text = Render<HoldBanner>().Find("[role=alert]").TextContent;

        Assert.Contains("before it is ended starts nothing", text, StringComparison.Ordinal);
        Assert.DoesNotContain("You can ask", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Banner_TwoHolds_ShowsBoth()
    {
        Query.Answer(new HoldView([Open(HoldCause.Admin, "One.", "Dana", "dana"), Open(HoldCause.OlderLedger, "Two.", "Lapse", null)], MayEnd: false));

        Assert.Equal(2, Render<HoldBanner>().FindAll("[role=alert]").Count);
    }

    [Fact]
    public void Banner_Unreadable_SaysThatNothingStarts()
    {
        Query.Fail();

        Assert.Contains("could not be read", Render<HoldBanner>().Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }
}
