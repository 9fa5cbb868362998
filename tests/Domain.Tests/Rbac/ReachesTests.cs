using Lapse.Domain.Rbac;
using Xunit;
using static Lapse.Domain.Tests.Rbac.States;

namespace Lapse.Domain.Tests.Rbac;

public class ReachesTests
{
    private static readonly Place Secrets = new("Secrets of kube-system", [.. new[] { "get", "list", "watch" }.Select(verb => AccessQuestion.For(verb, "", "secrets", namespaceName: "kube-system"))]);
    private static readonly Place All = new("All Secrets", [AccessQuestion.For("list", "", "secrets")]);

    [Fact]
    public void Reaches_BindingsHereThereAndEverywhere_OnlyWhatAllowsThePlaceCounts()
    {
        var index = Index(
            ClusterRole("reader", "get,list|-|secrets"),
            ClusterBinding("wide", "reader", User("root")), Binding("kube-system", "here", "ClusterRole", "reader", User("alice")), Binding("shop", "there", "ClusterRole", "reader", User("bob")));

        Assert.Equal(
            ["User alice: Secrets of kube-system by here", "User root: Secrets of kube-system by wide; All Secrets by wide"],
            index.Reaches([Secrets, All]).Select(Words));
    }

    [Fact]
    public void Reaches_OneRuleForSeveralQuestions_IsNamedOnce()
    {
        var index = Index(ClusterRole("reader", "get,list,watch|-|secrets", "*|-|secrets"), ClusterBinding("wide", "reader", User("root")));

        Assert.Equal([0, 1], index.Reaches([Secrets])[0].Reached[0].By.Select(way => way.RuleIndex));
    }

    [Fact]
    public void Reaches_RuleWithNames_ReachesAPartAndNothingThatCarriesNoName()
    {
        var index = Index(
            Role("kube-system", "one", "get|-|secrets|db"), Role("kube-system", "two", "create,deletecollection|-|secrets|db"),
            Binding("kube-system", "a", "Role", "one", User("alice")), Binding("kube-system", "b", "Role", "two", User("bob")));
        var place = new Place("x", [.. Secrets.Questions, AccessQuestion.For("create", "", "secrets", namespaceName: "kube-system"), AccessQuestion.For("deletecollection", "", "secrets", namespaceName: "kube-system")]);

        var reached = Assert.Single(Assert.Single(index.Reaches([place])).Reached);
        Assert.Equal(("alice", false), (index.Reaches([place])[0].Subject.Name, reached.Whole));
    }

    [Fact]
    public void Reaches_SubresourceByName_IsReachedInPart()
    {
        var index = Index(Role("kube-system", "r", "create|-|pods/exec|web"), Binding("kube-system", "a", "Role", "r", User("alice")));

        Assert.False(index.Reaches([new("x", [AccessQuestion.For("create", "", "pods/exec", namespaceName: "kube-system")])])[0].Reached[0].Whole);
    }

    [Fact]
    public void Reaches_ImplicitGroup_ReachesForEverybodyInIt()
    {
        var index = Index(
            ServiceAccount("ci", "deployer"), ClusterRole("reader", "list|-|secrets"), ClusterRole("other", "list|-|pods"),
            ClusterBinding("a", "reader", Group("system:serviceaccounts:ci"), Group("dev")), ClusterBinding("b", "other", Account("builder", "ci"), User("alice")),
            ClusterBinding("c", "reader", Account("builder", "ci")));

        Assert.Equal(
            [
                "Group dev: All Secrets by a", "Group system:serviceaccounts:ci: All Secrets by a",
                "ServiceAccount ci/builder: All Secrets by c; All Secrets by a through system:serviceaccounts:ci",
                "ServiceAccount ci/deployer: All Secrets by a through system:serviceaccounts:ci",
            ],
            index.Reaches([All]).Select(Words));
    }

    [Fact]
    public void Usual_ClusterAdmin_ReachesEveryPlace()
    {
        var places = Place.Usual(["kube-system", "ingress"]);
        var index = Index(ClusterRole("cluster-admin", "*|*|*"), ClusterBinding("a", "cluster-admin", User("root")));

        Assert.Equal(places.Select(place => place.Name), index.Reaches(places)[0].Reached.Select(reached => reached.Place.Name));
        Assert.All(index.Reaches(places)[0].Reached, reached => Assert.True(reached.Whole));
    }

    [Theory]
    [InlineData("*|-,apps,batch|*", "All Secrets")]
    [InlineData("get|-|secrets", "All Secrets")]
    [InlineData("create|rbac.authorization.k8s.io|rolebindings", "Changes of roles and bindings")]
    [InlineData("bind|rbac.authorization.k8s.io|clusterroles", "Changes of roles and bindings")]
    [InlineData("get|-|nodes/proxy", "Kubelets of the nodes")]
    [InlineData("impersonate|-|groups", "Acting as others")]
    [InlineData("create|-|serviceaccounts/token", "Tokens of service accounts")]
    [InlineData("patch|admissionregistration.k8s.io|mutatingwebhookconfigurations", "Admission webhooks")]
    [InlineData("create|-|pods", "New Pods in kube-system")]
    [InlineData("get|-|pods/exec", "Commands in Pods of kube-system")]
    public void Usual_OneDangerousRule_ReachesItsPlaceButNotEverything(string rule, string place)
    {
        var index = Index(ClusterRole("r", rule), ClusterBinding("a", "r", User("root")));
        var reached = index.Reaches(Place.Usual(["kube-system"]))[0].Reached.Select(one => one.Place.Name).ToList();

        Assert.Contains(place, reached);
        Assert.DoesNotContain("Everything", reached);
    }

    [Theory]
    [InlineData("get,list|-|pods,pods/log,configmaps")]
    [InlineData("get,list,watch|rbac.authorization.k8s.io|*")]
    [InlineData("get|-|serviceaccounts")]
    [InlineData("delete|-|pods")]
    public void Usual_HarmlessRule_ReachesNothing(string rule) =>
        Assert.Empty(Index(ClusterRole("r", rule), ClusterBinding("a", "r", User("alice"))).Reaches(Place.Usual(["kube-system"])));

    private static string Words(Reacher who) => $"{who.Subject}: " + string.Join("; ", who.Reached.Select(reached =>
        $"{reached.Place.Name} by {string.Join("+", reached.By.Select(way => way.Binding.Name))}{(reached.Through is { } group ? $" through {group}" : "")}"));
}
