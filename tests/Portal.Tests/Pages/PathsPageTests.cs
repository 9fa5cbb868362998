using Bunit;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class PathsPageTests : PageTestContext<RbacPathsAsk, RbacPathsView>
{
    private static readonly RoleObject Admin = new() { Name = "admin", Rules = [new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }] };

    [Fact]
    public void Picture_OfMany_FoldsAllButAFewAndTheTableHasAll()
    {
        var binding = new Lapse.Domain.Rbac.State.BindingObject { Name = "everybody", Role = new("ClusterRole", "admin") };
        Query.Answer(View([.. Enumerable.Range(0, 300).Select(i => Path($"user-{i:000}", binding))]));
        var page = Open();

        Assert.Equal(["administrator of the cluster"], page.FindAll(".is-place title").Select(title => title.TextContent));
        Assert.Equal(["ClusterRoleBinding everybody, ClusterRole admin"], page.FindAll(".is-binding title").Select(title => title.TextContent));
        Assert.Equal(6, page.FindAll("a.is-subject").Count);
        var folded = page.Find("a.is-folded");
        Assert.Equal("Unfold and 294 more", folded.GetAttribute("aria-label")!.Trim());
        Assert.Equal(300, page.FindAll("tbody tr").Count);

        var unfolded = Open(new Uri(folded.GetAttribute("href")!).Query);
        Assert.Equal(300, unfolded.FindAll("a.is-subject").Count);
        Assert.Empty(unfolded.FindAll("a.is-folded"));
        // No box lies on another.
        var places = unfolded.FindAll("rect").Select(box => (box.GetAttribute("x"), box.GetAttribute("y"))).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
    }

    [Fact]
    public void Picture_Boxes_AreReachedByOneTabAndSayWhereTheyLead()
    {
        var binding = new Lapse.Domain.Rbac.State.BindingObject { Name = "everybody", Role = new("ClusterRole", "admin") };
        Query.Answer(View([.. Enumerable.Range(0, 20).Select(i => Path($"user-{i:000}", binding))]));
        var page = Open();

        var boxes = page.FindAll("[data-graph] [data-to]");
        Assert.Equal("administrator of the cluster", Assert.Single(boxes, box => box.GetAttribute("tabindex") == "0").GetAttribute("aria-label"));
        var keys = boxes.Select(box => box.GetAttribute("data-box")).OfType<string>().ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        // Each leads to one that is there, but for the target.
        Assert.Single(boxes, box => box.GetAttribute("data-to")!.Length == 0);
        Assert.All(boxes.Where(box => box.GetAttribute("data-to")!.Length > 0), box => Assert.Contains(box.GetAttribute("data-to"), keys));
        var (of, folded) = (page.Find(".is-binding").GetAttribute("data-box"), page.Find("a.is-folded"));
        Assert.Equal((of, null), (folded.GetAttribute("data-to"), folded.GetAttribute("data-box")));
        Assert.All(page.FindAll("a.is-subject"), box => Assert.Equal(of, box.GetAttribute("data-to")));
    }

    [Fact]
    public void Picture_OfHundredsOfWaysThroughManyPlaces_StaysSmallAndOneUnfoldsIt()
    {
        // As of a grown cluster: namespaces whose makers of Pods become one of their accounts, which is administrator.
        var admin = new Lapse.Domain.Rbac.State.BindingObject { Name = "operators", Role = new("ClusterRole", "admin") };
        Query.Answer(View([.. Enumerable.Range(0, 500).Select(i =>
        {
            var (space, account) = ($"team-{i % 40:00}", Subject.OfAccount($"team-{i % 40:00}", "operator"));
            var local = new Lapse.Domain.Rbac.State.BindingObject { Namespace = space, Name = $"makers-{i % 3}", Role = new("ClusterRole", "edit") };
            var place = new PathNode(PathNodeKind.Namespace, space);
            return new AttackPath([
                new PathStep(PathNode.Of(Subject.OfUser($"person-{i:000}")), EdgeKind.Holds, place, [new(local, Admin, 0)], "Makes Pods.", ""),
                new PathStep(place, EdgeKind.Holds, PathNode.Of(account), [], "They run as it.", ""),
                new PathStep(PathNode.Of(account), EdgeKind.Holds, new(PathNodeKind.ClusterAdmin, ""), [new(admin, Admin, 0)], "It can do everything.", ""),
            ]);
        })]));
        var page = Open();

        var boxes = page.FindAll("[data-to]");
        Assert.InRange(boxes.Count, 20, 200);
        Assert.True(int.Parse(page.Find("svg.graph").GetAttribute("height")!, System.Globalization.CultureInfo.InvariantCulture) < 10_000);
        Assert.Equal(500, page.FindAll("tbody tr").Count);
        // Fold by fold everything can be reached, and nothing lies on anything else.
        for (var i = 0; i < 200 && page.FindAll("a.is-folded") is { Count: > 0 } folded; i++) page = Open(new Uri(folded[0].GetAttribute("href")!).Query);
        Assert.Empty(page.FindAll("a.is-folded"));
        Assert.Equal(500, page.FindAll("a.is-subject title").Select(title => title.TextContent).Count(name => name.StartsWith("person-", StringComparison.Ordinal)));
        var places = page.FindAll("rect").Select(box => (box.GetAttribute("x"), box.GetAttribute("y"))).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
    }

    [Fact]
    public void Line_ThatAssumesSomething_IsBroken()
    {
        var binding = new Lapse.Domain.Rbac.State.BindingObject { Name = "one", Role = new("ClusterRole", "admin") };
        Query.Answer(View([Path("anna", binding), Path("bert", binding with { Name = "two" }, "the moon is full")]));
        var page = Open();

        Assert.Equal((4, 2), (page.FindAll(".graph-line").Count, page.FindAll(".graph-line.is-assumed").Count));
        Assert.Equal("/rbac/sandbox/subjects/user?name=anna", page.Find("a.is-subject").GetAttribute("href"));
    }

    [Theory]
    [InlineData("", "", false, false)]
    [InlineData("?q=%20x&certain=1&all=1", "x", true, true)]
    [InlineData("?certain=yes&all=&open=..//", "", false, false)]
    public void Address_SaysWhatIsAsked(string query, string search, bool certain, bool all)
    {
        Query.Answer(View([]));

        Assert.Contains("RBAC shows no way", Open(query).Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Equal(new RbacPathsAsk("sandbox", search, certain, all), Query.Asked[^1]);
    }

    private static AttackPath Path(string name, Lapse.Domain.Rbac.State.BindingObject binding, string assumes = "") =>
        new([new PathStep(PathNode.Of(Subject.OfUser(name)), EdgeKind.Holds, new(PathNodeKind.ClusterAdmin, ""), [new(binding, Admin, 0)], $"{name} can do everything.", assumes)]);

    private static RbacPathsView View(IReadOnlyList<AttackPath> paths) => new(RbacSamples.Head(), paths, paths.Count, 0, []);

    private IRenderedComponent<PathsPage> Open(string query = "")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("/rbac/sandbox/paths" + query);
        return Render<PathsPage>(parameters => parameters.Add(page => page.Cluster, "sandbox"));
    }
}
