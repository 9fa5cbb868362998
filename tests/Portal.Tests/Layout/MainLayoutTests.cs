using System.Security.Claims;
using AngleSharp.Dom;
using Bunit;
using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Domain.People;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Layout;
using Lapse.Portal.Components.Viewer;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Hold;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Npgsql;

namespace Lapse.Portal.Tests.Layout;

public sealed class MainLayoutTests : PortalTestContext
{
    // LapseTheme's dark background, as MudBlazor writes it into its variables.
    private const string DarkGround = "--mud-palette-background: rgba(18,18,24,1)";
    private static readonly string[] Everybody = ["Home", "Catalogue", "Requests", "Approvals", "Access"];

    private readonly Count _count = new();
    private readonly Held _hold = new();

    // The notice above the page finds a database that is down, and leaves the page alone.
    public MainLayoutTests()
    {
        Services.AddSingleton<IDbContextFactory<PortalDbContext>>(new BrokenDatabase());
        Services.AddSingleton(new PortalGroups());
        Services.AddSingleton(new SignInLifetime(TimeSpan.FromHours(8)));
        Services.AddSingleton<ActorGuard>();
        Services.AddSingleton<StepUpHandlers>();
        Services.AddSingleton<StepUpQueries>();
        Services.AddSingleton<IPageQuery<StepUpNoticeAsk, StepUpNoticeView>, StepUpNoticeQuery>();
        Services.AddSingleton(_ => NpgsqlDataSource.Create("Host=127.0.0.1"));
        Services.AddSingleton<ChangeFeed>();
        Services.AddSingleton<DatabaseProbe>();
        Services.AddSingleton<DatabaseWatch>();
        Services.AddSingleton<Leaving>();
        Services.AddSingleton<IPageQuery<ApprovalsCountAsk, ApprovalsCount>>(_count);
        Services.AddSingleton<IPageQuery<HoldAsk, HoldView>>(_hold);
    }

    [Fact]
    public void Layout_Developer_SeesTheMainPagesAndNoOthers()
    {
        SignIn("alice", "developers");

        Assert.Equal(Everybody, Links(Shell()));
    }

    [Fact]
    public void Layout_Auditor_SeesTheAuditAndTheLedgerToo()
    {
        SignIn("sam", "lapse-auditors");

        Assert.Equal([.. Everybody, "Audit", "Ledger"], Links(Shell()));
    }

    [Fact]
    public void Layout_Admin_SeesTheAdminGroupToo()
    {
        SignIn("dana", "lapse-admins");

        Assert.Equal([.. Everybody, "Audit", "Ledger", "Clusters", "Catalogue entries", "People", "Identity provider", "Emergency"], Links(Shell()));
    }

    [Fact]
    public void Layout_GroupThatOnlyLooksLikeAdmins_SeesNoMore()
    {
        SignIn("alice", "Lapse-Admins", "lapse-admins-emea");

        Assert.Equal(Everybody, Links(Shell()));
    }

    [Fact]
    public void Layout_Page_HasTheLandmarksOnce()
    {
        SignIn("alice", "developers");
        var shell = Shell();

        Assert.Single(shell.FindAll("main"));
        Assert.Single(shell.FindAll("nav"));
        Assert.Equal("page of Alice", shell.Find("main p").TextContent);
        Assert.Equal("#content", shell.Find(".skip-link").GetAttribute("href"));
    }

    [Fact]
    public void Layout_BrowserSpoke_ZoneIsKnownBeforeThePageIsShown()
    {
        SignIn("alice");
        ViewerTime.UseZone(null);

        Shell();

        Assert.Equal("Europe/Berlin", ViewerTime.Zone.Id);
    }

    [Fact]
    public async Task Layout_MessageBox_OpensAndAnswers()
    {
        SignIn("alice");
        var shell = Shell();
        Task<bool>? asked = null;
        await shell.InvokeAsync(() =>
        {
            asked = Services.GetRequiredService<IDialogService>().ConfirmAsync("Drop it?", "It ends now.", "Drop access");
        });

        shell.WaitForElement(".confirm .btn-danger").Click();

        Assert.True(await asked!);
    }

    [Fact]
    public void Layout_PersonMenu_NamesThePersonTheirGroupsAndTheWayOut()
    {
        SignIn("alice", "developers", "sre");
        var menu = Shell().Find("#person-menu");

        Assert.Equal("Alice", menu.QuerySelector(".person")!.TextContent);
        Assert.Equal(["developers", "sre"], menu.QuerySelectorAll(".tag").Select(tag => tag.TextContent));
        Assert.Equal("/sign-out", menu.QuerySelectorAll("a").Single(a => a.TextContent.Trim() == "Sign out").GetAttribute("href"));
        Assert.Empty(menu.QuerySelectorAll("form"));
    }

