using Bunit;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Elements;

public sealed class FilterChipsTests : PortalTestContext
{
    private static readonly FilterOption[] States = [new("", "All"), new("waiting", "Waiting"), new("ended", "Ended")];

    private NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    [Fact]
    public void Chips_AddressWithAFilter_MarkIt()
    {
        Navigation.NavigateTo("/requests?state=waiting&after=9");

        var chips = Chips();

        Assert.Equal("Waiting", chips.Find("[aria-current]").TextContent);
    }

    [Fact]
    public void Chips_Links_ChangeTheFilterKeepOthersAndClearThePlaceInTheList()
    {
        Navigation.NavigateTo("/requests?mine=yes&state=waiting&after=9");

        var links = Chips().FindAll("a").Select(a => a.GetAttribute("href"));

        Assert.Equal(
            ["http://localhost/requests?mine=yes", "http://localhost/requests?mine=yes&state=waiting", "http://localhost/requests?mine=yes&state=ended"],
            links);
    }

    [Fact]
    public void Chips_AddressChanges_FollowIt()
    {
        Navigation.NavigateTo("/requests");
        var chips = Chips();
        Assert.Equal("All", chips.Find("[aria-current]").TextContent);

        Navigation.NavigateTo("/requests?state=ended");

        chips.WaitForAssertion(() => Assert.Equal("Ended", chips.Find("[aria-current]").TextContent));
    }

    private IRenderedComponent<FilterChips> Chips() => Render<FilterChips>(p => p
        .Add(c => c.Label, "State").Add(c => c.Name, "state").Add(c => c.Options, States).Add(c => c.Clears, ["after"]));
}
