using System.Collections.Immutable;
using Bunit;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

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

public sealed class SubjectPageTests : PageTestContext<RbacSubjectAsk, RbacSubjectView>
{
    private static readonly Subject Deployer = Subject.OfAccount("ci", "deployer");

    public SubjectPageTests() => SignIn("sam", "lapse-auditors");

    [Theory]
    [InlineData("serviceaccount", "ci/deployer")]
    [InlineData("user", "../a?b#c/ü")]
    [InlineData("group", "oidc:x")]
    public void Address_SaysWhoIsAsked(string kind, string name)
    {
        Query.Answer(_ => new Refusal("SubjectUnknown", "This address names nobody.", "/rbac"));
        Open(kind, name);

        Assert.Equal(new RbacSubjectAsk("sandbox", kind, name), Query.Asked[^1]);
    }

    [Fact]
    public void Page_SaysPathsStepByStepRightsAndThatUseIsNotKnown()
    {
        var binding = new Lapse.Domain.Rbac.State.BindingObject { Name = "ci", Role = new("ClusterRole", "admin") };
        var role = new RoleObject { Name = "admin", Rules = [new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }] };
        var step = new PathStep(PathNode.Of(Deployer), EdgeKind.Holds, new(PathNodeKind.ClusterAdmin, ""), [new(binding, role, 0)], "It can do everything.", "the moon is full");
        Query.Answer(View(
            paths: [new AttackPath([step, step with { Sentence = "Then more.", Assumes = "" }])],
            rights: [new("ClusterRoleBinding ci", "ClusterRole admin", "", null, true, [new("Can do everything.", RoleDanger.Dangerous, null)], ["*: * → *"], Samples.Now.AddDays(-3), true, null, false)]));
        var page = Open("serviceaccount", "ci/deployer");

