using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Home;

namespace Lapse.Portal.Tests.Pages;

public sealed class HomePageTests : PageTestContext<HomeAsk, HomeView>
{
    private static readonly HomeView Nothing = new([], [], [], false, true);

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<HomePage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<HomePage>().Find("[role=alert] code").TextContent);
    }

    [Fact]
    public void Page_Denied_SaysWhy()
    {
        Query.Answer(_ => new Refusal("Disabled", "An admin has shut this account out of Lapse."));

        Assert.Contains("shut this account out", Render<HomePage>().Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Empty_SaysHowToAsk()
    {
        Query.Answer(Nothing);
        var page = Render<HomePage>();

        Assert.Equal("/catalogue", page.Find(".page-action a").GetAttribute("href"));
        Assert.Equal("/catalogue", page.Find(".empty a").GetAttribute("href"));
        Assert.Empty(page.FindAll("table"));
    }

    [Fact]
    public void Page_ForWhoeverMayAskForNothing_OffersNothingToAskFor()
    {
        Query.Answer(Nothing with { MayAsk = false });
        var page = Render<HomePage>();

        Assert.Empty(page.FindAll("a[href='/catalogue']"));
        Assert.Contains("An administrator can change that.", page.Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Filled_CountsDownWhatIsHeldAndListsWhatWaits()
    {
        var waiting = Samples.Row("Administer the web shop", StateOf(RequestStatus.AwaitingApproval));
        var open = Samples.Row("Edit payments", StateOf(RequestStatus.Draft));
        Query.Answer(Nothing with
        {
            Held = [new(Samples.Grant(GrantStatus.Active), "Edit payments", ClusterEnvironment.Production, "Sandbox")],
            Waiting = [waiting],
            Open = [open],
        });
        var page = Render<HomePage>();

        Assert.Equal("20:00", page.Find(".held .countdown").TextContent);
        Assert.Equal([$"/requests/{waiting.Id}", $"/requests/{open.Id}"], page.FindAll(".row-link").Select(a => a.GetAttribute("href")));
        Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => Assert.Equal("19:59", page.Find(".held .countdown").TextContent));
    }

    [Fact]
    public void Countdown_AtItsEnd_ReadsAgain()
    {
        Query.Answer(Nothing with { Held = [new(Samples.Grant(GrantStatus.Active), "Edit payments", ClusterEnvironment.Production, "Sandbox")] });
        var page = Render<HomePage>();
        Query.Answer(Nothing);

        Advance(TimeSpan.FromMinutes(21));

        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".held")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Held_CanBeExtended_WhereTheQuerySaysSo(bool mayExtend)
    {
        var grant = Samples.Grant(GrantStatus.Active);
        Query.Answer(Nothing with { Held = [new(grant, "Edit payments", ClusterEnvironment.Production, "Sandbox", mayExtend)] });

        var extend = Render<HomePage>().FindAll(".held a").SingleOrDefault(a => a.TextContent == "Extend");

        Assert.Equal(mayExtend ? $"/requests/new?extend={grant.RequestId}" : null, extend?.GetAttribute("href"));
        Assert.Equal(mayExtend ? "Extend edit in payments-prod" : null, extend?.GetAttribute("aria-label"));
    }

    private static Portal.Components.Elements.StateLook StateOf(RequestStatus status) => Portal.Components.Elements.StateLooks.Of(status);
}
