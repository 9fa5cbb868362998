using Bunit;
using Lapse.Portal.Features.Rbac;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class HistoryPageTests : PageTestContext<RbacHistoryAsk, RbacHistoryView>
{
    [Fact]
    public void Page_SeveralSnapshots_OffersToCompareTheOldestShownWithTheNewest()
    {
        var page = Open(RbacSamples.Snapshot(7, Samples.Now, new(1, 0, 0, 0, 0)), RbacSamples.Snapshot(6, Samples.Now.AddDays(-1), FindingCounts.None), RbacSamples.Snapshot(5, Samples.Now.AddDays(-2), FindingCounts.None));

        Assert.Equal(("get", "/rbac/sandbox/history/changes"), (page.Find("form").GetAttribute("method"), page.Find("form").GetAttribute("action")));
        Assert.Equal(["5", "7"], page.FindAll("option[selected]").Select(option => option.GetAttribute("value")));
        Assert.Equal(["Snapshot 7", "Snapshot 6", "Snapshot 5"], page.FindAll(".row-link").Select(link => link.TextContent));
        Assert.Equal("/rbac/sandbox/history/changes?to=6", page.FindAll(".row-link")[1].GetAttribute("href"));
    }

    [Fact]
    public void Page_OneSnapshot_HasNothingToCompare() => Assert.Empty(Open(RbacSamples.Snapshot(1, Samples.Now, FindingCounts.None)).FindAll("form"));

    private IRenderedComponent<HistoryPage> Open(params SnapshotRow[] snapshots)
    {
        Query.Answer(new RbacHistoryView(RbacSamples.Head(), snapshots, null));
        return Render<HistoryPage>(parameters => parameters.Add(page => page.Cluster, "sandbox"));
    }
}