    [Fact]
    public void Layout_ThemeChosen_IsRememberedAndTaken()
    {
        SignIn("alice");
        Browser.Setup<BrowserSettings?>("chooseTheme", "dark").SetResult(new BrowserSettings("Europe/Berlin", "dark", true));
        var shell = Shell();
        Assert.DoesNotContain(DarkGround, shell.Markup, StringComparison.Ordinal);

        shell.Find("input[value=Dark]").Change("Dark");

        shell.WaitForAssertion(() => Assert.Contains(DarkGround, shell.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public void Layout_ApprovalsWait_AreCountedWithoutChangingTheName()
    {
        SignIn("bob");
        var shell = Shell();
        Assert.False(Approvals(shell).HasAttribute("data-count"));

        Services.GetRequiredService<NavigationCounts>().SetApprovals(3);

        shell.WaitForAssertion(() => Assert.Equal("3", Approvals(shell).GetAttribute("data-count")));
        Assert.Equal("Approvals", Approvals(shell).TextContent.Trim());
        Assert.Equal("3 wait for your decision", shell.Find($"#{Approvals(shell).GetAttribute("aria-describedby")}").TextContent);
    }

    [Fact]
    public void Layout_AnyPageIsOpen_CountsWhatWaits()
    {
        SignIn("bob");
        _count.Answer = () => new ApprovalsCount(7);

        var shell = Shell();

        shell.WaitForAssertion(() => Assert.Equal("7", Approvals(shell).GetAttribute("data-count")));
    }

    [Fact]
    public void Layout_CountFails_LeavesThePageAlone()
    {
        SignIn("bob");
        _count.Answer = () => throw new InvalidOperationException("The database is down.");

        var shell = Shell();

        Assert.False(Approvals(shell).HasAttribute("data-count"));
        Assert.Empty(shell.FindAll("[role=alert]"));
    }

    [Fact]
    public void Layout_PageFails_SaysSoAndTheNextPageWorks()
    {
        SignIn("alice");
        var shell = Render<MainLayout>(p => p.Add(c => c.Body, builder =>
        {
            builder.OpenComponent<Failing>(0);
            builder.CloseComponent();
        }));
        shell.WaitForElement("main button").Click();

        var alert = shell.WaitForElement("[role=alert]");
        Assert.Matches("Number for the administrator: [0-9a-f]{32}", alert.TextContent);
        Assert.DoesNotContain("secret of the exception", shell.Markup, StringComparison.Ordinal);
        Assert.Equal(Everybody, Links(shell));

        Services.GetRequiredService<NavigationManager>().NavigateTo("/requests");
        shell.Render(p => p.Add(c => c.Body, "<h1>Requests</h1>"));
        Assert.Equal("Requests", shell.Find("h1").TextContent);
    }

    [Fact]
    public void ViewerContext_NotSignedIn_IsNobody() =>
        Assert.Same(ViewerContext.Nobody, ViewerContext.From(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim("groups", "lapse-admins")])), new PortalGroups()));

    [Fact]
    public void SetApprovals_Negative_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NavigationCounts().SetApprovals(-1));

    private sealed class Count : IPageQuery<ApprovalsCountAsk, ApprovalsCount>
    {
        public Func<Outcome<ApprovalsCount>> Answer { get; set; } = () => new Refusal("SignInAgain", "Sign in again.");

        public Task<Outcome<ApprovalsCount>> AskAsync(Actor actor, ApprovalsCountAsk ask, CancellationToken cancellation) => Task.FromResult(Answer());
    }

    [Fact]
    public void Layout_OnHold_SaysSoAboveThePage()
    {
        SignIn("alice", "developers");
        _hold.Answer = () => new HoldView([new(UuidId.New<HoldId>(Start), HoldCause.Admin, "A laptop was stolen.", Start.AddMinutes(-3), "Dana", "dana", null)], MayEnd: false);
        var shell = Shell();

        shell.WaitForAssertion(() => Assert.Contains("Lapse is on hold", shell.Find("main .hold[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Equal("page of Alice", shell.Find("main > p").TextContent);
    }

    private sealed class Held : IPageQuery<HoldAsk, HoldView>
    {
        public Func<Outcome<HoldView>> Answer { get; set; } = () => new HoldView([], MayEnd: false);

        public Task<Outcome<HoldView>> AskAsync(Actor actor, HoldAsk ask, CancellationToken cancellation) => Task.FromResult(Answer());
    }

    private static IElement Approvals(IRenderedComponent<MainLayout> shell) => shell.Find("nav a[href='/approvals']");

    private static IEnumerable<string> Links(IRenderedComponent<MainLayout> shell) =>
        shell.FindAll("nav a").Select(a => a.TextContent.Trim());

    private IRenderedComponent<MainLayout> Shell()
    {
        var shell = Render<MainLayout>(p => p.Add(c => c.Body, builder =>
        {
            builder.OpenComponent<Reading>(0);
            builder.CloseComponent();
        }));
        shell.WaitForElement("main p");
        return shell;
    }

    private sealed class Reading : ComponentBase
    {
        [CascadingParameter]
        public ViewerContext? Viewer { get; set; }

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder) =>
            builder.AddMarkupContent(0, $"<p>page of {Viewer?.Name}</p>");
    }

    private sealed class Failing : ComponentBase
    {
        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            builder.OpenElement(0, "button");
            builder.AddAttribute(1, "onclick", EventCallback.Factory.Create(this, Fail));
            builder.CloseElement();
        }

        private static void Fail() => throw new InvalidOperationException("secret of the exception");
    }
}
