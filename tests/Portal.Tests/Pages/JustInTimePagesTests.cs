using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

internal static class JustInTimeSamples
{
    public const string Reference = "RoleBinding monitoring/erin-edit";

    public static readonly ConfigurationChangeId Change = UuidId.New<ConfigurationChangeId>(Samples.Now);

    public static ReviewedBinding Binding { get; } = new(new()
    {
        Name = "erin-edit",
        Namespace = "monitoring",
        RoleRef = new(BindingKeys.RbacGroup, "ClusterRole", "edit"),
        Subjects = [BindingSubject.User("oidc:erin")],
        Uid = "4711",
        ResourceVersion = "17",
    });

    public static RemovalRow Row(RemovalStatus status, string message = "", bool lacksRight = false, bool readable = true) => new(
        UuidId.New<StandingRemovalId>(Samples.Now), Change, readable ? Binding : null, Reference, status, message, lacksRight, UuidId.New<ElevatedRoleId>(Samples.Now), "edit in monitoring",
        Samples.Now.AddHours(-1), Samples.Now.AddMinutes(-30), false, Samples.Now.AddMinutes(-5), "Dana");
}

public sealed class JustInTimeNewPageTests : AdminTestContext<JustInTimeNewAsk, JustInTimeNewView>
{
    [Fact]
    public void Page_OfAProposal_SaysWhatGoesWhoLosesWhatAndWhy()
    {
        Query.Answer(View());
        var page = Open();

        Assert.Equal(new JustInTimeNewAsk("sandbox", $"{JustInTimeSamples.Reference}\nRoleBinding a/b", ""), Query.Asked[^1]);
        Assert.Contains("to User oidc:erin", page.Find("article").TextContent, StringComparison.Ordinal);
        var row = page.Find(".affected tbody tr").TextContent;
        Assert.Contains("Erin", row, StringComparison.Ordinal);
        Assert.Contains("Can delete Pods in monitoring.", row, StringComparison.Ordinal);
        Assert.Contains("Can ask", row, StringComparison.Ordinal);
        Assert.Contains("No activity of this cluster is read yet.", page.Find("aside").TextContent, StringComparison.Ordinal);
        Assert.Contains("Another admin has to confirm it", page.Find("#jit-consequence").TextContent, StringComparison.Ordinal);
        Assert.Equal("edit in monitoring", page.Find("input").GetAttribute("value"));
        Assert.DoesNotContain(page.FindAll("label"), label => label.TextContent.Contains("without a way", StringComparison.Ordinal));
        Assert.Contains(page.FindAll("pre"), pre => pre.TextContent.Contains("kubectl delete --raw", StringComparison.Ordinal));
    }

