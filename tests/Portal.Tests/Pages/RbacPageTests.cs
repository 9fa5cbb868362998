using Bunit;
using Lapse.Domain;
using Lapse.Portal.Features.Rbac;

namespace Lapse.Portal.Tests.Pages;

public sealed class RbacPageTests : PageTestContext<RbacOverviewAsk, RbacOverviewView>
{
    [Fact]
    public void Page_OneCluster_GoesThere()
    {
        Query.Answer(new RbacOverviewView([RbacSamples.Head()]));
        Render<RbacPage>();

        Assert.EndsWith("/rbac/sandbox", Address, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_SeveralClusters_SaysHowEachStands()
    {
        Query.Answer(new RbacOverviewView([RbacSamples.Head(), RbacSamples.Head(0, "other") with { Failure = "It does not answer." }]));
        var rows = Render<RbacPage>().FindAll("tbody tr");

        Assert.Contains("1 critical, 2 high", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("not read yet", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("never", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("Last look failed", rows[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Denied_ShowsNoCluster()
    {
        Query.Answer(_ => new Refusal("AuditDenied", "The audit is for admins and auditors. Nothing was shown.", "/"));
        var page = Render<RbacPage>();

        Assert.Equal("AuditDenied", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Empty(page.FindAll("table"));
    }
}
