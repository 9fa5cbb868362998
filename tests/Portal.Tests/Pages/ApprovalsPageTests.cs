using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Layout;
using Lapse.Portal.Features.Approvals;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class ApprovalsPageTests : PageTestContext<ApprovalsAsk, ApprovalsView>
{
    private static readonly ApprovalsView Nothing = new([], [], null, 0);

    private int Counted => Services.GetRequiredService<NavigationCounts>().Approvals;

    [Fact]
    public void Page_WhileItReads_KeepsTheRoomAndTheChoice()
    {
        var page = Render<ApprovalsPage>();

        Assert.NotNull(page.Find("[aria-busy=true]"));
        Assert.Equal(["Waiting for me", "Decided by me"], page.FindAll(".filter-chip").Select(chip => chip.TextContent));
    }

    [Fact]
    public void Page_NothingWaits_SaysSoAndLeadsToWhatWasDecided()
    {
        Query.Answer(Nothing);
        var page = Render<ApprovalsPage>();

        Assert.Contains("Nothing waits for you", page.Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Equal("/approvals?show=settled", page.Find(".empty a").GetAttribute("href"));
        Assert.Equal(0, Counted);
    }

    [Fact]
    public void Page_Failure_HasANumberAndReadsAgain()
    {
        Query.Fail();
        var page = Render<ApprovalsPage>();
        Assert.Matches("^[0-9a-f]{32}$", page.Find("[role=alert] code").TextContent);

        Query.Answer(Nothing);
        page.Find("[role=alert] button").Click();

        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public void Page_Denied_SaysWhyAndShowsNothing()
    {
        Query.Answer(_ => new Refusal("SignInAgain", "Your sign-in has ended. Nothing was lost; sign in again.", "/sign-in"));
        var page = Render<ApprovalsPage>();

        Assert.Equal("SignInAgain", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Empty(page.FindAll("table"));
    }

    [Fact]
    public void Row_SaysWhoWhatWhereHowLongWhySinceAndLeadsToTheRequest()
    {
        var request = Waiting();
        Query.Answer(new ApprovalsView([request], [], null, 1));
        var row = Render<ApprovalsPage>().Find("tbody tr");

        Assert.Equal($"/requests/{request.Id}", row.QuerySelector("a.row-link")!.GetAttribute("href"));
        foreach (var said in new[] { "admin in web-prod", "Alice", "Sandbox", "30 minutes", "<b>urgent</b>", "OPS-1", "20 minutes ago", "1 of 2 approvals" })
            Assert.Contains(said, row.TextContent, StringComparison.Ordinal);
        Assert.NotNull(row.QuerySelector(".env-production"));
        Assert.Null(row.QuerySelector("b"));
        Assert.Equal(1, Counted);
    }

    [Fact]
    public void More_AsksFromTheLastRowOn()
    {
        var (first, second) = (Waiting(), Waiting());
        var place = new ApprovalsCursor(first.Since, first.Id.Value);
        Query.Answer(ask => ask.After is null ? new ApprovalsView([first], [], place, 2) : new ApprovalsView([second], [], null, 2));
        var page = Render<ApprovalsPage>();

        page.Find(".more-row button").Click();

        Assert.Equal(place, Query.Asked[^1].After);
        Assert.Equal(2, page.FindAll("tbody tr").Count);
        Assert.Empty(page.FindAll(".more-row"));
    }

    [Fact]
    public void Settled_StandsApart_WithVerdictAndOutcome()
    {
        var mine = new SettledApproval(
            new(Guid.NewGuid()), new(Guid.NewGuid()), true, Samples.Alice, "admin", ["web-prod"], ClusterEnvironment.Production, "Sandbox", Verdict.Approve, "Fine by me", Samples.Now.AddMinutes(-5), RequestStatus.Denied);
        Query.Answer(ask => ask.Settled ? new ApprovalsView([], [mine, mine with { Id = new(Guid.NewGuid()), MaySee = false }], null, 3) : Nothing);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/approvals?show=settled");
        var rows = Render<ApprovalsPage>().FindAll("tbody tr");

        foreach (var said in new[] { "admin in web-prod", "Alice", "Approve", "Fine by me", "Denied", "5 minutes ago" })
            Assert.Contains(said, rows[0].TextContent, StringComparison.Ordinal);
        Assert.NotNull(rows[0].QuerySelector("a"));
        Assert.Null(rows[1].QuerySelector("a"));
        Assert.Equal(3, Counted);
    }

    [Fact]
    public void Settled_Empty_LeadsBackToTheQueue()
    {
        Query.Answer(Nothing);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/approvals?show=settled");

        Assert.Equal("/approvals", Render<ApprovalsPage>().Find(".empty a").GetAttribute("href"));
    }

    private static WaitingApproval Waiting() => new(
        new(Guid.NewGuid()), Samples.Alice, "admin", ["web-prod"], ClusterEnvironment.Production, "Sandbox", TimeSpan.FromMinutes(30), null,
        "<b>urgent</b>", "OPS-1", Samples.Now.AddMinutes(-20), Samples.Now.AddHours(7), 1, 2);
}
