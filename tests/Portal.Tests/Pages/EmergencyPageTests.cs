using Bunit;
using Lapse.Portal.Features.Emergency;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class EmergencyPageTests : AdminTestContext<EmergencyAsk, EmergencyView>
{
    private static readonly Guid Alice = Guid.Parse("01936000-0000-7000-8000-000000000001");

    public EmergencyPageTests() => Services.AddSingleton<EndInEmergency>();

    [Fact]
    public void Page_NothingLive_SaysSo()
    {
        Query.Answer(new EmergencyView(0, 0, [], [], IsHeld: false));

        Assert.Contains("Nobody holds access through Lapse now.", Render<EmergencyPage>().Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_OnHold_LeadsToWhereItIsEnded()
    {
        Query.Answer(View() with { IsHeld = true });
        var page = Render<EmergencyPage>();

        Assert.Equal("/admin/hold", page.Find("[aria-labelledby=emergency-hold] a").GetAttribute("href"));
        Assert.Single(page.FindAll("button"));
    }

    [Fact]
    public void End_NobodyChosen_SaysWhatIsMissingAndAsksNothing()
    {
        Query.Answer(View());
        var page = Render<EmergencyPage>();

        page.Find(".btn-danger").Click();

        Assert.Equal("Choose a person.", page.Find(".error").TextContent);
        Assert.Empty(page.FindAll(".confirm"));
    }

    [Fact]
    public void Everything_Chosen_HoldsTooUnlessSwitchedOff()
    {
        Query.Answer(View());
        var page = Render<EmergencyPage>();
        Assert.False(page.Find("input[type=checkbox]").HasAttribute("checked"));

        page.FindAll("input[type=radio]")[2].Change("on");

        Assert.True(page.Find("input[type=checkbox]").HasAttribute("checked"));
        Assert.Empty(page.FindAll("select"));
    }

    [Fact]
    public void Page_Choices_SayHowMuchEachHolds()
    {
        Query.Answer(View());

        Assert.Equal(["Alice (alice): 2"], Render<EmergencyPage>().FindAll("option").Skip(1).Select(o => o.TextContent));
    }

    private static EmergencyView View() => new(3, 1, [new(Alice, "Alice (alice)", 2)], [new(Guid.Empty, "Sandbox", 3)], IsHeld: false);
}
