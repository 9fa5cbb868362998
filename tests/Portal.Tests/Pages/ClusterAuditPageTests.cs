using Bunit;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class ClusterAuditPageTests : PageTestContext<RbacFindingsAsk, RbacFindingsView>
{
    private readonly AnsweringFake<WhoCanAsk, WhoCanView> _whoCan = new(ask => new WhoCanView(RbacSamples.Head(), ["get", "list"], ["secrets"], ["kube-system"], null));
    private readonly AnsweringFake<RbacHistoryAsk, RbacHistoryView> _history = new(_ => new RbacHistoryView(RbacSamples.Head(), [], null));
    private readonly AnsweringFake<RbacFindingAsk, RbacFindingView> _finding = new(_ => new RbacFindingView(RbacSamples.Head(), RbacSamples.Row(), [], [], true, TimeSpan.FromDays(366)));

    public ClusterAuditPageTests()
    {
        Services.AddSingleton<IPageQuery<WhoCanAsk, WhoCanView>>(_whoCan);
        Services.AddSingleton<IPageQuery<RbacHistoryAsk, RbacHistoryView>>(_history);
        Services.AddSingleton<IPageQuery<RbacFindingAsk, RbacFindingView>>(_finding);
        Services.AddSingleton(new RbacOptions());
        Services.AddSingleton<AcceptFinding>();
        Services.AddSingleton<WithdrawAcceptance>();
        SignIn("dana", "lapse-admins");
    }

    [Fact]
    public void Page_Denied_ShowsNothingElse()
    {
        Query.Answer(_ => new Refusal("AuditDenied", "The audit is for admins and auditors. Nothing was shown.", "/"));
        var page = Open();

        Assert.Equal("AuditDenied", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Single(page.FindAll("h1"));
        Assert.Empty(page.FindAll("table, input, a[download], form"));
        Assert.Empty(_whoCan.Asked);
    }

    [Fact]
    public void Page_Failure_HasANumberAndReadsAgain()
    {
        Query.Fail();
        var page = Open();
        Assert.Matches("^[0-9a-f]{32}$", page.Find("[role=alert] code").TextContent);

        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        page.Find("[role=alert] button").Click();

        Assert.Single(page.FindAll("tbody tr[data-finding]"));
    }

    [Theory]
    [InlineData("", "", "", "", "", "", FindingStanding.Open, false)]
    [InlineData("?severity=critical,high&check=LR001&subject=User%20anna&namespace=shop&q=%20secret%20&show=all&new=1", "Critical High", "LR001", "User anna", "shop", "secret", FindingStanding.Standing, true)]
    [InlineData("?severity=nonsense&show=nonsense&new=no", "", "", "", "", "", FindingStanding.Open, false)]
    [InlineData("?show=accepted", "", "", "", "", "", FindingStanding.Accepted, false)]
    [InlineData("?show=gone", "", "", "", "", "", FindingStanding.Gone, false)]
    public void Address_SaysWhatIsAsked(string query, string severities, string check, string subject, string space, string text, FindingStanding standing, bool isNew)
    {
        Query.Answer(RbacSamples.Findings());
        Open("/rbac/sandbox" + query);

        var asked = Query.Asked[^1];
        Assert.Equal("sandbox", asked.Cluster);
        Assert.Equal((severities, check, subject, space, text, standing, isNew), (string.Join(' ', asked.Filter.Severities), asked.Filter.Check, asked.Filter.Subject, asked.Filter.Namespace, asked.Filter.Text, asked.Filter.Standing, asked.Filter.OnlyNew));
    }

    [Fact]
    public void Question_InTheAddress_IsAskedAndTheFindingsAreNotReadAgain()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open("/rbac/sandbox?severity=critical");
        var read = Query.Asked.Count;

        Services.GetRequiredService<NavigationManager>().NavigateTo("/rbac/sandbox?severity=critical&verb=get&resource=secrets&in=kube-system");

        page.WaitForAssertion(() => Assert.Equal(new WhoCanAsk("sandbox", "get", "secrets", "kube-system", ""), _whoCan.Asked[^1]));
        Assert.Equal(read, Query.Asked.Count);
    }

    [Fact]
    public void Answer_SaysWhoThroughWhatAndWhatIsNotKnown()
    {
        var via = new WhoCanVia("shop", "RoleBinding shop/readers", "ClusterRole secrets", 2, "core: secrets → get");
        _whoCan.Answer = _ => new WhoCanView(RbacSamples.Head(), [], [], [], new(
            "get secrets in shop", ["Members of system:masters can do everything."],
            [new(Subject.OfGroup("oidc:shop"), null, "its members are not visible here", [via], 3, false)], 1,
            [new(Subject.OfUser("anna"), null, "", [via], 1, false)], 1));
        Query.Answer(RbacSamples.Findings());
        var answer = Open("/rbac/sandbox?verb=get&resource=secrets").Find(".who-can-answer");

        Assert.Contains("1 subject can get secrets in shop.", answer.TextContent, StringComparison.Ordinal);
        Assert.Contains("system:masters", answer.TextContent, StringComparison.Ordinal);
        var row = answer.QuerySelectorAll("tbody tr")[0];
        Assert.Contains("its members are not visible here", row.TextContent, StringComparison.Ordinal);
        Assert.Contains("RoleBinding shop/readers → ClusterRole secrets, rule 2: core: secrets → get", row.TextContent, StringComparison.Ordinal);
        Assert.Contains("and 2 more", row.TextContent, StringComparison.Ordinal);
        Assert.Equal("/rbac/sandbox/subjects/group?name=oidc%3Ashop", row.QuerySelector("a")!.GetAttribute("href"));
        Assert.Contains("Only objects that their rules name: 1", answer.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_Nobody_IsSaidAsByRbac()
    {
        _whoCan.Answer = _ => new WhoCanView(RbacSamples.Head(), [], [], [], new("get secrets", [], [], 0, [], 0));
        Query.Answer(RbacSamples.Findings());

        Assert.Contains("Nobody can get secrets by RBAC.", Open("/rbac/sandbox?verb=get&resource=secrets").Find(".who-can-answer").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_AreTheBrowsersAndCompleteFromTheCluster()
    {
        Query.Answer(RbacSamples.Findings());
        var page = Open("/rbac/sandbox?verb=get");

        Assert.Equal(("get", "verb"), (page.Find("#who-can-verb").GetAttribute("value"), page.Find("#who-can-verb").GetAttribute("data-search-parameter")));
        Assert.Equal(["kube-system"], page.FindAll("#who-can-namespaces option").Select(option => option.GetAttribute("value")));
        Assert.Contains(page.FindAll("[data-fills-search]"), link => link.GetAttribute("href")!.Contains("verb=get&resource=secrets&in=kube-system", StringComparison.Ordinal));
    }

    [Fact]
    public void NotEvaluated_IsNeverHidden()
    {
        Query.Answer(RbacSamples.Findings() with { Head = RbacSamples.Head() with { Gaps = [new("rolebindings", "Lapse wants the rule X.")], NotEvaluated = [new("LR036", "No activity."), new("", "Only RBAC is seen.")] } });
        var panel = Open().Find(".not-evaluated");

        Assert.Contains("Not evaluated: rolebindings, 1 check", panel.QuerySelector("summary")!.TextContent, StringComparison.Ordinal);
        Assert.True(panel.HasAttribute("open"));
        Assert.Contains("Lapse wants the rule X.", panel.TextContent, StringComparison.Ordinal);
        Assert.Contains("LR036", panel.TextContent, StringComparison.Ordinal);
        Assert.Contains("./lapse cluster-rights sandbox", panel.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void LastLookFailed_IsSaidAboveWhatStands()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()) with { Head = RbacSamples.Head() with { Failure = "The API server does not answer." } });
        var page = Open();

        Assert.Contains("The API server does not answer.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll("tbody tr[data-finding]"));
    }

    [Fact]
    public void Accepted_AreHiddenAndCounted()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open();

        Assert.Contains("3 more are accepted and not shown.", page.Find(".found").TextContent, StringComparison.Ordinal);
        Assert.Contains("Accepted 3", page.FindAll(".filter-chip").Select(chip => chip.TextContent));
    }

    [Theory]
    [InlineData("/rbac/sandbox", "No open finding")]
    [InlineData("/rbac/sandbox?show=accepted", "Nothing is accepted")]
    [InlineData("/rbac/sandbox?q=x", "No finding matches these filters")]
    public void Empty_SaysWhatIsEmptyAndWhatIsHidden(string address, string title)
    {
        Query.Answer(RbacSamples.Findings());

        Assert.Contains(title, Open(address).Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Contains("3 more are accepted", Open(address).Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void NeverRead_SaysSoInsteadOfClean()
    {
        Query.Answer(RbacSamples.Findings() with { Head = RbacSamples.Head(0) });

        Assert.Contains("has not been read yet", Open().Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Exports_CarryTheFilter()
    {
        Query.Answer(RbacSamples.Findings());
        var page = Open("/rbac/sandbox?severity=critical&q=a%26b");

        Assert.Equal(["csv", "json", "sarif"], page.FindAll("a[download]").Select(link => link.GetAttribute("href")!.Split('?')[0].Split('.')[^1]));
        Assert.All(page.FindAll("a[download]"), link => Assert.EndsWith("?severity=critical&q=a%26b", link.GetAttribute("href"), StringComparison.Ordinal));
    }

    [Fact]
    public void Row_AcceptedByTheAuditItself_SaysWhyAndAsksNobodyToAcceptIt()
    {
        var row = RbacSamples.Row() with { AcceptedBecause = "It is Lapse's own account." };
        Query.Answer(RbacSamples.Findings(row));
        _finding.Answer = _ => new RbacFindingView(RbacSamples.Head(), row, [], [], true, TimeSpan.FromDays(366));
        var page = Open("/rbac/sandbox?show=accepted");
        page.Find(".unfold").Click();

        Assert.Contains("It is Lapse's own account.", page.WaitForElement(".finding").TextContent, StringComparison.Ordinal);
        Assert.Contains("accepted by default", page.Find("tr[data-finding]").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".accept"));
    }

    [Fact]
    public void Row_Opened_ShowsEvidenceAttackFixAndIds()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open();
        page.Find(".unfold").Click();
        var detail = page.WaitForElement(".finding");

        Assert.Contains("lets <b>it</b> do everything", detail.TextContent, StringComparison.Ordinal);
        Assert.Contains(Checks.ClusterAdmin.Attack, detail.TextContent, StringComparison.Ordinal);
        Assert.Contains("Delete ClusterRoleBinding ci.", detail.TextContent, StringComparison.Ordinal);
        Assert.Contains("CIS Kubernetes 5.1.1", detail.TextContent, StringComparison.Ordinal);
        Assert.Contains(detail.QuerySelectorAll("a.tag"), link => link.GetAttribute("href") == "https://attack.mitre.org/techniques/T1098/006/");
    }

    [Fact]
    public void Accept_WithoutADay_IsSaidAtTheFieldAndNothingIsDone()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open();
        page.Find(".unfold").Click();
        page.WaitForElement(".accept button").Click();

        Assert.Contains("Choose a day.", page.Find(".accept .error").TextContent, StringComparison.Ordinal);
        Assert.Single(_finding.Asked);
    }

    [Fact]
    public void Accept_ReachesTheUseCase()
    {
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open();
        page.Find(".unfold").Click();
        page.WaitForElement(".accept input[type=date]").Input("2027-01-31");
        page.Find(".accept button").Click();

        // The database of these tests is down.
        page.WaitForAssertion(() => Assert.Contains("That did not work", page.Find(".unfolded [role=alert]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void Auditor_SeesNoForm()
    {
        _finding.Answer = _ => new RbacFindingView(RbacSamples.Head(), RbacSamples.Row(), [], [], false, TimeSpan.FromDays(366));
        Query.Answer(RbacSamples.Findings(RbacSamples.Row()));
        var page = Open();
        page.Find(".unfold").Click();

        page.WaitForElement(".finding");
        Assert.Empty(page.FindAll(".accept"));
    }

    [Fact]
    public void Risk_IsDrawnInStepsAndTold()
    {
        _history.Answer = _ => new RbacHistoryView(RbacSamples.Head(), [RbacSamples.Snapshot(2, Samples.Now.AddHours(-1), new(1, 0, 0, 1, 0)), RbacSamples.Snapshot(1, Samples.Now.AddHours(-2), new(3, 1, 0, 0, 0))], null);
        Query.Answer(RbacSamples.Findings());
        var risk = Open().Find(".risk");

        // Three of four until half of the time, then one.
        Assert.Equal("0,25 500,25 500,75 1000,75 1000,100 500,100 500,100 0,100", risk.QuerySelector("polygon.risk-critical")!.GetAttribute("points"));
        Assert.Contains("2 findings, 4 at the beginning.", risk.TextContent, StringComparison.Ordinal);
        Assert.Equal(["2", "1"], risk.QuerySelectorAll("tbody tr td:first-child").Select(cell => cell.TextContent));
    }

    private IRenderedComponent<ClusterAuditPage> Open(string address = "/rbac/sandbox")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<ClusterAuditPage>(parameters => parameters.Add(page => page.Cluster, "sandbox"));
    }

    internal sealed class AnsweringFake<TAsk, TView>(Func<TAsk, Outcome<TView>> answer) : IPageQuery<TAsk, TView>
    {
        public Func<TAsk, Outcome<TView>> Answer { get; set; } = answer;

        public List<TAsk> Asked { get; } = [];

        public Task<Outcome<TView>> AskAsync(Actor actor, TAsk ask, CancellationToken cancellation)
        {
            Asked.Add(ask);
            return Task.FromResult(Answer(ask));
        }
    }
}
