using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.Requests;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class RequestListPageTests : PageTestContext<RequestListAsk, RequestListView>
{
    private static readonly RequestRow Row = Samples.Row("Edit payments", StateLooks.Of(RequestStatus.Denied));

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<RequestListPage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<RequestListPage>().Find("[role=alert] code").TextContent);
    }

    [Fact]
    public void Page_Denied_SaysWhy()
    {
        Query.Answer(_ => new Refusal("SignInAgain", "Your sign-in has ended.", "/sign-in"));

        Assert.Equal("SignInAgain", Render<RequestListPage>().Find("[role=alert]").GetAttribute("data-code"));
    }

    [Theory]
    [InlineData("/requests", "You have not asked for anything yet")]
    [InlineData("/requests?whose=everybody", "Nobody has asked for anything yet")]
    [InlineData("/requests?state=closed", "No request is in that state")]
    public void Page_Empty_SaysWhatToDo(string address, string words)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        Query.Answer(new RequestListView([], null, true));

        Assert.Equal(words, Render<RequestListPage>().Find(".empty h2").TextContent);
    }

    [Theory]
    [InlineData("/requests?state=open", RequestFilter.Open, false)]
    [InlineData("/requests?state=nonsense", RequestFilter.All, false)]
    [InlineData("/requests?whose=everybody&state=approved", RequestFilter.Approved, true)]
    public void Address_SaysWhatIsAsked(string address, RequestFilter filter, bool everybody)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        Query.Answer(new RequestListView([Row], null, true));
        Render<RequestListPage>();

        Assert.Equal((filter, everybody), (Query.Asked[0].Filter, Query.Asked[0].Everybody));
    }

    [Fact]
    public void Rows_AreLinksWithTheirStateAndWord()
    {
        Query.Answer(new RequestListView([Row], null, false));
        var page = Render<RequestListPage>();

        Assert.Equal($"/requests/{Row.Id}", page.Find(".row-link").GetAttribute("href"));
        Assert.Contains("Denied", page.Find("tbody").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[aria-label=Whose]"));
        Assert.Empty(page.FindAll("[role=status]"));
    }

    [Fact]
    public void More_AppendsWhatFollows()
    {
        var next = new RequestCursor(Samples.Now, Guid.NewGuid());
        Query.Answer(ask => ask.After is null ? new RequestListView([Row], next, false) : new RequestListView([Samples.Row("Another", Row.State)], null, false));
        var page = Render<RequestListPage>();

        page.Find(".more-row button").Click();

        Assert.Equal(next, Query.Asked[^1].After);
        Assert.Equal(["Edit payments", "Another"], page.FindAll(".row-link").Select(a => a.TextContent));
    }
}
