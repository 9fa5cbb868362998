using Bunit;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

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
