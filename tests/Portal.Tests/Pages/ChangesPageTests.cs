using System.Collections.Immutable;
using Bunit;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class ChangesPageTests : PageTestContext<RbacDiffAsk, RbacDiffView>
{
    [Fact]
    public void Page_TheSameSnapshotTwice_SaysSo()
    {
        var snapshot = RbacSamples.Snapshot(3, Samples.Now, FindingCounts.None);
        Query.Answer(new RbacDiffView(RbacSamples.Head(), snapshot, snapshot, [], 0, []));

        Assert.Contains("The same snapshot twice", Open("/rbac/sandbox/history/changes?from=3&to=3").Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_SaysWhatIsDifferentAndMarksLapsesOwn()
    {
        var role = new RoleObject { Name = "reader", Namespace = "shop" };
        var binding = new Lapse.Domain.Rbac.State.BindingObject { Name = "lapse-1", Namespace = "shop", Role = new("ClusterRole", "edit"), Subjects = [new("User", "oidc:anna")] };
        ImmutableArray<PolicyRule> widens = [new() { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"] }];
        Query.Answer(new RbacDiffView(
            RbacSamples.Head(), RbacSamples.Snapshot(3, Samples.Now.AddDays(-1), FindingCounts.None), RbacSamples.Snapshot(7, Samples.Now, new(1, 0, 0, 0, 0)),
            [new(RbacChangeKind.Changed, role, role, [new("rules", ["get: pods in core"], ["get: secrets in core"])]) { Widens = widens }, new(RbacChangeKind.Added, null, binding, []) { IsLapses = true }], 2, ["Secret"]));
        var page = Open("/rbac/sandbox/history/changes?from=3&to=7");

        Assert.Equal(new RbacDiffAsk("sandbox", 3, 7), Query.Asked[^1]);
        var rows = page.FindAll("tbody tr");
        Assert.Contains("Gone: get: pods in core", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("New: get: secrets in core", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("get secrets (core)", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("not recorded", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("Lapse, for a grant", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("User oidc:anna", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("Not compared, since one of the two could not read them: Secret.", page.Markup, StringComparison.Ordinal);
    }

    private IRenderedComponent<ChangesPage> Open(string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<ChangesPage>(parameters => parameters.Add(page => page.Cluster, "sandbox"));
    }
}