    [Fact]
    public void Page_ThatMakesAnEntry_SaysThatTheAdminCannotUseItAtOnce()
    {
        Query.Answer(View());

        Assert.Contains("For 24 hours after it comes into force you can neither ask nor approve under it", Open().Find("#jit-consequence").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_MuchIsLost_AllOfItCanBeRead()
    {
        string[] lost = [.. Enumerable.Range(1, 7).Select(number => $"Can do {number}.")];
        Query.Answer(View() with { Affected = [new("oidc:erin", "Erin", ["x"], lost, true, "They ask.")] });
        var cell = Open().Find(".affected [data-label=Loses]");

        Assert.Equal(lost, cell.QuerySelectorAll("li").Select(line => line.TextContent));
        Assert.Equal("and 2 more", cell.QuerySelector("summary")!.TextContent);
    }

    [Fact]
    public void Page_SomebodyWouldHaveNoWay_WantsTheirNames()
    {
        Query.Answer(View() with { LockedOut = ["oidc:erin"], Affected = [new("oidc:erin", "", ["x"], ["Can delete Pods in monitoring."], false, "Nobody of this name has signed in.")] });
        var page = Open();

        Assert.Contains("One would be left without a way to ask", page.Find("form [role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Contains(page.FindAll("label"), label => label.TextContent == "Who is left without a way to ask");
        Assert.Contains("No way to ask", page.Find(".affected tbody tr").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_EntryIsThereAlready_HasNoFieldsForOne()
    {
        Query.Answer(View() with { Proposal = View().Proposal with { Existing = Entry("monitoring") }, HasSecondAdmin = false, Commands = new("", "remove", "restore") });
        var page = Open();

        Assert.Empty(page.FindAll("form input"));
        Assert.Contains("The catalogue offers this already", page.Find("form").TextContent, StringComparison.Ordinal);
        Assert.Contains("No other admin is known", page.Find("#jit-consequence").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll("pre").Count);
        // Who changes nothing about the entry may use it like anybody else.
        Assert.DoesNotContain("24 hours", page.Find("#jit-consequence").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "soon", "Longest duration")]
    [InlineData(4, "", "Usual duration")]
    public void Propose_WithWhatIsNoDuration_IsSaidAtTheField(int field, string typed, string label)
    {
        Query.Answer(View());
        var page = Open();
        var name = field == 3 ? "Longest duration" : "Usual duration";
        var id = page.FindAll("label").Single(one => one.TextContent == name).GetAttribute("for");
        page.Find($"#{id}").Input(typed);
        page.FindAll("button").Single(button => button.TextContent.Trim() == "Propose it").Click();

        Assert.Equal(label, page.Find(".field.has-error label").TextContent);
    }

    [Fact]
    public void Workflow_Chosen_IsInTheAddress()
    {
        Query.Answer(View());
        var page = Open();
        page.Find("select").Change(Other.ToString());

        Assert.Contains($"workflow={Other}", Address, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Refused_SaysWhy()
    {
        Query.Answer(_ => new Refusal("ServiceAccountSubject", "It names a service account."));
        Assert.Equal("ServiceAccountSubject", Open().Find("[role=alert]").GetAttribute("data-code"));
    }

    private static WorkflowId Other { get; } = UuidId.New<WorkflowId>(Samples.Now);

    private IRenderedComponent<JustInTimeNewPage> Open()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(JustInTimeWords.NewAddress("sandbox", JustInTimeSamples.Reference, "RoleBinding a/b"));
        return Render<JustInTimeNewPage>(p => p.Add(page => page.Cluster, "sandbox"));
    }

    private static JustInTimeNewView View()
    {
        var proposal = new JustInTimeProposal(
            new(RoleKind.ClusterRole, "edit"), ["monitoring"], "edit in monitoring", "Was standing.", ClusterEnvironment.Production, TimeSpan.FromHours(2), TimeSpan.FromMinutes(30), false,
            Workflow(), null, ["No activity of this cluster is read yet."]);
        var choice = new WorkflowChoice(TheWorkflow, "Two peers", "developers", "2 of developers");
        return new(
            RbacSamples.Head(), [StandingLine.Of(JustInTimeSamples.Binding)], Severity.High, proposal, [new("Can delete Pods.", RoleDanger.Notable, null)], ["delete: pods"],
            [choice, choice with { Id = Other, Title = "One peer" }], choice, [new("oidc:erin", "Erin", [JustInTimeSamples.Reference], ["Can delete Pods in monitoring."], true, "They ask.")], [], [],
            DryRun.Of(DryRun.EntryOf(proposal, "sandbox", "two-peers"), [JustInTimeSamples.Binding]), true);
    }
}

public sealed class JustInTimeChangePageTests : AdminTestContext<JustInTimeChangeAsk, JustInTimeChangeView>
{
    public JustInTimeChangePageTests()
    {
        Services.AddSingleton<RestoreStanding>();
        Services.AddSingleton<KeepStanding>();
    }

    public static TheoryData<RemovalStatus, string, string> Rows => new()
    {
        { RemovalStatus.Waiting, "It goes as soon as the entry can be asked for", "Keep it" },
        { RemovalStatus.Removing, "It goes as soon as the entry can be asked for", "" },
        { RemovalStatus.Removed, "Removed and seen gone", "Restore exactly this binding" },
        { RemovalStatus.Restoring, "Dana wants it back", "" },
        { RemovalStatus.Restored, "Dana had it restored", "" },
        { RemovalStatus.Changed, "Left alone: changed", "" },
        { RemovalStatus.Kept, "Dana gave the removal up", "" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Binding_InEachState_SaysHowItStandsAndWhatCanBeDone(RemovalStatus status, string words, string button)
    {
        Query.Answer(View(JustInTimeSamples.Row(status)));
        var card = Open().Find("article.card");

        Assert.Contains(words, card.TextContent, StringComparison.Ordinal);
        Assert.Equal(button.Length == 0 ? [] : [button], card.QuerySelectorAll(".actions button").Select(one => one.TextContent.Trim()));
        Assert.Equal(
            status is RemovalStatus.Waiting or RemovalStatus.Removing ? ["Remove it by hand"] : status is RemovalStatus.Removed or RemovalStatus.Restoring ? new[] { "Restore it by hand" } : [],
            card.QuerySelectorAll("summary").Select(one => one.TextContent));
    }

    [Fact]
    public void Binding_WithoutTheRight_ShowsTheRulesAndTheOtherWay()
    {
        Query.Answer(View(JustInTimeSamples.Row(RemovalStatus.Waiting, "rolebindings is forbidden", lacksRight: true)));
        var card = Open().Find("article.card");

        Assert.Contains("Lapse lacks a right", card.TextContent, StringComparison.Ordinal);
        Assert.Contains("rolebindings is forbidden", card.TextContent, StringComparison.Ordinal);
        var rules = card.QuerySelector("[aria-label='the rules']")!.TextContent;
        Assert.Contains("resourceNames:\n  - erin-edit", rules, StringComparison.Ordinal);
        Assert.Contains("- bind", rules, StringComparison.Ordinal);
        Assert.True(card.QuerySelector("details")!.HasAttribute("open"));
        Assert.Contains("\"uid\":\"4711\"", card.QuerySelector("[aria-label='the command that removes it']")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Binding_WhoseRecordsDoNotFit_CanBeRestoredByNobody()
    {
        Query.Answer(View(JustInTimeSamples.Row(RemovalStatus.Removed, readable: false)));
        var card = Open().Find("article.card");

        Assert.Contains("do not fit the change that was reviewed", card.TextContent, StringComparison.Ordinal);
        Assert.Empty(card.QuerySelectorAll("button"));
    }

    [Fact]
    public void Auditor_SeesAllAndCanDoNothing()
    {
        SignIn("sam", "lapse-auditors");
        Query.Answer(View(JustInTimeSamples.Row(RemovalStatus.Removed)) with { MayAct = false });
        Assert.Empty(Open().FindAll(".actions button"));
        Query.Answer(View() with { Status = ChangeStatus.AwaitingSecondAdmin, MayAct = false });
        Assert.Empty(Open().FindAll(".actions button"));
    }

    [Theory]
    [InlineData(ChangeStatus.Draft, true, "Continue,Withdraw")]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, true, "Withdraw")]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, false, "Confirm,Withdraw")]
    [InlineData(ChangeStatus.Applied, true, "")]
    [InlineData(ChangeStatus.Withdrawn, true, "")]
    [InlineData(ChangeStatus.TimedOut, false, "")]
    public void Change_InEachState_OffersWhatItNeeds(ChangeStatus status, bool mine, string buttons)
    {
        Query.Answer(View() with { Status = status, IsMine = mine });
        var page = Open();
        Assert.Equal(buttons, string.Join(',', page.FindAll(".actions button").Select(button => button.TextContent.Trim())));
        Assert.Contains("erin-edit", page.Find(".diff").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChangeStatus.AwaitingSecondAdmin, "What is proposed")]
    [InlineData(ChangeStatus.Applied, "What was reviewed")]
    public void Change_Fields_AreSaidToBeWhatTheyAre(ChangeStatus status, string title)
    {
        Query.Answer(View() with { Status = status });
        Assert.Equal(title, Open().Find("#says-title").TextContent);
    }

    [Fact]
    public void Change_ThatWaits_ShowsTheSecondAdminWhoLosesWhat()
    {
        Query.Answer(View() with { Status = ChangeStatus.AwaitingSecondAdmin, IsMine = false, Affected = [new("oidc:erin", "Erin", ["x"], ["Can delete Pods in monitoring."], true, "They ask.")] });
        Assert.Contains("Can delete Pods in monitoring.", Open().Find(".affected tbody tr").TextContent, StringComparison.Ordinal);
        Query.Answer(View());
        Assert.Empty(Open().FindAll(".affected"));
    }

    private IRenderedComponent<JustInTimeChangePage> Open() => Render<JustInTimeChangePage>(p => p.Add(page => page.Id, JustInTimeSamples.Change.Value));

    private static JustInTimeChangeView View(params RemovalRow[] rows) => new(
        RbacSamples.Head(), JustInTimeSamples.Change, "Make edit in monitoring just-in-time", ChangeStatus.Applied, "Dana", "dana", true, "Dave", Samples.Now.AddHours(-2), Samples.Now.AddDays(6), Samples.Now.AddHours(-1),
        [new ChangedField("Removes", null, JustInTimeSamples.Reference)], [StandingLine.Of(JustInTimeSamples.Binding)], null, rows, true);
}

public sealed class JustInTimeListPageTests : AdminTestContext<JustInTimeListAsk, JustInTimeListView>
{
    public JustInTimeListPageTests() => Services.AddSingleton<RestoreStanding>();

    [Fact]
    public void List_Empty_SaysHowToBegin()
    {
        Query.Answer(new JustInTimeListView(RbacSamples.Head(), [], [], null, true));
        Assert.Contains("Make this just-in-time", Open().Find(".empty, [class*=empty]").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void List_Rows_LinkToTheirChangesAndOnlyAnAdminRestores(bool mayAct, int buttons)
    {
        Query.Answer(new JustInTimeListView(RbacSamples.Head(), [], [JustInTimeSamples.Row(RemovalStatus.Removed), JustInTimeSamples.Row(RemovalStatus.Waiting, "In the way")], null, mayAct));
        var page = Open();

        Assert.Equal($"/rbac/just-in-time/{JustInTimeSamples.Change}", page.Find(".row-link").GetAttribute("href"));
        Assert.Equal(buttons, page.FindAll("tbody button").Count);
        Assert.Contains("In the way", page.FindAll("tbody tr")[1].TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "a second admin")]
    [InlineData(true, "your second factor")]
    public void List_WhatIsNotInForceYet_IsNotCalledNothing(bool draft, string waitsFor)
    {
        Query.Answer(new JustInTimeListView(RbacSamples.Head(), [new(JustInTimeSamples.Change, "Make edit in monitoring just-in-time", draft, Samples.Now)], [], null, true));
        var page = Open();

        Assert.Contains($"waits for {waitsFor}", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Equal(JustInTimeWords.Address(JustInTimeSamples.Change), page.Find("[role=status] a").GetAttribute("href"));
        Assert.Empty(page.FindAll(".empty"));
    }

    private IRenderedComponent<JustInTimeListPage> Open() => Render<JustInTimeListPage>(p => p.Add(page => page.Cluster, "sandbox"));
}
