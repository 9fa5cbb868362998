using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.People;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class PeoplePageTests : AdminTestContext<PeopleAsk, PeopleView>
{
    public PeoplePageTests()
    {
        Services.AddSingleton<DisablePerson>();
        Services.AddSingleton<EnablePerson>();
    }

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Open().Find("[aria-busy=true]"));

    [Theory]
    [InlineData("/admin/people", "Nobody has signed in yet")]
    [InlineData("/admin/people?who=disabled", "Nobody is disabled")]
    [InlineData("/admin/people?who=holding", "Nobody holds access now")]
    [InlineData("/admin/people?q=zoe&who=disabled", "Nobody matches “zoe”")]
    public void Page_Empty_SaysWhatIsEmpty(string address, string title)
    {
        Query.Answer(new PeopleView([], null));

        Assert.Contains(title, Open(address).Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Denied_ShowsNobody()
    {
        Query.Answer(_ => new Refusal("NotAnAdmin", "This page is for admins.", "/"));
        var page = Open();

        Assert.Equal("NotAnAdmin", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Empty(page.FindAll("table"));
        Assert.Empty(page.FindAll("input"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Open().Find("[role=alert] code").TextContent);
    }

    [Theory]
    [InlineData("", "", PeopleFilter.All)]
    [InlineData("?q=%20ali%20&who=holding", "ali", PeopleFilter.Holding)]
    [InlineData("?who=disabled", "", PeopleFilter.Disabled)]
    [InlineData("?who=nonsense", "", PeopleFilter.All)]
    public void Address_SaysWhatIsAsked(string query, string search, PeopleFilter filter)
    {
        Query.Answer(new PeopleView([], null));
        Open("/admin/people" + query);

        Assert.Equal((search, filter), (Query.Asked[^1].Search, Query.Asked[^1].Filter));
    }

    [Fact]
    public void Search_KeepsWhatIsTyped_AndSaysItsParameter()
    {
        Query.Answer(new PeopleView([], null));
        var search = Open("/admin/people?q=ali").Find("#people-search");

        Assert.Equal(("ali", "q"), (search.GetAttribute("value"), search.GetAttribute("data-search-parameter")));
    }

    [Fact]
    public void Row_SaysGroupsAndWhatIsHeld()
    {
        var request = UuidId.New<AccessRequestId>(Start);
        Query.Answer(new PeopleView([Row() with { Held = [new(request, "edit in payments-prod", "Sandbox", GrantStatus.Active, Start.AddMinutes(20))] }], null));
        var row = Open().Find("tbody tr");

        Assert.Contains("developers", row.QuerySelector(".people-groups")!.TextContent, StringComparison.Ordinal);
        Assert.Equal($"/requests/{request}", row.QuerySelector(".people-held a")!.GetAttribute("href"));
    }

    [Fact]
    public void Row_GroupsUnknown_SaysSo()
    {
        Query.Answer(new PeopleView([Row() with { Groups = null }], null));

        Assert.Contains("unknown", Open().Find("tbody tr").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void StandingAccess_IsAskedForWhoeverIsUnfolded_AndNotBefore()
    {
        var standing = new StandingQuery();
        Services.AddSingleton<IPageQuery<PersonStandingAsk, PersonStandingView>>(standing);
        var alice = Row("Alice");
        Query.Answer(new PeopleView([alice, Row("Bob")], null));
        var page = Open();
        Assert.Empty(standing.Asked);

        page.Find("[aria-label='Standing access of Alice']").Click();

        Assert.Equal(alice.Id, Assert.Single(standing.Asked).Person);
        Assert.Equal("true", page.Find("[aria-label='Standing access of Alice']").GetAttribute("aria-expanded"));
        Assert.Contains("No cluster is registered", page.Find($"#standing-{alice.Id}").TextContent, StringComparison.Ordinal);
        page.Find("[aria-label='Standing access of Alice']").Click();
        Assert.Empty(page.FindAll(".unfolded"));
    }

    [Fact]
    public void Buttons_AreForOthersOnly()
    {
        Query.Answer(new PeopleView(
        [
            Row("Alice"),
            Row("Dana") with { IsViewer = true },
            Row("Bob") with { DisabledAt = Start, DisabledBy = "Dave", MayEnable = true },
            Row("Carol") with { DisabledAt = Start, DisabledBy = "Dana", MayEnable = false },
        ], null));

        Assert.Equal(["Disable Alice", "Enable Bob"], Open().FindAll(".cell-actions button").Select(b => b.GetAttribute("aria-label")));
    }

    [Fact]
    public void Disable_AsksFirst_AndAFailureHasItsNumber()
    {
        Query.Answer(new PeopleView([Row("Alice")], null));
        var providers = RenderProviders();
        var page = Open();

        page.Find("[aria-label='Disable Alice']").Click();
        Assert.Contains("Disable Alice?", providers.WaitForElement(".confirm").TextContent, StringComparison.Ordinal);
        Confirm(providers);

        // The database of these tests is down.
        page.WaitForAssertion(() => Assert.Contains("That did not work", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
    }

    private static PersonRow Row(string name = "Alice") => new(
        UuidId.New<PersonId>(Start), name, name.ToLowerInvariant(), "https://provider.test/", false, ["developers"], Start, Start, [], false, 0, null, null, "", false);

    private sealed class StandingQuery : IPageQuery<PersonStandingAsk, PersonStandingView>
    {
        public List<PersonStandingAsk> Asked { get; } = [];

        public Task<Outcome<PersonStandingView>> AskAsync(Actor actor, PersonStandingAsk ask, CancellationToken cancellation)
        {
            Asked.Add(ask);
            return Task.FromResult<Outcome<PersonStandingView>>(new PersonStandingView([]));
        }
    }

    private IRenderedComponent<PeoplePage> Open(string address = "/admin/people")
    {
        Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().NavigateTo(address);
        return Render<PeoplePage>();
    }
}
