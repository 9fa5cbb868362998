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

public sealed class ChangesPageTests : PageTestContext<RbacDiffAsk, RbacDiffView>
{
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
    public void Address_SaysWhatIsAsked(string query, string search, SubjectKind? kind, bool all)
    {
        Query.Answer(new RbacMatrixView(RbacSamples.Head(), [], [], 0, 0, []));
        Open(query);

        Assert.Equal(new RbacMatrixAsk("sandbox", search, kind, all), Query.Asked[^1]);
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
