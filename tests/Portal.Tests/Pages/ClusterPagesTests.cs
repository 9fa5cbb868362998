using Bunit;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Portal.Features.Admin;
using Microsoft.AspNetCore.Components.Forms;

namespace Lapse.Portal.Tests.Pages;

public sealed class ClustersPageTests : AdminTestContext<AdminClustersAsk, AdminClustersView>
{
    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<ClustersPage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_ForWhoeverIsNoAdmin_SaysSo()
    {
        Query.Answer(_ => new Refusal("NotAnAdmin", "This page is for admins.", "/"));
        var page = Render<ClustersPage>();

        Assert.Equal("NotAnAdmin", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Equal("Clusters", page.Find("h1").TextContent);
        Assert.Empty(page.FindAll("button"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<ClustersPage>().Find("[role=alert] code").TextContent);
    }

    [Fact]
    public void Page_WithoutAnyCluster_SaysWhatToDo()
    {
        Query.Answer(new AdminClustersView([], null, []));

        Assert.Equal("/admin/clusters/new", Render<ClustersPage>().Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public void Page_Filled_ShowsEachClusterWithoutItsCredential()
    {
        Query.Answer(new AdminClustersView([Card()], null, []));
        var cluster = Render<ClustersPage>().Find("article[aria-label=Sandbox]");

        Assert.Contains("Healthy", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("As it should be.", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("v1.32.0", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("preferred_username alice is oidc:alice there", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("developers of groups is oidc:developers there", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("ServiceAccount token", cluster.TextContent, StringComparison.Ordinal);
        Assert.Contains("./lapse cluster-rights sandbox", cluster.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_ClusterThatSeesNoGroups_SaysSo()
    {
        Query.Answer(new AdminClustersView([Card() with { GroupsClaim = "" }], null, []));

        Assert.Contains("it sees none", Render<ClustersPage>().Find("article").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_ClusterWithoutTheRights_HasEachRuleOneClickAwayAndSaysWhatToDo()
    {
        var card = Card(ClusterState.Degraded);
        card.Health!.Missing = [new("web-prod", "- verbs:\n  - bind", "bind clusterroles admin in web-prod"), new(null, "- verbs:\n  - list", "list namespaces")];
        card.Health.RightsCheckedAt = Start;
        Query.Answer(new AdminClustersView([card], null, []));
        var missing = Render<ClustersPage>().Find("details.missing");

        Assert.Equal("The 2 rules that are missing", missing.QuerySelector("summary")!.TextContent);
        Assert.Equal(["- verbs:\n  - bind", "- verbs:\n  - list"], missing.QuerySelectorAll("pre").Select(pre => pre.TextContent));
        Assert.Contains("In a Role of namespace web-prod:", missing.TextContent, StringComparison.Ordinal);
        Assert.Contains("In a ClusterRole:", missing.TextContent, StringComparison.Ordinal);
        Assert.Contains("./lapse cluster-rights sandbox", missing.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_HealthyCluster_HasNothingMissing()
    {
        Query.Answer(new AdminClustersView([Card()], null, []));

        Assert.Empty(Render<ClustersPage>().FindAll("details.missing"));
    }

    [Fact]
    public void Page_ClusterThatStarts_SaysHowFarItIs()
    {
        Query.Answer(new AdminClustersView([Card(ClusterState.Starting, 40)], null, []));

        Assert.Equal("40", Render<ClustersPage>().Find("progress").GetAttribute("value"));
    }

    [Fact]
    public void Page_More_AsksForWhatComesAfterTheLast()
    {
        Query.Answer(ask => ask.After is null ? new AdminClustersView([Card()], new("sandbox"), []) : new AdminClustersView([Card() with { Id = UuidId.New<ClusterId>(Start), Title = "Second" }], null, []));
        var page = Render<ClustersPage>();

        page.Find(".more-row button").Click();

        page.WaitForAssertion(() => Assert.Equal(new NameCursor("sandbox"), Query.Asked[^1].After));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".more-row")));
    }

    [Theory]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, false, false, "Confirm", "Withdraw")]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, true, false, "Withdraw")]
    [InlineData(ChangeStatus.Draft, true, false, "Continue", "Withdraw")]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, false, true, "Withdraw")]
    [InlineData(ChangeStatus.Draft, true, true, "Withdraw")]
    public void Waiting_Change_OffersWhatItsViewerCanDo(ChangeStatus status, bool mine, bool outdated, params string[] buttons)
    {
        Query.Answer(new AdminClustersView([], null, [Waiting(status, mine, outdated)]));
        var change = Render<ClustersPage>().Find("article");

        Assert.Equal(buttons, change.QuerySelectorAll("button").Select(b => b.TextContent.Trim()));
        Assert.Contains(mine ? "Dana" : "Dave", change.TextContent, StringComparison.Ordinal);
        Assert.Equal(outdated ? 1 : 2, change.QuerySelectorAll("time").Length);
        Assert.Equal("2 of developers (Peers)", change.QuerySelector("del")!.LastChild!.TextContent);
        Assert.Equal("1 of developers (Peers)", change.QuerySelector("ins")!.LastChild!.TextContent);
    }

    [Theory]
    [InlineData("Confirm")]
    [InlineData("Withdraw")]
    public void Waiting_Act_ThatFails_SaysThatNothingWasLost(string button)
    {
        Query.Answer(new AdminClustersView([], null, [Waiting()]));
        var page = Render<ClustersPage>();

        page.FindAll("article button").Single(b => b.TextContent.Trim() == button).Click();

        page.WaitForAssertion(() => Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.NotNull(page.Find("article"));
    }

    [Fact]
    public void Retire_AsksFirst_AndSaysWhatItDestroys()
    {
        Query.Answer(new AdminClustersView([Card()], null, []));
        var providers = RenderProviders();
        var page = Render<ClustersPage>();

        page.Find("button.btn-danger").Click();

        Assert.Equal("Retire Sandbox", providers.WaitForElement(".confirm .btn-danger").TextContent);
    }

    [Fact]
    public void Change_OfACredentialOnly_IsSaidInWords()
    {
        var change = Waiting(kind: ChangeKind.Cluster) with { Fields = [] };
        Query.Answer(new AdminClustersView([], null, [change]));

        Assert.Contains("Only its credential is replaced.", Render<ClustersPage>().Find("article").TextContent, StringComparison.Ordinal);
    }
}

public sealed class ClusterFormPageTests : AdminTestContext<ClusterFormAsk, ClusterFormView>
{
    private static readonly ClusterFormView New = new(null, 0, "", "", ClusterEnvironment.Production, "", "", "", null, "sub", "oidc:", "groups", "oidc:", false, true);
    private static readonly ClusterFormView Known = new(TheCluster, 4, "sandbox", "Sandbox", ClusterEnvironment.Staging, "https://api.example.org:6443", "", "", CredentialKind.Token, "sub", "oidc:", "roles", "team:", true, false);

    [Fact]
    public void Page_ForAnUnknownCluster_LeadsBack()
    {
        Query.Answer(_ => new Refusal("ClusterUnknown", "There is no such cluster in use.", "/admin/clusters"));

        Assert.Equal("/admin/clusters", Render<ClusterFormPage>(p => p.Add(c => c.Id, "x")).Find("[role=alert] a").GetAttribute("href"));
    }

    [Fact]
    public void Page_New_RegistersAndSaysThatAnotherAdminHasToConfirm()
    {
        Query.Answer(New);
        var page = Render<ClusterFormPage>(p => p.Add(c => c.Id, "new"));

        Assert.Equal("Register a cluster", page.Find("h1").TextContent);
        Assert.Equal("Register cluster", page.Find(".btn-primary").TextContent.Trim());
        Assert.Contains("Another admin has to confirm", page.Find($"#{page.Find(".btn-primary").GetAttribute("aria-describedby")}").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll("input[type=radio]").Count);
    }

    [Fact]
    public void Page_SaveThatFails_KeepsWhatWasTyped()
    {
        Query.Answer(New);
        var page = Render<ClusterFormPage>(p => p.Add(c => c.Id, "new"));
        Field(page, "Name").Input("prod-eu");

        page.Find(".btn-primary").Click();

        page.WaitForAssertion(() => Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Equal("prod-eu", Field(page, "Name").GetAttribute("value"));
    }

    [Fact]
    public void Form_OfAKnownCluster_KeepsItsNameAndItsAccess()
    {
        ClusterForm? saved = null;
        var form = Form(Known, cluster => { saved = cluster; return null; });

        Assert.True(Field(form, "Name").HasAttribute("disabled"));
        Field(form, "Title").Input("Renamed");
        form.Find(".btn-primary").Click();

        Assert.Equal((TheCluster, 4, "Renamed", ClusterEnvironment.Staging), (saved!.Id!.Value, saved.BaseVersion, saved.Title, saved.Environment));
        Assert.Equal(("roles", "team:"), (saved.GroupsClaim, saved.GroupsPrefix));
        Assert.IsType<ClusterAccess.Unchanged>(saved.Access);
        Assert.Equal(4, form.FindAll("input[type=radio]").Count);
    }

    [Fact]
    public void Form_AddressAndToken_AreTakenWithoutSpacesAround()
    {
        ClusterForm? saved = null;
        var form = Form(New, cluster => { saved = cluster; return null; });
        form.FindAll("input[type=radio]")[1].Change(true);
        Field(form, "Address").Input(" https://api.example.org ");
        Field(form, "Token").Input("abc\n");

        form.Find(".btn-primary").Click();

        Assert.Equal(new ClusterAccess.Token("https://api.example.org", "", "abc"), saved!.Access);
        Assert.Equal("password", Field(form, "Token").GetAttribute("type"));
    }

    [Theory]
    [InlineData("ClusterName", 0, "Name")]
    [InlineData("ClusterNameTaken", 0, "Name")]
    [InlineData("TitleLength", 0, "Title")]
    [InlineData("UserNameClaim", 0, "User name claim")]
    [InlineData("UserNamePrefixReserved", 0, "User name prefix")]
    [InlineData("GroupsClaim", 0, "Groups claim")]
    [InlineData("GroupsPrefix", 0, "Groups prefix")]
    [InlineData("GroupsPrefixReserved", 0, "Groups prefix")]
    [InlineData("Kubeconfig:exec", 0, "Kubeconfig")]
    [InlineData("ServerNotHttps", 0, "Kubeconfig")]
    [InlineData("ServerNotHttps", 1, "Address")]
    [InlineData("CertificateAuthority", 1, "Certificate authority")]
    [InlineData("CredentialToken", 1, "Token")]
    public void Form_Refusal_IsSaidAtItsField(string code, int way, string field)
    {
        var form = Form(New, _ => new(code, "What would be right."));
        form.FindAll("input[type=radio]")[way].Change(true);

        form.Find(".btn-primary").Click();

        var wrong = Field(form, field);
        Assert.Equal("true", wrong.GetAttribute("aria-invalid"));
        Assert.Equal("What would be right.", form.Find($"#{wrong.GetAttribute("id")}-error").TextContent);
        Assert.Empty(form.FindAll("[role=alert]"));
    }

    [Fact]
    public void Form_RefusalOfNoField_IsSaidAboveTheButton()
    {
        var form = Form(New, _ => new("ClusterDoesNotAnswer", "The cluster does not let Lapse in."));

        form.Find(".btn-primary").Click();

        Assert.Equal("ClusterDoesNotAnswer", form.Find("[role=alert]").GetAttribute("data-code"));
    }

    [Fact]
    public void Form_UploadedFile_IsUsedAndNotShown()
    {
        ClusterForm? saved = null;
        var form = Form(New, cluster => { saved = cluster; return null; });

        form.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText("current-context: secret", "prod.yaml"));
        form.WaitForAssertion(() => Assert.Equal("prod.yaml", form.Find(".file-name code").TextContent));
        form.Find(".btn-primary").Click();

        Assert.Equal(new ClusterAccess.Kubeconfig("current-context: secret"), saved!.Access);
        Assert.DoesNotContain("secret", form.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Form_UploadedFileThatIsTooLong_IsRefused()
    {
        var form = Form(New, _ => null);

        form.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText(new string('x', KubeconfigReader.Longest + 1), "large.yaml"));

        form.WaitForAssertion(() => Assert.Contains("256 KiB", form.Find(".error").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void Form_Test_ShowsWhatIsMissingAsYaml()
    {
        var form = Form(Known, _ => null, new ClusterTest("v1.32.0", TimeSpan.FromMinutes(-2), 2, [new("web-prod", "- verbs:\n  - bind")]));

        form.FindAll("button").Single(b => b.TextContent.Trim() == "Test").Click();

        Assert.Contains("behind the portal's", form.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Equal("- verbs:\n  - bind", form.Find("pre").TextContent);
        Assert.Contains("./lapse cluster-rights sandbox", form.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Form_TestThatIsRefused_IsSaidAtItsField()
    {
        var form = Form(New, _ => null, new Refusal("Kubeconfig:exec", "This kubeconfig uses “exec”, which Lapse refuses."));

        form.FindAll("button").Single(b => b.TextContent.Trim() == "Test").Click();

        Assert.Equal("true", Field(form, "Kubeconfig").GetAttribute("aria-invalid"));
    }

    private IRenderedComponent<ClusterFields> Form(ClusterFormView view, Func<ClusterForm, Refusal?> save, Outcome<ClusterTest>? test = null) => Render<ClusterFields>(p => p
        .Add(c => c.Cluster, view)
        .Add(c => c.OnSave, form => Task.FromResult(save(form)))
        .Add(c => c.OnTest, _ => Task.FromResult(test)));

    private static AngleSharp.Dom.IElement Field<T>(IRenderedComponent<T> form, string label) where T : Microsoft.AspNetCore.Components.IComponent =>
        form.Find($"#{form.FindAll("label").Single(l => l.TextContent.Replace("optional", "", StringComparison.Ordinal).Trim() == label).GetAttribute("for")}");
}
