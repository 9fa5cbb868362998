using Bunit;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Admin;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class AdminCataloguePageTests : AdminTestContext<AdminCatalogueAsk, AdminCatalogueView>
{
    private static readonly AdminCatalogueView Nothing = new([], [], null, [], true);

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<CataloguePage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_ForWhoeverIsNoAdmin_SaysSo()
    {
        Query.Answer(_ => new Refusal("NotAnAdmin", "This page is for admins.", "/"));

        Assert.Equal("NotAnAdmin", Render<CataloguePage>().Find("[role=alert]").GetAttribute("data-code"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<CataloguePage>().Find("[role=alert] code").TextContent);
    }

    [Theory]
    [InlineData("", CatalogueSection.Entries, "/admin/catalogue/entries/new")]
    [InlineData("?show=workflows", CatalogueSection.Workflows, "/admin/catalogue/workflows/new")]
    [InlineData("?show=withdrawn", CatalogueSection.Withdrawn, null)]
    [InlineData("?show=%3Cscript%3E", CatalogueSection.Entries, "/admin/catalogue/entries/new")]
    public void Page_Section_IsInTheAddress_AndEmptySaysWhatToDo(string address, CatalogueSection section, string? link)
    {
        Query.Answer(Nothing);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/admin/catalogue" + address);
        var page = Render<CataloguePage>();

        Assert.Equal(section, Assert.Single(Query.Asked).Section);
        Assert.Equal(link, page.FindAll(".empty a").SingleOrDefault()?.GetAttribute("href"));
    }

    [Fact]
    public void Page_WithoutClusterOrWorkflow_LeadsThereFirst()
    {
        Query.Answer(Nothing with { CanAddEntries = false });
        var page = Render<CataloguePage>();

        Assert.Equal("/admin/clusters", page.Find(".empty a").GetAttribute("href"));
        Assert.Empty(page.FindAll(".page-action a"));
    }

    [Fact]
    public void Page_Filled_HasARowForEachEntry()
    {
        var id = UuidId.New<ElevatedRoleId>(Start);
        Query.Answer(Nothing with { Entries = [new(id, "Edit payments", ClusterEnvironment.Production, new(RoleKind.ClusterRole, "edit"), ["payments-prod"], "Sandbox", TimeSpan.FromHours(1), "One peer", 2, Start)] });
        var row = Render<CataloguePage>().Find("tbody tr");

        Assert.Equal($"/admin/catalogue/entries/{id}", row.QuerySelector("a")!.GetAttribute("href"));
        foreach (var word in (string[])["Edit payments", "Production", "edit", "payments-prod", "Sandbox", "1 hour", "One peer"]) Assert.Contains(word, row.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Workflows_SayWhoApproves()
    {
        Query.Answer(Nothing with { Workflows = [new(TheWorkflow, "Two peers", ["developers"], "2 of developers (Peers)", 3, 1, Start)] });

        Assert.Contains("2 of developers (Peers)", Render<CataloguePage>().Find("tbody tr").TextContent, StringComparison.Ordinal);
    }
}

public sealed class EntryFormPageTests : AdminTestContext<EntryFormAsk, EntryFormView>
{
    private static readonly EntryFormView New = new(null, false, [new(TheCluster.ToString(), "Sandbox")], [new(TheWorkflow, "Two peers", "developers", "2 of developers (Peers)")], ["edit"], [], true);

    private readonly RoleQuery _roles = new();

    public EntryFormPageTests() => Services.AddSingleton<IPageQuery<RolePreviewAsk, RolePreview>>(_roles);

    [Fact]
    public void Page_OfAnEntry_ShowsItsHistoryAndOffersToWithdrawIt()
    {
        Query.Answer(New with { Current = Entry("payments-prod"), History = [new(2, "Dana", "dana", "Dave", Start, [new("Longest duration", "30 minutes", "1 hour")]), new(1, null, null, null, Start.AddDays(-1), [])] });
        var page = Page();

        Assert.Contains("made version 2, confirmed by Dave", page.Find(".timeline").TextContent, StringComparison.Ordinal);
        Assert.Contains("An operator on the machine made version 1", page.Find(".timeline").TextContent, StringComparison.Ordinal);
        Assert.Equal("Withdraw this entry", page.Find(".page-action button").TextContent.Trim());
        Assert.Empty(page.FindAll(".more-row"));
    }

    [Fact]
    public void Page_OfAWithdrawnEntry_OffersItAgain()
    {
        Query.Answer(New with { Current = Entry("payments-prod"), IsWithdrawn = true });
        var page = Page();

        Assert.Equal("Offer it again", page.Find("form .btn-primary").TextContent.Trim());
        Assert.Empty(page.FindAll(".page-action button"));
    }

    [Fact]
    public void Withdraw_AsksFirst()
    {
        Query.Answer(New with { Current = Entry("payments-prod") });
        var providers = RenderProviders();

        Page().Find(".page-action button").Click();

        Assert.Equal("Withdraw Edit payments", providers.WaitForElement(".confirm .btn-danger").TextContent);
    }

    [Fact]
    public void Preview_SaysWhatTheRoleAllows()
    {
        Query.Answer(New with { Current = Entry("payments-prod", "web-prod") });
        _roles.Answer = new RolePreview([new("Can read Secrets.", RoleDanger.Dangerous, "They open other systems.")], [new("SecretCopies", "A copy works on.")], ["get secrets (core)"]);
        var page = Page();

        page.Find("aside button").Click();

        page.WaitForAssertion(() => Assert.Contains("Can read Secrets.", page.Find("aside").TextContent, StringComparison.Ordinal));
        Assert.Contains("A copy works on.", page.Find("aside").TextContent, StringComparison.Ordinal);
        Assert.Equal(["payments-prod", "web-prod"], _roles.Asked!.Namespaces);
        Assert.Equal(new(RoleKind.ClusterRole, "edit"), _roles.Asked.Role);
    }

    [Fact]
    public void Preview_OfARoleThatIsNotThere_IsSaidAtItsField()
    {
        Query.Answer(New with { Current = Entry("payments-prod") });
        _roles.Answer = new Refusal("RoleUnreadable", "The cluster does not give the rules.");
        var page = Page();

        page.Find("aside button").Click();

        page.WaitForAssertion(() => Assert.Equal("true", Field(page, "Role").GetAttribute("aria-invalid")));
    }

    [Fact]
    public void Form_Filled_SendsWhatWasTyped()
    {
        EntryForm? saved = null;
        var form = Form(New, entry => { saved = entry; return null; });
        Field(form, "Title").Input("Edit payments");
        Field(form, "Role").Input(" edit ");
        Field(form, "Namespaces").Input("payments-prod, web-prod");
        Field(form, "Longest duration").Input("2h");

        form.Find(".btn-primary").Click();

        Assert.Equal((TheCluster, TheWorkflow, new RoleReference(RoleKind.ClusterRole, "edit"), TimeSpan.FromHours(2), TimeSpan.FromMinutes(30)), (saved!.ClusterId, saved.WorkflowId, saved.Role, saved.Maximum, saved.Default));
        Assert.Equal(["payments-prod", "web-prod"], saved.Namespaces);
        Assert.Equal((null, 0), (saved.Id, saved.BaseVersion));
    }

    [Fact]
    public void Form_WithoutNamespaces_IsNeverTakenForTheWholeCluster()
    {
        var calls = 0;
        var form = Form(New, _ => { calls++; return null; });
        Field(form, "Namespaces").Input(" , ");

        form.Find(".btn-primary").Click();

        Assert.Equal(0, calls);
        Assert.Equal("true", Field(form, "Namespaces").GetAttribute("aria-invalid"));
    }

    [Fact]
    public void Form_WholeCluster_IsChosenAndAsksForOneLastClick()
    {
        EntryForm? saved = null;
        var form = Form(New with { Current = Entry("payments-prod") }, entry => { saved = entry; return null; });

        form.FindAll("input[type=radio]")[1].Change(true);
        form.Find(".btn-primary").Click();

        Assert.Empty(saved!.Namespaces);
        Assert.True(saved.ConfirmAfterStepUp);
        Assert.Equal(2, saved.BaseVersion);
    }

    [Theory]
    [InlineData("TitleLength", "Title")]
    [InlineData("DescriptionLength", "Description")]
    [InlineData("RoleName", "Role")]
    [InlineData("NamespaceName", "Namespaces")]
    [InlineData("MaximumRange", "Longest duration")]
    [InlineData("DefaultRange", "Usual duration")]
    [InlineData("ClusterUnknown", "Cluster")]
    [InlineData("WorkflowUnknown", "Workflow")]
    public void Form_Refusal_IsSaidAtItsField(string code, string field)
    {
        var form = Form(New with { Current = Entry("payments-prod") }, _ => new(code, "What would be right."));

        form.Find(".btn-primary").Click();

        var wrong = Field(form, field);
        Assert.Equal("true", wrong.GetAttribute("aria-invalid"));
        Assert.Equal("What would be right.", form.Find($"#{wrong.GetAttribute("id")}-error").TextContent);
    }

    [Fact]
    public void Form_DurationThatIsNone_IsNotSent()
    {
        var calls = 0;
        var form = Form(New with { Current = Entry("payments-prod") }, _ => { calls++; return null; });
        Field(form, "Longest duration").Input("soon");

        form.Find(".btn-primary").Click();

        Assert.Equal(0, calls);
        Assert.Equal("true", Field(form, "Longest duration").GetAttribute("aria-invalid"));
    }

    [Fact]
    public void Form_MissingRight_IsSpeltOutAsYaml()
    {
        var form = Form(New with { Current = Entry("payments-prod") }, _ => new("RightsMissing", "Lapse could not bind this role.\n\nIn a Role of namespace payments-prod:\n- verbs:\n  - bind"));

        form.Find(".btn-primary").Click();

        Assert.Equal("In a Role of namespace payments-prod:\n- verbs:\n  - bind", form.Find("[data-code=RightsMissing] pre").TextContent);
    }

    [Fact]
    public void Form_BeforeItIsSaved_SaysThatTheAdminCannotUseItAtOnce() =>
        Assert.Contains("For 24 hours after it comes into force you can neither ask nor approve under it", Form(New with { Current = Entry("payments-prod") }, _ => null).Find("#consequence").TextContent, StringComparison.Ordinal);

    private IRenderedComponent<EntryFormPage> Page() => Render<EntryFormPage>(p => p.Add(c => c.Id, "x"));

    private IRenderedComponent<EntryFields> Form(EntryFormView view, Func<EntryForm, Refusal?> save) => Render<EntryFields>(p => p
        .Add(c => c.Entry, view)
        .Add(c => c.OnSave, form => Task.FromResult(save(form)))
        .Add(c => c.OnPreview, _ => Task.FromResult<Outcome<RolePreview>?>(null)));

    private static AngleSharp.Dom.IElement Field<T>(IRenderedComponent<T> form, string label) where T : IComponent =>
        form.Find($"#{form.FindAll("label[for]").Single(l => l.TextContent.Replace("optional", "", StringComparison.Ordinal).Trim() == label).GetAttribute("for")}");

    private sealed class RoleQuery : IPageQuery<RolePreviewAsk, RolePreview>
    {
        public Outcome<RolePreview>? Answer { get; set; }

        public RolePreviewAsk? Asked { get; private set; }

        public Task<Outcome<RolePreview>> AskAsync(Lapse.Portal.Authentication.Actor actor, RolePreviewAsk ask, CancellationToken cancellation)
        {
            Asked = ask;
            return Task.FromResult(Answer!);
        }
    }
}

public sealed class WorkflowFormPageTests : AdminTestContext<WorkflowFormAsk, WorkflowFormView>
{
    private static readonly WorkflowFormView New = new(null, [], false, [], true);

    [Fact]
    public void Page_OfAWorkflow_SaysWhatItGoverns()
    {
        Query.Answer(New with { Current = Workflow(), Governs = ["Edit payments"] });

        Assert.Contains("Governs Edit payments.", Render<WorkflowFormPage>(p => p.Add(c => c.Id, "x")).Find(".lead").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void History_WithOlderVersions_ShowsThemOnDemand()
    {
        Query.Answer(New with { Current = Workflow(), History = [new(3, "Dana", "dana", null, Start, [])] });
        var page = Render<WorkflowFormPage>(p => p.Add(c => c.Id, "x"));

        page.Find(".more-row button").Click();

        page.WaitForAssertion(() => Assert.Equal(20, Query.Asked[^1].Shown));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Form_BeforeAChangeIsSaved_SaysThatTheAdminCannotUseItAtOnce(bool changes) =>
        Assert.Equal(changes, Form(New with { Current = changes ? Workflow() : null }, _ => null).Find("#consequence").TextContent.Contains("neither ask nor approve under the entries that it governs", StringComparison.Ordinal));

    [Fact]
    public void Form_New_StartsWithOneApproval()
    {
        var form = Form(New, _ => null);

        Assert.Single(form.FindAll(".stage"));
        form.Find("[aria-label='Remove stage 1']").Click();
        Assert.Contains("nobody: the workflow itself approves", form.Find("fieldset").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Form_Filled_SendsWhatWasTyped()
    {
        WorkflowForm? saved = null;
        var form = Form(New with { Current = Workflow() }, workflow => { saved = workflow; return null; });
        form.FindAll("button").Single(b => b.TextContent.Trim() == "Add a stage").Click();
        var fields = form.FindAll(".stage")[1].QuerySelectorAll("input");
        fields[0].Input("Leads");
        form.FindAll(".stage")[1].QuerySelectorAll("input")[1].Input("sre, Platform Leads");
        Field(form, "Groups that may ask").Input("developers, sre");
        Field(form, "A request waits").Input("2 days");

        Assert.Contains("2 of developers (Peers), then 1 of sre or Platform Leads (Leads)", form.Find("fieldset").TextContent, StringComparison.Ordinal);
        form.Find(".btn-primary").Click();

        Assert.Equal((TheWorkflow, 3, TimeSpan.FromDays(2), TimeSpan.FromMinutes(15)), (saved!.Id!.Value, saved.BaseVersion, saved.TimeToLive, saved.ProvisionWithin));
        Assert.Equal(["developers", "sre"], saved.RequesterGroups);
        Assert.Equal((2, "Leads", 1), (saved.Stages.Count, saved.Stages[1].Name, saved.Stages[1].Approvals));
        Assert.Equal(["sre", "Platform Leads"], saved.Stages[1].ApproverGroups);
    }

    [Theory]
    [InlineData("TitleLength", "Title")]
    [InlineData("NoRequesters", "Groups that may ask")]
    [InlineData("TimeToLiveRange", "A request waits")]
    [InlineData("ProvisionWithinRange", "Access begins within")]
    public void Form_Refusal_IsSaidAtItsField(string code, string field)
    {
        var form = Form(New, _ => new(code, "What would be right."));

        form.Find(".btn-primary").Click();

        Assert.Equal("true", Field(form, field).GetAttribute("aria-invalid"));
    }

    [Fact]
    public void Form_RefusalOfAStage_IsSaidAtTheStages()
    {
        var form = Form(New, _ => new("NoApprovers", "Name at least one group."));

        form.Find(".btn-primary").Click();

        Assert.Equal("Name at least one group.", form.Find("fieldset .error").TextContent);
    }

    private IRenderedComponent<WorkflowFields> Form(WorkflowFormView view, Func<WorkflowForm, Refusal?> save) => Render<WorkflowFields>(p => p
        .Add(c => c.Workflow, view)
        .Add(c => c.OnSave, form => Task.FromResult(save(form))));

    private static AngleSharp.Dom.IElement Field<T>(IRenderedComponent<T> form, string label) where T : IComponent =>
        form.Find($"#{form.FindAll("label[for]").Single(l => l.TextContent.Trim() == label).GetAttribute("for")}");
}