        Assert.Equal(["It can do everything.", "Then more."], page.FindAll(".path-steps > li > p:first-child").Select(p => p.TextContent));
        Assert.Contains("Assumes that the moon is full.", page.Find(".path").TextContent, StringComparison.Ordinal);
        Assert.Contains("ClusterRoleBinding ci → ClusterRole admin, rule 1", page.Find(".path").TextContent, StringComparison.Ordinal);
        Assert.Contains("before Lapse first looked", page.Find(".right").TextContent, StringComparison.Ordinal);
        Assert.Contains("has not recorded any activity", page.Find(".subject-facts").TextContent, StringComparison.Ordinal);
        Assert.Contains("may become administrator", page.Find(".lead").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_NoPath_SaysOnlyWhatWasRead()
    {
        Query.Answer(View() with { NotComplete = ["rolebindings"] });

        Assert.Contains("RBAC shows none in what could be read.", Open("serviceaccount", "ci/deployer").Find(".subject-none").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_RoleOrAccountThatIsNotThere_IsSaid()
    {
        Query.Answer(View(rights: [new("RoleBinding shop/x", "Role gone", "shop", Subject.OfGroup("system:serviceaccounts"), false, [], [], null, false, null, false)]) with { IsThere = false });
        var page = Open("serviceaccount", "ci/deployer");

        Assert.Contains("The role does not exist", page.Find(".right").TextContent, StringComparison.Ordinal);
        Assert.Contains("system:serviceaccounts", page.Find(".right a").TextContent, StringComparison.Ordinal);
        Assert.Contains("does not exist", page.Find(".subject-facts").TextContent, StringComparison.Ordinal);
    }

    private static RbacSubjectView View(IReadOnlyList<AttackPath>? paths = null, IReadOnlyList<SubjectRight>? rights = null) =>
        new(RbacSamples.Head(), Deployer, ["system:authenticated"], true, ["Pod ci/run"], 1, rights ?? [], rights?.Count ?? 0, [], paths ?? [], []);

    private IRenderedComponent<SubjectPage> Open(string kind, string name)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/rbac/sandbox/subjects/{kind}?name={Uri.EscapeDataString(name)}");
        return Render<SubjectPage>(parameters => parameters.Add(page => page.Cluster, "sandbox").Add(page => page.Kind, kind));
    }
}

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

public sealed class MatrixPageTests : PageTestContext<RbacMatrixAsk, RbacMatrixView>
{
    [Theory]
    [InlineData("", "", null, false)]
    [InlineData("?q=%20dep%20&kind=serviceaccount&all=1", "dep", SubjectKind.ServiceAccount, true)]
    [InlineData("?kind=nonsense&all=yes", "", null, false)]
    [InlineData("?in=argocd", "", null, false, "argocd")]
    public void Address_SaysWhatIsAsked(string query, string search, SubjectKind? kind, bool all, string space = "")
    {
        Query.Answer(new RbacMatrixView(RbacSamples.Head(), [], [], 0, 0, []));
        Open(query);

        Assert.Equal(new RbacMatrixAsk("sandbox", search, kind, all) { Namespace = space }, Query.Asked[^1]);
    }

    [Fact]
    public void Namespaces_ThatWereLearnt_SayWhyAndManyAreChosenFrom()
    {
        var view = new RbacMatrixView(RbacSamples.Head(), ["Everything"], [new(Subject.OfUser("anna"), [null])], 1, 0, []) { Namespaces = [new("kube-system", null), new("ci", Subject.OfAccount("ci", "deployer"))] };
        Query.Answer(view);
        var page = Open();
        Assert.Equal("ci counts as privileged, since ci/deployer is there, who becomes administrator of the cluster.", Assert.Single(page.FindAll(".matrix-learnt")).TextContent);
        Assert.Equal(["All in short", "kube-system", "ci"], page.FindAll(".filter[aria-label='Privileged namespaces'] .filter-chip").Select(chip => chip.TextContent.Trim()));

        Query.Answer(view with { Namespaces = [new("kube-system", null)], ByEverybody = 4 });
        page = Open();
        Assert.DoesNotContain("Privileged namespaces", page.Markup, StringComparison.Ordinal);
        Assert.Contains("4 more only as everybody has it, by a group that is shown", page.Find(".found").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_SayAllSomeAndNothingInWords()
    {
        Query.Answer(new RbacMatrixView(
            RbacSamples.Head(), ["Everything", "All Secrets", "Kubelets of the nodes"],
            [new(Subject.OfUser("anna"), [null, new(true, null, "ClusterRoleBinding x"), new(false, "system:authenticated", "ClusterRoleBinding y")])], 1, 5, ["rolebindings"]));
        var page = Open();

        Assert.Equal(["nothing", "all", "some as a member of system:authenticated"], page.FindAll("tbody td").Select(cell => cell.TextContent.Trim()));
        Assert.Contains("5 more have it by bindings that Kubernetes itself brings, and are not shown", page.Find(".found").TextContent, StringComparison.Ordinal);
        Assert.Contains("rolebindings could not be read", page.Markup, StringComparison.Ordinal);
    }

    private IRenderedComponent<MatrixPage> Open(string query = "")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("/rbac/sandbox/matrix" + query);
        return Render<MatrixPage>(parameters => parameters.Add(page => page.Cluster, "sandbox"));
    }
}

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

public sealed class ReportPageTests : PageTestContext<RbacFindingsAsk, RbacFindingsView>
{
    [Fact]
    public void Report_WritesEveryPartOut()
    {
        Query.Answer(ask => RbacSamples.Findings(RbacSamples.Row(ask.After is null ? 'a' : 'b')) with
        {
            Found = new(2, 0, 0, 0, 0),
            Next = ask.After is null ? new(Lapse.Domain.Rbac.Findings.Severity.Critical, "LR001", new string('a', 32)) : null,
            Head = RbacSamples.Head() with { NotEvaluated = [new("LR036", "No activity.")] },
        });
        Services.GetRequiredService<NavigationManager>().NavigateTo("/rbac/sandbox/report?severity=critical");
        var page = Render<ReportPage>(parameters => parameters.Add(one => one.Cluster, "sandbox"));

        Assert.Equal(2, page.FindAll(".report-finding").Count);
        Assert.Contains("LR036", page.Find(".report").TextContent, StringComparison.Ordinal);
        Assert.Contains("only severity=critical", page.Find(".lead").TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.Find("[data-prints]"));
    }
}
