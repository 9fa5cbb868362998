using Bunit;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

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
