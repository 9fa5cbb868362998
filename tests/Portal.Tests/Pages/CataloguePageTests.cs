using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Catalogue;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class CataloguePageTests : PageTestContext<CatalogueAsk, CatalogueView>
{
    [Fact]
    public void Page_WhileItReads_KeepsTheRoomAndTheSearch()
    {
        var page = Render<CataloguePage>();

        Assert.NotNull(page.Find("[aria-busy=true]"));
        Assert.NotNull(page.Find("input[type=search]"));
    }

    [Fact]
    public void Page_Empty_SaysWhoCanChangeThat()
    {
        Query.Answer(new CatalogueView([], null));

        Assert.Contains("An administrator can add you", Render<CataloguePage>().Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Entry_RoleThatMakesLastingAccess_IsMarkedWithoutUnfolding()
    {
        Query.Answer(new CatalogueView([Samples.Item(facts: Samples.Minting)], null));

        Assert.Equal("Can make access that outlives it: bindings and tokens.", Render<CataloguePage>().Find("article > .minting").TextContent.Trim());
    }

    [Fact]
    public void Page_NothingFound_OffersEverythingAgain()
    {
        Query.Answer(ask => new CatalogueView(ask.Search.Length == 0 ? [Samples.Item()] : [], null));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/catalogue?q=nowhere");
        var page = Render<CataloguePage>();

        Assert.Contains("“nowhere”", page.Find(".empty").TextContent, StringComparison.Ordinal);
        var everything = page.Find(".empty a[data-clears-search]");
        Services.GetRequiredService<NavigationManager>().NavigateTo(everything.GetAttribute("href")!);

        Assert.Single(page.FindAll("article"));
    }

    [Fact]
    public void Page_Failure_HasANumberAndReadsAgain()
    {
        Query.Fail();
        var page = Render<CataloguePage>();
        Assert.Matches("^[0-9a-f]{32}$", page.Find("[role=alert] code").TextContent);

        Query.Answer(new CatalogueView([Samples.Item()], null));
        page.Find("[role=alert] button").Click();

        Assert.Empty(page.FindAll("[role=alert]"));
        Assert.Single(page.FindAll("article"));
    }

    [Fact]
    public void Page_Denied_SaysWhy()
    {
        Query.Answer(_ => new Refusal("SignInAgain", "Your sign-in has ended. Nothing was lost; sign in again.", "/sign-in"));
        var page = Render<CataloguePage>();

        Assert.Equal("SignInAgain", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Equal("/sign-in", page.Find("[role=alert] a").GetAttribute("href"));
    }

    [Fact]
    public void Entry_Filled_IsAnArticleNamedByItsTitleWithItsButton()
    {
        var entry = Samples.Item();
        Query.Answer(new CatalogueView([entry], null));
        var page = Render<CataloguePage>();

        var article = page.Find("article");
        Assert.Equal("Edit payments", page.Find($"#{article.GetAttribute("aria-labelledby")}").TextContent);
        Assert.Contains("production", article.TextContent, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("1 hour", article.TextContent, StringComparison.Ordinal);
        Assert.Contains("1 approval by developers", article.TextContent, StringComparison.Ordinal);
        Assert.Contains("What can outlive this access", article.TextContent, StringComparison.Ordinal);
        var button = article.QuerySelector("button.btn-primary")!;
        Assert.Equal("Request access", button.TextContent);

        page.Find("article button.btn-primary").Click();

        Assert.Equal($"http://localhost/requests/new?role={entry.Id}", Address);
    }

    [Fact]
    public void Entry_ThatCannotBeAskedForNow_SaysWhyInsteadOfAButton()
    {
        Query.Answer(new CatalogueView([Samples.Item(hindrance: new("RoleUnknown", "The cluster has no such role now."), facts: RoleFacts.Of(null, [], null))], null));
        var page = Render<CataloguePage>();

        Assert.Empty(page.FindAll("article button"));
        Assert.Contains("The cluster has no such role now.", page.Find("article").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Entry_WithAnOpenRequest_LeadsThere()
    {
        var open = new OpenRequest(AccessRequestId.From(Guid.NewGuid()), RequestStatus.AwaitingApproval);
        Query.Answer(new CatalogueView([Samples.Item(open: open)], null));

        Assert.Equal($"/requests/{open.Id}", Render<CataloguePage>().Find("article .entry-note a").GetAttribute("href"));
    }

    [Theory]
    [InlineData(ClusterState.Starting, "Sandbox is starting: 40 %.", "Requests can be made and approved now")]
    [InlineData(ClusterState.Unreachable, "Sandbox does not answer.", "Requests can still be made and approved")]
    public void Cluster_NotWell_IsSaidOnceAboveItsEntries(ClusterState state, string title, string meaning)
    {
        var cluster = Samples.Cluster(state, state == ClusterState.Starting ? 40 : null);
        Query.Answer(new CatalogueView([Samples.Item("One", cluster), Samples.Item("Two", cluster)], null));

        var note = Assert.Single(Render<CataloguePage>().FindAll("[data-cluster]"));
        Assert.Contains(title, note.TextContent, StringComparison.Ordinal);
        Assert.Contains(meaning, note.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void More_AsksForWhatFollowsTheLast()
    {
        var next = new CatalogueCursor("One", Guid.NewGuid());
        Query.Answer(ask => ask.After is null ? new CatalogueView([Samples.Item("One")], next) : new CatalogueView([Samples.Item("Two")], null));
        var page = Render<CataloguePage>();

        page.Find(".more-row button").Click();

        Assert.Equal(next, Query.Asked[^1].After);
        Assert.Equal(["One", "Two"], page.FindAll("article h2").Select(h => h.TextContent));
        Assert.Empty(page.FindAll(".more-row"));
    }

    [Fact]
    public void Search_AddressChanges_ReadsAnewAndLeavesTheFieldAlone()
    {
        Query.Answer(new CatalogueView([], null));
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("/catalogue?q=web");
        var page = Render<CataloguePage>();

        navigation.NavigateTo("/catalogue?q=web%20prod");

        Assert.Equal("web prod", Query.Asked[^1].Search);
        Assert.Equal("web", page.Find("input[type=search]").GetAttribute("value"));
    }
}
